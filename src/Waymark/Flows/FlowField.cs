namespace Waymark.Flows;

/// <summary>The numeric fields of a <see cref="FlowBox"/> as a list, so that the algebra is written once and no field can be forgotten in one place.</summary>
/// <param name="Name">The language's word for it.</param>
/// <param name="Of">Reads the field's constraint.</param>
/// <param name="With">The box with another constraint; a full set becomes null.</param>
/// <param name="Highest">The highest value, the absent one included, by family.</param>
internal sealed record FlowField(string Name, Func<FlowBox, RangeSet?> Of, Func<FlowBox, RangeSet?, FlowBox> With, Func<IpFamily, UInt128> Highest)
{
    /// <summary>All of them.</summary>
    public static readonly FlowField[] All =
    [
        Make("protocol", 255, box => box.Protocol, (box, set) => box with { Protocol = set }),
        Make("peer", null, box => box.Peer, (box, set) => box with { Peer = set }),
        Make("local", null, box => box.Local, (box, set) => box with { Local = set }),
        Make("peer port", FlowBox.AbsentPort, box => box.PeerPort, (box, set) => box with { PeerPort = set }),
        Make("local port", FlowBox.AbsentPort, box => box.LocalPort, (box, set) => box with { LocalPort = set }),
        Make("type", FlowBox.AbsentIcmp, box => box.IcmpType, (box, set) => box with { IcmpType = set }),
        Make("code", FlowBox.AbsentIcmp, box => box.IcmpCode, (box, set) => box with { IcmpCode = set }),
        Make("spi", FlowBox.AbsentWord, box => box.Spi, (box, set) => box with { Spi = set }),
        Make("dscp", 63, box => box.Dscp, (box, set) => box with { Dscp = set }),
        Make("label", FlowBox.AbsentLabel, box => box.FlowLabel, (box, set) => box with { FlowLabel = set }),
        Make("user", FlowBox.AbsentWord, box => box.User, (box, set) => box with { User = set }),
        Make("group", FlowBox.AbsentWord, box => box.Group, (box, set) => box with { Group = set }),
    ];

    private static FlowField Make(string name, long? highest, Func<FlowBox, RangeSet?> of, Func<FlowBox, RangeSet?, FlowBox> with)
    {
        UInt128 Highest(IpFamily family) => highest is { } fixedHighest ? (UInt128)fixedHighest : IpAddress.Highest(family);
        return new(name, of, (box, set) => with(box, set is not null && set.IsFull(Highest(box.Family)) ? null : set), Highest);
    }
}

/// <summary>The fields of a <see cref="FlowBox"/> that hold names.</summary>
/// <param name="Name">The language's word for it.</param>
/// <param name="Of">Reads the field's constraint.</param>
/// <param name="With">The box with another constraint; a full set becomes null.</param>
internal sealed record FlowNameField(string Name, Func<FlowBox, NameSet?> Of, Func<FlowBox, NameSet?, FlowBox> With)
{
    /// <summary>All of them.</summary>
    public static readonly FlowNameField[] All =
    [
        Make("app", box => box.App, (box, set) => box with { App = set }),
        Make("cgroup", box => box.Cgroup, (box, set) => box with { Cgroup = set }),
        Make("from interface", box => box.FromInterface, (box, set) => box with { FromInterface = set }),
    ];

    private static FlowNameField Make(string name, Func<FlowBox, NameSet?> of, Func<FlowBox, NameSet?, FlowBox> with) =>
        new(name, of, (box, set) => with(box, set is { IsFull: true } ? null : set));
}
