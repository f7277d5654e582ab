namespace Waymark.Linux.LinkReading;

/// <summary>The other end of a wireless link, as this one hears it.</summary>
/// <param name="Signal">How strongly it is heard, dBm; null where the device does not tell.</param>
/// <param name="ReceiveRate">At what rate its newest frame came in, bit/s; null where the device does not tell.</param>
/// <param name="SendRate">At what rate the newest frame was sent to it, bit/s; null where the device does not tell.</param>
public readonly record struct WirelessStation(int? Signal, double? ReceiveRate, double? SendRate);
