namespace Waymark.PathExamination.Capacity;

/// <summary>Packets of one size that were sent back to back, as far as they came back.</summary>
/// <param name="PacketBytes">Of each, with its IP header.</param>
/// <param name="Packets">In the order of sending.</param>
public sealed record PacketTrain(int PacketBytes, EquatableArray<TrainPacket> Packets)
{
    /// <summary>How many packets a train has: enough that one late packet does not decide, few enough for the shortest queue of a router.</summary>
    public const int UsualPackets = 20;

    /// <summary>How many one has at most where shorter ones are taken apart on their way: 192 kB, a twentieth of a second at 30 Mbit/s, and longer than a jitter of 10 ms at 100.</summary>
    public const int MostPackets = 160;

    /// <summary>What every link carries in one piece (RFC 8200 section 5: 1280), with room for a tunnel's header.</summary>
    public const int UsualBytes = 1200;
}
