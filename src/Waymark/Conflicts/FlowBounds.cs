using Waymark.Flows;

namespace Waymark.Conflicts;

/// <summary>
/// The lowest and highest values of a selector's addresses, ports and protocols: a quick answer for nearly all pairs of policies. Of IPv6 addresses the upper half.
/// </summary>
internal readonly struct FlowBounds
{
    private readonly ulong peerLow, peerHigh, localLow, localHigh;
    private readonly int peerPortLow, peerPortHigh, localPortLow, localPortHigh, protocolLow, protocolHigh;
    private readonly int families;

    /// <summary>Those of a selector that is not empty.</summary>
    public FlowBounds(FlowSelector selector)
    {
        (peerLow, localLow, peerPortLow, localPortLow, protocolLow) = (ulong.MaxValue, ulong.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue);
        foreach (var box in selector.Boxes)
        {
            families |= box.Family == IpFamily.V4 ? 1 : 2;
            var (peer, local) = (Addresses(box.Peer, box.Family), Addresses(box.Local, box.Family));
            (peerLow, peerHigh, localLow, localHigh) = (Math.Min(peerLow, peer.Low), Math.Max(peerHigh, peer.High), Math.Min(localLow, local.Low), Math.Max(localHigh, local.High));
            Widen(box.PeerPort, FlowBox.AbsentPort, ref peerPortLow, ref peerPortHigh);
            Widen(box.LocalPort, FlowBox.AbsentPort, ref localPortLow, ref localPortHigh);
            Widen(box.Protocol, 255, ref protocolLow, ref protocolHigh);
        }
        if (families == 3)
        {
            // Addresses of different families are not to be compared.
            (peerLow, peerHigh, localLow, localHigh) = (0, ulong.MaxValue, 0, ulong.MaxValue);
        }
        IsExact = selector.Boxes is [{ Family: IpFamily.V4, IcmpType: null, IcmpCode: null, Spi: null, Dscp: null, FlowLabel: null, User: null, Group: null, App: null, Cgroup: null, FromInterface: null, Started: StartedBy.Anyone } only]
            && IsOne(only.Peer) && IsOne(only.Local) && IsOne(only.PeerPort) && IsOne(only.LocalPort) && IsOne(only.Protocol);
    }

    /// <summary>The peers' addresses.</summary>
    public (ulong Low, ulong High) Peer => (peerLow, peerHigh);

    /// <summary>The own addresses.</summary>
    public (ulong Low, ulong High) Local => (localLow, localHigh);

    /// <summary>Whether the selector is all that lies within: two such overlap, or one holds the other, exactly where their bounds do.</summary>
    public bool IsExact { get; }

    /// <summary>Whether the selectors may share a packet.</summary>
    public bool MayOverlap(in FlowBounds other) =>
        peerLow <= other.peerHigh && other.peerLow <= peerHigh && localLow <= other.localHigh && other.localLow <= localHigh
        && peerPortLow <= other.peerPortHigh && other.peerPortLow <= peerPortHigh && localPortLow <= other.localPortHigh && other.localPortLow <= localPortHigh
        && protocolLow <= other.protocolHigh && other.protocolLow <= protocolHigh && (families & other.families) != 0;

    /// <summary>Whether this one's selector may hold all of the other's.</summary>
    public bool MayContain(in FlowBounds other) =>
        peerLow <= other.peerLow && other.peerHigh <= peerHigh && localLow <= other.localLow && other.localHigh <= localHigh
        && peerPortLow <= other.peerPortLow && other.peerPortHigh <= peerPortHigh && localPortLow <= other.localPortLow && other.localPortHigh <= localPortHigh
        && protocolLow <= other.protocolLow && other.protocolHigh <= protocolHigh && (families & other.families) == other.families;

    private static (ulong Low, ulong High) Addresses(RangeSet? set, IpFamily family) => set is null || set.IsEmpty ? (0, ulong.MaxValue)
        : family == IpFamily.V4 ? ((ulong)set.Ranges[0].Low, (ulong)set.Ranges[^1].High)
        : ((ulong)(set.Ranges[0].Low >> 64), (ulong)(set.Ranges[^1].High >> 64));

    private static void Widen(RangeSet? set, int highest, ref int low, ref int high)
    {
        var (least, most) = set is null || set.IsEmpty ? (0, highest) : ((int)set.Ranges[0].Low, (int)set.Ranges[^1].High);
        (low, high) = (Math.Min(low, least), Math.Max(high, most));
    }

    private static bool IsOne(RangeSet? set) => set is null || set.Ranges.Count == 1;
}
