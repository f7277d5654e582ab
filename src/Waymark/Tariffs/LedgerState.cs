namespace Waymark.Tariffs;

/// <summary>All that has to be remembered to count each byte once: where the kernel's counters stood, and what was carried up to there. Kept together or not at all.</summary>
public sealed record LedgerState
{
    /// <summary>Nothing was ever counted.</summary>
    public static LedgerState Empty { get; } = new();

    /// <summary>Which life of the kernel's counters it is of: another one with each boot and each network namespace. Empty: of none yet.</summary>
    public string Life { get; init; } = "";

    /// <summary>Indexes of all devices that were there, in order: a device that was not has carried all that it shows since.</summary>
    public EquatableArray<int> Present { get; init; } = [];

    /// <summary>Where the counters stood, and for which path they count, in order of index.</summary>
    public EquatableArray<KeyValuePair<DeviceCounters, string>> Devices { get; init; } = [];

    /// <summary>What was carried, in order of path and meter, each pair once.</summary>
    public EquatableArray<UsageAccount> Accounts { get; init; } = [];
}
