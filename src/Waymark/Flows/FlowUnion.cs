using System.Runtime.InteropServices;

namespace Waymark.Flows;

/// <summary>Makes few boxes of many: a list of ports, addresses or programs that somebody wrote as so many flows is one box with a set.</summary>
internal static class FlowUnion
{
    /// <summary>
    /// The same packets in at most as many boxes, in the order of their first. Boxes that are equal but for one field become one, field after field. Takes a time that grows
    /// with what all boxes list together, but for sorting.
    /// </summary>
    public static IReadOnlyList<FlowBox> Of(IReadOnlyList<FlowBox> boxes)
    {
        if (boxes.Count < 2)
        {
            return boxes;
        }
        IReadOnlyList<FlowBox> merged = [.. boxes.Distinct()];
        foreach (var field in FlowField.All)
        {
            merged = Merge(merged, box => field.Of(box) is not null, box => field.With(box, null), group => field.With(group[0], Union(group, field.Of)));
        }
        foreach (var field in FlowNameField.All)
        {
            merged = Merge(merged, box => field.Of(box) is not null, box => field.With(box, null), group => field.With(group[0], Union(group, field.Of)));
        }
        return Merge(merged, box => box.Started != StartedBy.Anyone, box => box with { Started = StartedBy.Anyone },
            group => group[0] with { Started = group.Aggregate(StartedBy.None, (all, box) => all | box.Started) });
    }

    /// <summary>Those that are equal without the field become one; where no box says anything of it they all differ elsewhere.</summary>
    private static IReadOnlyList<FlowBox> Merge(IReadOnlyList<FlowBox> boxes, Func<FlowBox, bool> has, Func<FlowBox, FlowBox> without, Func<List<FlowBox>, FlowBox> join)
    {
        if (boxes.Count < 2 || !boxes.Any(has))
        {
            return boxes;
        }
        var places = new Dictionary<FlowBox, int>(boxes.Count);
        var groups = new List<List<FlowBox>>();
        foreach (var box in boxes)
        {
            var key = without(box);
            if (!places.TryGetValue(key, out var place))
            {
                places[key] = place = groups.Count;
                groups.Add([]);
            }
            groups[place].Add(box);
        }
        return groups.Count == boxes.Count ? boxes : [.. groups.Select(group => group.Count == 1 ? group[0] : join(group))];
    }

    private static RangeSet? Union(List<FlowBox> boxes, Func<FlowBox, RangeSet?> of)
    {
        var ranges = new List<NumberRange>(boxes.Count);
        foreach (var box in boxes)
        {
            if (of(box) is not { } set)
            {
                return null;
            }
            ranges.AddRange(set.Ranges.AsSpan());
        }
        return RangeSet.Of(CollectionsMarshal.AsSpan(ranges));
    }

    private static NameSet? Union(List<FlowBox> boxes, Func<FlowBox, NameSet?> of)
    {
        var sets = new List<NameSet>(boxes.Count);
        foreach (var box in boxes)
        {
            if (of(box) is not { } set)
            {
                return null;
            }
            sets.Add(set);
        }
        // In pairs, then pairs of pairs: each name is copied as often as the number of sets can be halved.
        while (sets.Count > 1)
        {
            sets = [.. sets.Chunk(2).Select(pair => pair.Length == 2 ? pair[0].Union(pair[1]) : pair[0])];
        }
        return sets[0];
    }
}
