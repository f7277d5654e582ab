using Waymark.Flows;

namespace Waymark.Regions;

/// <summary>
/// A box with the lowest and highest values of its addresses, ports and protocols, and the number that its other constraints have in the <see cref="PacketSpace"/> that made it: nearly every question
/// about two boxes is answered by these alone.
/// </summary>
public sealed class RegionBox
{
    internal RegionBox(FlowBox box, int others)
    {
        (Box, Others) = (box, others);
        var highest = IpAddress.Highest(box.Family);
        (Peer, Local) = (Bounds(box.Peer, highest), Bounds(box.Local, highest));
        (PeerPort, LocalPort, Protocol) = (Small(box.PeerPort, FlowBox.AbsentPort), Small(box.LocalPort, FlowBox.AbsentPort), Small(box.Protocol, 255));
        IsWhole = IsOne(box.Peer) && IsOne(box.Local) && IsOne(box.PeerPort) && IsOne(box.LocalPort) && IsOne(box.Protocol);
    }

    /// <summary>The box.</summary>
    public FlowBox Box { get; }

    /// <summary>Number of the constraints that have no bounds here.</summary>
    internal int Others { get; }

    /// <summary>Whether the bounds are the box, but for its other constraints.</summary>
    internal bool IsWhole { get; }

    private NumberRange Peer { get; }

    private NumberRange Local { get; }

    private (int Low, int High) PeerPort { get; }

    private (int Low, int High) LocalPort { get; }

    private (int Low, int High) Protocol { get; }

    internal bool BoundsOverlap(RegionBox other) =>
        Overlap(PeerPort, other.PeerPort) && Overlap(LocalPort, other.LocalPort) && Overlap(Protocol, other.Protocol)
        && Peer.Low <= other.Peer.High && other.Peer.Low <= Peer.High && Local.Low <= other.Local.High && other.Local.Low <= Local.High;

    internal bool BoundsHold(RegionBox other) =>
        Holds(PeerPort, other.PeerPort) && Holds(LocalPort, other.LocalPort) && Holds(Protocol, other.Protocol)
        && Peer.Low <= other.Peer.Low && other.Peer.High <= Peer.High && Local.Low <= other.Local.Low && other.Local.High <= Local.High;

    private static bool Overlap((int Low, int High) one, (int Low, int High) other) => one.Low <= other.High && other.Low <= one.High;

    private static bool Holds((int Low, int High) outer, (int Low, int High) inner) => outer.Low <= inner.Low && inner.High <= outer.High;

    private static NumberRange Bounds(RangeSet? set, UInt128 highest) => set is null || set.IsEmpty ? new(0, highest) : new(set.Ranges[0].Low, set.Ranges[^1].High);

    private static (int Low, int High) Small(RangeSet? set, int highest) => set is null || set.IsEmpty ? (0, highest) : ((int)set.Ranges[0].Low, (int)set.Ranges[^1].High);

    private static bool IsOne(RangeSet? set) => set is null || set.Ranges.Count == 1;
}
