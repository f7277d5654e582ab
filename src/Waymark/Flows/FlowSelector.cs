namespace Waymark.Flows;

/// <summary>
/// The set of packets that a policy speaks of: the union of its boxes (which may overlap). Intersection, difference, containment and emptiness are exact
/// on the packet space of <see cref="Packet"/>. The paper's flow selector (2.1); direction-independent.
/// </summary>
/// <param name="Boxes">The union's members, none of them empty; no box: matches nothing.</param>
public sealed record FlowSelector(EquatableArray<FlowBox> Boxes)
{
    /// <summary>Matches nothing.</summary>
    public static FlowSelector Nothing { get; } = new(default(EquatableArray<FlowBox>));

    /// <summary>Matches every packet of both families.</summary>
    public static FlowSelector Everything { get; } = new([new FlowBox { Family = IpFamily.V4 }, new FlowBox { Family = IpFamily.V6 }]);

    /// <summary>Whether it matches no packet.</summary>
    public bool IsEmpty => Boxes.IsEmpty;

    /// <summary>Whether it is the whole packet space of both families.</summary>
    public bool IsEverything => Contains(Everything);

    /// <summary>Whether a packet belongs.</summary>
    public bool Matches(Packet packet)
    {
        foreach (var box in Boxes)
        {
            if (box.Matches(packet))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether the two share a packet.</summary>
    public bool Overlaps(FlowSelector other)
    {
        foreach (var ours in Boxes)
        {
            foreach (var theirs in other.Boxes)
            {
                if (ours.Overlaps(theirs))
                {
                    return true;
                }
            }
        }
        return false;
    }

    /// <summary>What is in both.</summary>
    public FlowSelector Intersect(FlowSelector other)
    {
        if (ReferenceEquals(other, Everything))
        {
            return this;
        }
        var shared = new List<FlowBox>();
        foreach (var ours in Boxes)
        {
            foreach (var theirs in other.Boxes)
            {
                if (ours.Intersect(theirs) is { } box)
                {
                    shared.Add(box);
                }
            }
        }
        return new(Distinct(shared).ToEquatableArray());
    }

    /// <summary>What is in either.</summary>
    public FlowSelector Union(FlowSelector other) => Of([.. Boxes.AsSpan(), .. other.Boxes.AsSpan()]);

    /// <summary>The union of boxes: those that differ in one field alone are one box of it.</summary>
    /// <param name="boxes">None of them empty.</param>
    public static FlowSelector Of(IReadOnlyList<FlowBox> boxes) => new(FlowUnion.Of(boxes).ToEquatableArray());

    /// <summary>The flows whose other end is in one of the prefixes.</summary>
    public static FlowSelector OfPeers(IEnumerable<IpPrefix> prefixes) => new(prefixes.GroupBy(one => one.Family).OrderBy(family => family.Key).Select(family =>
    {
        var set = RangeSet.Of([.. family.Select(prefix => new NumberRange(prefix.First.Bits, prefix.Last.Bits))]);
        return new FlowBox { Family = family.Key, Peer = set.IsFull(IpAddress.Highest(family.Key)) ? null : set };
    }).ToEquatableArray());

    /// <summary>What is in this one and not in the other.</summary>
    public FlowSelector Subtract(FlowSelector other) => TrySubtract(other, int.MaxValue) ?? throw new System.Diagnostics.UnreachableException();

    /// <summary>
    /// As <see cref="Subtract"/>, but null where on the way there would be more than <paramref name="most"/> boxes: what is written in a few lines can take more than memory
    /// holds, and whoever reads foreign policies has to stop somewhere.
    /// </summary>
    public FlowSelector? TrySubtract(FlowSelector other, int most)
    {
        var comparisons = long.MaxValue;
        return TrySubtract(other, most, ref comparisons);
    }

    /// <summary>As the other one, but null also where more than <paramref name="comparisons"/> times a box would have to be held against another; counts down what it took of them.</summary>
    public FlowSelector? TrySubtract(FlowSelector other, int most, ref long comparisons)
    {
        IReadOnlyList<FlowBox> rest = Boxes;
        foreach (var hole in other.Boxes)
        {
            comparisons -= rest.Count;
            if (comparisons < 0)
            {
                return null;
            }
            var cut = new List<FlowBox>(rest.Count);
            foreach (var box in rest)
            {
                cut.AddRange(box.Subtract(hole));
                if (cut.Count > most)
                {
                    return null;
                }
            }
            rest = cut;
        }
        return new(rest.ToEquatableArray());
    }

    /// <summary>Whether every packet of <paramref name="other"/> belongs.</summary>
    public bool Contains(FlowSelector other)
    {
        var comparisons = long.MaxValue;
        return TryContains(other, ref comparisons) == true;
    }

    /// <summary>As <see cref="Contains"/>, but null where more than <paramref name="comparisons"/> times a box would have to be held against another; counts down what it took of them.</summary>
    public bool? TryContains(FlowSelector other, ref long comparisons)
    {
        // Depth first: the first piece that no box of this one holds is the answer, before the others are cut up.
        var rest = new Stack<(FlowBox Piece, int Next)>();
        foreach (var whole in other.Boxes)
        {
            rest.Push((whole, 0));
            while (rest.TryPop(out var open))
            {
                var next = open.Next;
                for (; next < Boxes.Count && !Boxes[next].Overlaps(open.Piece); next++)
                {
                    comparisons--;
                }
                if (--comparisons < 0)
                {
                    return null;
                }
                if (next == Boxes.Count)
                {
                    return false;
                }
                foreach (var piece in open.Piece.Subtract(Boxes[next]))
                {
                    rest.Push((piece, next + 1));
                }
            }
        }
        return true;
    }

    /// <summary>Without those that are there already: what two selectors share stays as short as they were written.</summary>
    private static IEnumerable<FlowBox> Distinct(List<FlowBox> boxes) => boxes.Count < 2 || (boxes.Count == 2 && boxes[0] != boxes[1]) ? boxes : boxes.Distinct();
}
