namespace Waymark.Tariffs;

/// <summary>What the kernel's counters of a device stood at.</summary>
/// <param name="LinkIndex">The kernel's number for the device.</param>
/// <param name="Received">Bytes that came in since the device was made.</param>
/// <param name="Sent">Bytes that went out since then.</param>
public sealed record DeviceCounters(int LinkIndex, ulong Received, ulong Sent)
{
    /// <summary>
    /// What was carried since <paramref name="before"/>. A counter that stands lower than it did has begun anew with the device's driver: all that it shows has come since.
    /// </summary>
    public (ulong Received, ulong Sent) Since(DeviceCounters before) =>
        (Received < before.Received ? Received : Received - before.Received, Sent < before.Sent ? Sent : Sent - before.Sent);

    /// <summary>
    /// What was carried from <paramref name="before"/> to the device's end, of which this is the last word. A counter that stands lower then was taken down with the device (a veth's cable
    /// forgets what its other end had sent): it says nothing more.
    /// </summary>
    public (ulong Received, ulong Sent) AtEndSince(DeviceCounters before) =>
        (Received < before.Received ? 0 : Received - before.Received, Sent < before.Sent ? 0 : Sent - before.Sent);
}
