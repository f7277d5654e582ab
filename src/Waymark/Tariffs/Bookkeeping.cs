namespace Waymark.Tariffs;

/// <summary>
/// Counts the bytes of paths: from where the kernel's counters stood and where they stand now, what is to be added. Each byte that a counter shows is counted once, by whatever
/// the daemon, the device, its driver or the machine begins anew:
/// <list type="bullet">
/// <item>The same device (in one life of the counters its index stays, renamed or not) has carried the difference; where a counter stands lower, all that it shows.</item>
/// <item>A device that was not there before, and every device after a boot, has carried all that it shows since it was last looked.</item>
/// <item>A device that was there and was not counted begins to be counted now.</item>
/// </list>
/// What was carried while nobody looked counts for the period in which it is seen, for the path that the device is then.
/// </summary>
public static class Bookkeeping
{
    /// <summary>Takes a reading in.</summary>
    /// <param name="state">What was known before.</param>
    /// <param name="reading">What the kernel says now.</param>
    /// <param name="paths">The paths to be counted, no two the same device.</param>
    /// <param name="now">The instant.</param>
    /// <param name="zone">The node's time zone.</param>
    public static LedgerState Read(LedgerState state, LedgerReading reading, EquatableArray<CountedPath> paths, DateTimeOffset now, TimeZoneInfo zone) =>
        Count(state, reading, paths, now, zone, static (counters, before) => counters.Since(before));

    /// <summary>Takes the last word of a device that has gone in.</summary>
    /// <param name="state">What was known before.</param>
    /// <param name="last">Its counters at its end.</param>
    /// <param name="paths">The paths to be counted.</param>
    /// <param name="now">The instant.</param>
    /// <param name="zone">The node's time zone.</param>
    public static LedgerState Gone(LedgerState state, DeviceCounters last, EquatableArray<CountedPath> paths, DateTimeOffset now, TimeZoneInfo zone)
    {
        var counted = Count(state, new(state.Life, state.Present, [last]), paths, now, zone, static (counters, before) => counters.AtEndSince(before));
        return counted with
        {
            Present = counted.Present.Where(index => index != last.LinkIndex).ToEquatableArray(),
            Devices = counted.Devices.Where(one => one.Key.LinkIndex != last.LinkIndex).ToEquatableArray(),
        };
    }

    /// <summary>
    /// Takes in what the kernel told of a device by itself. Where it is being taken down its counters may be in parts already: what stands lower than it did tells nothing.
    /// </summary>
    /// <param name="state">What was known before.</param>
    /// <param name="heard">Its counters.</param>
    /// <param name="paths">The paths to be counted.</param>
    /// <param name="now">The instant.</param>
    /// <param name="zone">The node's time zone.</param>
    public static LedgerState Hear(LedgerState state, DeviceCounters heard, EquatableArray<CountedPath> paths, DateTimeOffset now, TimeZoneInfo zone) =>
        state.Devices.Any(one => one.Key.LinkIndex == heard.LinkIndex && one.Key.Received <= heard.Received && one.Key.Sent <= heard.Sent)
            ? Read(state, new(state.Life, state.Present, [heard]), paths, now, zone)
            : state;

    /// <summary>
    /// The accounts of now: of each path and meter one of the period that <paramref name="now"/> lies in. A new one begins with what an account of the same path has counted
    /// within its period, so that another word in the node file does not lose it; one that nobody wants any more stays until its period is over. A clock that was set back turns no period back.
    /// </summary>
    /// <param name="accounts">Those of before.</param>
    /// <param name="paths">The paths to be counted.</param>
    /// <param name="now">The instant.</param>
    /// <param name="zone">The node's time zone.</param>
    public static EquatableArray<UsageAccount> Open(EquatableArray<UsageAccount> accounts, EquatableArray<CountedPath> paths, DateTimeOffset now, TimeZoneInfo zone)
    {
        var open = accounts.ToDictionary(one => (one.Path, one.Meter));
        foreach (var path in paths)
        {
            foreach (var meter in path.Meters)
            {
                var span = meter.Period.Around(now, zone);
                var key = (path.Name, $"{meter}");
                if (open.TryGetValue(key, out var account) && account.Span.From >= span.From)
                {
                    continue;
                }
                open[key] = account is null && accounts.Where(one => one.Path == path.Name && one.Span.From >= span.From && one.Span.From < span.Until).MaxBy(one => Saturating.Sum(one.Received, one.Sent)) is { } other
                    ? other with { Meter = key.Item2, Span = span }
                    : new(path.Name, key.Item2, span, account is null ? now : span.From);
            }
        }
        var wanted = paths.SelectMany(path => Billed(paths, path.Name)).ToHashSet();
        return InOrder(open.Values.Where(one => one.Span.Until > now || wanted.Contains((one.Path, one.Meter))));
    }

    private static LedgerState Count(
        LedgerState state, LedgerReading reading, EquatableArray<CountedPath> paths, DateTimeOffset now, TimeZoneInfo zone, Func<DeviceCounters, DeviceCounters, (ulong Received, ulong Sent)> since)
    {
        var isFirst = state.Life.Length == 0;
        var isSameLife = state.Life == reading.Life;
        var known = isSameLife ? state.Devices.ToDictionary(one => one.Key.LinkIndex) : [];
        var wasThere = isFirst ? reading.Present.ToHashSet() : isSameLife ? state.Present.ToHashSet() : [];
        var accounts = Open(state.Accounts, paths, now, zone).ToDictionary(one => (one.Path, one.Meter));
        foreach (var counters in reading.Counters)
        {
            var path = paths.FirstOrDefault(one => one.LinkIndex == counters.LinkIndex);
            var isKnown = known.Remove(counters.LinkIndex, out var before);
            var (received, sent) = isKnown ? since(counters, before.Key) : wasThere.Contains(counters.LinkIndex) ? (0, 0) : (counters.Received, counters.Sent);
            foreach (var meter in Billed(paths, path?.Name ?? before.Value))
            {
                accounts[meter] = accounts[meter].Plus(received, sent);
            }
            if (path is not null)
            {
                known.Add(counters.LinkIndex, KeyValuePair.Create(counters, path.Name));
            }
        }
        var present = reading.Present.ToHashSet();
        return new()
        {
            Life = reading.Life,
            Present = reading.Present,
            Devices = known.Values.Where(one => !reading.IsWhole || present.Contains(one.Key.LinkIndex)).OrderBy(one => one.Key.LinkIndex).ToEquatableArray(),
            Accounts = InOrder(accounts.Values),
        };
    }

    private static IEnumerable<(string Path, string Meter)> Billed(EquatableArray<CountedPath> paths, string? name) =>
        paths.FirstOrDefault(path => path.Name == name)?.Meters.Select(meter => (name!, $"{meter}")) ?? [];

    private static EquatableArray<UsageAccount> InOrder(IEnumerable<UsageAccount> accounts) =>
        accounts.OrderBy(one => one.Path, StringComparer.Ordinal).ThenBy(one => one.Meter, StringComparer.Ordinal).ToEquatableArray();
}
