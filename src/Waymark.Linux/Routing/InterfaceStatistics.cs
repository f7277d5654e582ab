namespace Waymark.Linux.Routing;

/// <summary>
/// What a device has carried since it was made: the kernel's 64-bit counters (struct rtnl_link_stats64), frames without preamble and checksum. They begin again at zero
/// with a new device and at a boot, with some drivers also at a reset; renaming a device leaves them alone.
/// </summary>
/// <param name="LinkIndex">The kernel's number for the device.</param>
/// <param name="ReceivedBytes">Bytes that came in.</param>
/// <param name="SentBytes">Bytes that went out.</param>
public readonly record struct InterfaceStatistics(int LinkIndex, ulong ReceivedBytes, ulong SentBytes)
{
    /// <summary>Packets that came in.</summary>
    public ulong ReceivedPackets { get; init; }

    /// <summary>Packets that went out.</summary>
    public ulong SentPackets { get; init; }
}
