using Waymark.Flows;

namespace Waymark.PacketClassification;

/// <summary>
/// What boxes of one table have in common: how many leading bits of each address, and which of the other fields, have one value only, so that a packet can be in no more
/// than one bucket of the table (Srinivasan, Suri and Varghese, SIGCOMM 1999).
/// </summary>
/// <param name="Family">Of the boxes.</param>
/// <param name="PeerLength">Leading bits of the peer's address.</param>
/// <param name="LocalLength">Leading bits of this end's address.</param>
/// <param name="HasPeerPort">Whether the peer's port counts.</param>
/// <param name="HasLocalPort">Whether this end's port counts.</param>
/// <param name="HasProtocol">Whether the protocol counts.</param>
internal readonly record struct Tuple(IpFamily Family, int PeerLength, int LocalLength, bool HasPeerPort, bool HasLocalPort, bool HasProtocol)
{
    /// <summary>Lengths that tables of many boxes are made for: few enough that few tables are looked up.</summary>
    private static readonly int[] Lengths4 = [32, 24, 16, 8, 0], Lengths6 = [128, 64, 48, 32, 0];

    /// <summary>The narrowest that holds a box.</summary>
    public static Tuple Of(FlowBox box) => new(box.Family, Length(box.Peer, box.Family), Length(box.Local, box.Family), IsOne(box.PeerPort), IsOne(box.LocalPort), IsOne(box.Protocol));

    /// <summary>
    /// One that holds the boxes of many (TupleMerge; Daly et al., IEEE/ACM Transactions on Networking 2019): with lengths cut to a few, so that tables are few.
    /// </summary>
    public Tuple Widened()
    {
        var lengths = Family == IpFamily.V4 ? Lengths4 : Lengths6;
        return this with { PeerLength = Cut(PeerLength), LocalLength = Cut(LocalLength) };

        int Cut(int length) => Array.Find(lengths, one => one <= length);
    }

    /// <summary>The one without ports and protocol.</summary>
    public Tuple OfAddresses() => this with { HasPeerPort = false, HasLocalPort = false, HasProtocol = false };

    /// <summary>The bucket of a box; of no meaning for one that is wider than the tuple.</summary>
    public ulong KeyOf(FlowBox box) => Key(First(box.Peer), First(box.Local), First(box.PeerPort), First(box.LocalPort), First(box.Protocol));

    /// <summary>The bucket of a packet.</summary>
    public ulong KeyOf(Packet packet) => Key(
        packet.Peer.Bits, packet.Local.Bits, (UInt128)(packet.PeerPort ?? FlowBox.AbsentPort), (UInt128)(packet.LocalPort ?? FlowBox.AbsentPort), packet.Protocol);

    // Different values may have the same key: the boxes of a bucket are asked, each of them, whether they hold the packet.
    private ulong Key(UInt128 peer, UInt128 local, UInt128 peerPort, UInt128 localPort, UInt128 protocol)
    {
        var width = IpAddress.Width(Family);
        var rest = (HasPeerPort ? (ulong)peerPort + 1 : 0) | (HasLocalPort ? ((ulong)localPort + 1) << 20 : 0) | (HasProtocol ? ((ulong)protocol + 1) << 40 : 0);
        return Mix(Mix(Mix(rest, peer, width - PeerLength), local, width - LocalLength), 0, 0);
    }

    private static ulong Mix(ulong key, UInt128 address, int drop)
    {
        // A shift by the whole width shifts by nothing.
        var bits = drop == 128 ? 0 : address >> drop;
        unchecked
        {
            key = (key ^ (ulong)bits ^ ((ulong)(bits >> 64) * 0x9E3779B97F4A7C15)) * 0xD6E8FEB86659FD93;
            return key ^ (key >> 32);
        }
    }

    private static UInt128 First(RangeSet? set) => set is null || set.IsEmpty ? 0 : set.Ranges[0].Low;

    /// <summary>How many leading bits all of the addresses share.</summary>
    private static int Length(RangeSet? set, IpFamily family)
    {
        if (set is null || set.IsEmpty)
        {
            return 0;
        }
        var width = IpAddress.Width(family);
        return Math.Min(width, (int)UInt128.LeadingZeroCount(set.Ranges[0].Low ^ set.Ranges[^1].High) - (128 - width));
    }

    private static bool IsOne(RangeSet? set) => set is { Ranges: [var only] } && only.Low == only.High;
}
