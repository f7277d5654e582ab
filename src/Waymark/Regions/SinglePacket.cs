using Waymark.Flows;

namespace Waymark.Regions;

/// <summary>A packet as the box that holds nothing else.</summary>
public static class SinglePacket
{
    /// <summary>The box of a packet; a field that it does not have is absent there.</summary>
    public static FlowBox Of(Packet packet) => new()
    {
        Family = packet.Family,
        Protocol = RangeSet.Of(packet.Protocol),
        Local = RangeSet.Of(packet.Local.Bits),
        Peer = RangeSet.Of(packet.Peer.Bits),
        LocalPort = Value(packet.LocalPort, FlowBox.AbsentPort),
        PeerPort = Value(packet.PeerPort, FlowBox.AbsentPort),
        IcmpType = Value(packet.IcmpType, FlowBox.AbsentIcmp),
        IcmpCode = Value(packet.IcmpCode, FlowBox.AbsentIcmp),
        Spi = Value(packet.Spi, FlowBox.AbsentWord),
        Dscp = RangeSet.Of(packet.Dscp),
        FlowLabel = Value(packet.FlowLabel, FlowBox.AbsentLabel),
        User = Value(packet.User, FlowBox.AbsentWord),
        Group = Value(packet.Group, FlowBox.AbsentWord),
        App = Name(packet.App),
        Cgroup = Name(packet.Cgroup),
        FromInterface = Name(packet.FromInterface),
        Started = packet.Started,
    };

    private static RangeSet Value(long? value, long absent) => RangeSet.Of((UInt128)(value ?? absent));

    private static NameSet Name(string? name) => name is null ? new() { Otherwise = false, HasAbsent = true } : NameSet.Of(name);
}
