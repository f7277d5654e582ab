using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>The lowest and highest values of a box's addresses and ports: a quick no, before the exact question.</summary>
/// <param name="Peer">Of the peer's addresses.</param>
/// <param name="Local">Of this end's.</param>
/// <param name="PeerPort">Of the peer's ports.</param>
/// <param name="LocalPort">Of this end's.</param>
/// <param name="Protocol">Of the protocols.</param>
/// <param name="IsWhole">Whether the box is all that lies within, so that the quick answer is the exact one.</param>
internal readonly record struct PieceBounds(NumberRange Peer, NumberRange Local, NumberRange PeerPort, NumberRange LocalPort, NumberRange Protocol, bool IsWhole)
{
    /// <summary>Those of a box.</summary>
    public static PieceBounds Of(FlowBox box)
    {
        var highest = IpAddress.Highest(box.Family);
        return new(Of(box.Peer, highest), Of(box.Local, highest), Of(box.PeerPort, FlowBox.AbsentPort), Of(box.LocalPort, FlowBox.AbsentPort), Of(box.Protocol, 255), IsWholeOf(box));
    }

    /// <summary>Whether the boxes may share a packet.</summary>
    public bool MayOverlap(in PieceBounds other) =>
        Overlaps(Peer, other.Peer) && Overlaps(Local, other.Local) && Overlaps(PeerPort, other.PeerPort) && Overlaps(LocalPort, other.LocalPort) && Overlaps(Protocol, other.Protocol);

    /// <summary>Whether this one's box may hold all of the other's.</summary>
    public bool Contains(in PieceBounds other) =>
        Contains(Peer, other.Peer) && Contains(Local, other.Local) && Contains(PeerPort, other.PeerPort) && Contains(LocalPort, other.LocalPort) && Contains(Protocol, other.Protocol);

    /// <summary>Whether nothing else is asked of a packet than what the keys of maps are made of.</summary>
    public static bool HasOnlyKeyFields(FlowBox box) =>
        box is { IcmpType: null, IcmpCode: null, Spi: null, Dscp: null, FlowLabel: null, User: null, Group: null, App: null, Cgroup: null, FromInterface: null, Started: StartedBy.Anyone };

    private static bool IsWholeOf(FlowBox box) =>
        IsOne(box.Peer) && IsOne(box.Local) && IsOne(box.PeerPort) && IsOne(box.LocalPort) && IsOne(box.Protocol) && HasOnlyKeyFields(box);

    private static bool IsOne(RangeSet? set) => set is null || set.Ranges.Count == 1;

    private static NumberRange Of(RangeSet? set, UInt128 highest) => set is null || set.IsEmpty ? new(0, highest) : new(set.Ranges[0].Low, set.Ranges[^1].High);

    private static bool Overlaps(NumberRange one, NumberRange other) => one.Low <= other.High && other.Low <= one.High;

    private static bool Contains(NumberRange outer, NumberRange inner) => outer.Low <= inner.Low && inner.High <= outer.High;
}
