namespace Waymark.Tariffs;

/// <summary>How a path stands to one of its meters.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="Account">What was carried.</param>
/// <param name="Quota">How much may be carried; null: no end.</param>
/// <param name="Tariff">What it costs; null: nobody says by this meter.</param>
public sealed record MeterStanding(Meter Meter, UsageAccount Account, Quota? Quota, Tariff? Tariff)
{
    /// <summary>Bytes used in the period.</summary>
    public long Used => Account.Used(Meter.Counts);

    /// <summary>The price of the next byte, money per 10^9 bytes; null where the meter has no tariff.</summary>
    public decimal? Price => Tariff?.PriceAfter(Used);

    /// <summary>Bytes left before the tariff changes or the path is cut off; null: no end.</summary>
    public long? Left => (Quota?.LeftAfter(Used), Tariff?.LeftAfter(Used)) switch
    {
        ({ } limit, { } tier) => Math.Min(limit, tier),
        var (limit, tier) => limit ?? tier,
    };

    /// <summary>Bytes that will be used at the end of the period if it goes on as it went so far; null before anything can be told.</summary>
    /// <param name="now">The instant, in the period.</param>
    public long? Projected(DateTimeOffset now)
    {
        var (passed, left) = (now - Account.Since, Account.Span.Until - now);
        return passed <= TimeSpan.Zero || left < TimeSpan.Zero ? null
            : (long)Int128.Min(long.MaxValue, Used + ((Int128)Used * left.Ticks / passed.Ticks));
    }

    /// <summary>Of each meter of a path one, in the order in which the node file first says it.</summary>
    /// <param name="tariff">What the path costs.</param>
    /// <param name="quotas">How much it may carry.</param>
    /// <param name="accounts">What it has carried.</param>
    public static IEnumerable<MeterStanding> Of(Tariff? tariff, EquatableArray<Quota> quotas, IEnumerable<UsageAccount> accounts)
    {
        var byMeter = accounts.ToDictionary(one => one.Meter);
        return Meters(tariff, quotas).Where(meter => byMeter.ContainsKey($"{meter}")).Select(meter =>
            new MeterStanding(meter, byMeter[$"{meter}"], quotas.Where(one => one.Meter == meter).MinBy(one => one.Volume), tariff?.Meter == meter ? tariff : null));
    }

    /// <summary>What has to be counted for them, each meter once.</summary>
    public static IEnumerable<Meter> Meters(Tariff? tariff, EquatableArray<Quota> quotas) => quotas.Select(quota => quota.Meter).Concat(tariff is null ? [] : [tariff.Meter]).Distinct();
}
