using Waymark.Flows;

namespace Waymark.Regions;

/// <summary>
/// The packets of a box without those of lists of boxes that they have met before. What they met is kept, not cut out: ten thousand holes would be more pieces than memory holds, and nearly every question
/// is answered by one hole or by none.
/// </summary>
/// <param name="Box">The box.</param>
/// <param name="Met">What is left out; null: nothing.</param>
public sealed record Region(RegionBox Box, MetBoxes? Met);

/// <summary>Lists of boxes that a region is without: a list, and those before it. Compared by reference.</summary>
public sealed class MetBoxes
{
    /// <summary>What the lists from the first on say of boxes: which of them is the first that holds one, or up to where none does. Shared by all that follow each other in one line.</summary>
    private readonly Dictionary<RegionBox, (MetBoxes? HeldBy, MetBoxes AskedTo)> line;

    private bool isFollowed;

    /// <summary>A list behind others.</summary>
    /// <param name="list">The list.</param>
    /// <param name="before">Those before it; null: none.</param>
    public MetBoxes(BoxList list, MetBoxes? before)
    {
        (List, Before) = (list, before);
        // The first that follows goes on with the line, others begin lines of their own.
        line = before is { isFollowed: false } ? before.line : [];
        if (before is not null)
        {
            before.isFollowed = true;
            Depth = before.Depth + 1;
        }
    }

    /// <summary>The list.</summary>
    public BoxList List { get; }

    /// <summary>Those before it; null: none.</summary>
    public MetBoxes? Before { get; }

    private int Depth { get; }

    /// <summary>Whether one box of these lists holds all of <paramref name="box"/>; remembers the answer, for the same boxes are asked about again and again.</summary>
    public bool Hold(RegionBox box)
    {
        var isKnown = line.TryGetValue(box, out var known);
        if (isKnown && (known.HeldBy is not null || known.AskedTo.Depth >= Depth))
        {
            return known.HeldBy is { } first && first.Depth <= Depth;
        }
        var unasked = new Stack<MetBoxes>();
        for (var one = this; one is not null && one != known.AskedTo; one = one.Before)
        {
            unasked.Push(one);
        }
        foreach (var one in unasked)
        {
            if (one.List.Holds(box))
            {
                line[box] = (one, one);
                return true;
            }
        }
        line[box] = (null, this);
        return false;
    }

    /// <summary>The boxes that share a packet with <paramref name="box"/>, of all lists.</summary>
    public IEnumerable<FlowBox> Overlapping(RegionBox box)
    {
        for (var one = this; one is not null; one = one.Before)
        {
            foreach (var place in one.List.Overlapping(box))
            {
                yield return one.List[place].Box;
            }
        }
    }
}
