namespace Waymark.Tariffs;

/// <summary>What the kernel said at one moment.</summary>
/// <param name="Life">Which life of its counters it is of.</param>
/// <param name="Present">Indexes of all devices, in order.</param>
/// <param name="Counters">Of the devices that were asked for; one that is gone is not in it.</param>
/// <param name="IsWhole">
/// Whether no word of a device that went is still to come: where messages were lost, and at the start. Else the last counters of a device that is missing here are on their way.
/// </param>
public sealed record LedgerReading(string Life, EquatableArray<int> Present, EquatableArray<DeviceCounters> Counters, bool IsWhole = false);
