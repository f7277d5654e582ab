using Waymark.Flows;

namespace Waymark.Regions;

/// <summary>What an ordered list of selectors says of the packets of one box: the first that matches decides.</summary>
public sealed class OrderedBoxes
{
    private readonly PacketSpace space;
    private readonly BoxList boxes;
    private readonly List<int> owners = [];

    /// <summary>That of selectors, for the packets of <paramref name="within"/>.</summary>
    public OrderedBoxes(PacketSpace space, FlowBox within, IReadOnlyList<FlowSelector> selectors)
    {
        (this.space, boxes) = (space, new(space));
        for (var i = 0; i < selectors.Count; i++)
        {
            foreach (var box in selectors[i].Boxes)
            {
                // What an earlier box holds decides nothing.
                if (box.Intersect(within) is { } shared && space.Of(shared) is var part && !boxes.Holds(part))
                {
                    boxes.Add(part);
                    owners.Add(i);
                }
            }
        }
    }

    /// <summary>
    /// The parts of a region that selectors decide which do not agree, each with the place of its selector (-1: none decides it), in order of precedence: of each selector one box of packets, which
    /// no earlier one matches. Null for the box: it would take too long to find out whether there is one.
    /// </summary>
    /// <param name="region">A region within the box.</param>
    /// <param name="agrees">Whether a selector, by its place, or none (-1), agrees.</param>
    public IEnumerable<(FlowBox? Part, int Selector)> Disagreements(Region region, Func<int, bool> agrees)
    {
        var before = new List<int>();
        var told = -1;
        foreach (var place in boxes.Overlapping(region.Box))
        {
            var one = boxes[place];
            if (told != owners[place] && !agrees(owners[place]) && region.Met?.Hold(one) != true)
            {
                var part = space.Of(one.Box.Intersect(region.Box.Box)!);
                if (!before.Exists(earlier => space.Holds(boxes[earlier], part)) && region.Met?.Hold(part) != true)
                {
                    var rest = Remainder.Of(part.Box, Holes(part, before, region.Met), space, out var isDecided);
                    if (rest is not null || !isDecided)
                    {
                        told = owners[place];
                        yield return (rest, told);
                    }
                }
            }
            if (space.Holds(one, region.Box))
            {
                // What comes behind decides nothing here.
                yield break;
            }
            before.Add(place);
        }
        if (!agrees(-1))
        {
            var rest = Remainder.Of(region.Box.Box, Holes(region.Box, before, region.Met), space, out var isDecided);
            if (rest is not null || !isDecided)
            {
                yield return (rest, -1);
            }
        }
    }

    private List<FlowBox> Holes(RegionBox part, List<int> before, MetBoxes? met)
    {
        var holes = before.Where(earlier => space.Overlap(boxes[earlier], part)).Select(earlier => boxes[earlier].Box).ToList();
        if (met is not null)
        {
            holes.AddRange(met.Overlapping(part));
        }
        return holes;
    }
}
