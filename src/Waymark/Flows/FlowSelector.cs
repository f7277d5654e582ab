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
                    Add(shared, box);
                }
            }
        }
        return new(shared.ToEquatableArray());
    }

    /// <summary>What is in either.</summary>
    public FlowSelector Union(FlowSelector other)
    {
        var all = new List<FlowBox>(Boxes.Count + other.Boxes.Count);
        foreach (var box in Boxes)
        {
            Add(all, box);
        }
        foreach (var box in other.Boxes)
        {
            Add(all, box);
        }
        return new(all.ToEquatableArray());
    }

    /// <summary>What is in this one and not in the other.</summary>
    public FlowSelector Subtract(FlowSelector other) => TrySubtract(other, int.MaxValue) ?? throw new System.Diagnostics.UnreachableException();

    /// <summary>
    /// As <see cref="Subtract"/>, but null where on the way there would be more than <paramref name="most"/> boxes: what is written in a few lines can take more than memory
    /// holds, and whoever reads foreign policies has to stop somewhere.
    /// </summary>
    public FlowSelector? TrySubtract(FlowSelector other, int most)
    {
        IReadOnlyList<FlowBox> rest = Boxes;
        foreach (var hole in other.Boxes)
        {
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
    public bool Contains(FlowSelector other) => other.Subtract(this).IsEmpty;

    /// <summary>Adds a box unless one that is there equals it: unions stay as short as they were written.</summary>
    private static void Add(List<FlowBox> boxes, FlowBox box)
    {
        if (!boxes.Contains(box))
        {
            boxes.Add(box);
        }
    }
}
