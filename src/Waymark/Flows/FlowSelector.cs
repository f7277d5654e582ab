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
}
