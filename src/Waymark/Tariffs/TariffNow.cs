namespace Waymark.Tariffs;

/// <summary>What a path's tariffs and quotas come to at one moment: the characteristics <c>cost</c> and <c>quota</c>.</summary>
/// <param name="Price">The price of the next byte, money per 10^9 bytes; null: no tariff with tiers says it.</param>
/// <param name="Left">Bytes left before the tariff changes or the path is cut off; null: no end.</param>
public readonly record struct TariffNow(decimal? Price, long? Left)
{
    /// <summary>Of all meters of a path together.</summary>
    public static TariffNow Of(IEnumerable<MeterStanding> standings)
    {
        var now = default(TariffNow);
        foreach (var one in standings)
        {
            now = new(now.Price ?? one.Price, now.Left is not { } left || one.Left < left ? one.Left ?? now.Left : left);
        }
        return now;
    }

    /// <summary>
    /// Whether decisions should hear of it, having last heard <paramref name="told"/>: the price is another, nothing is left or something is left again, or what is left has
    /// changed by 1 %. So what was told is right to 1 % of itself, however near to the end, and using up 20 GB to the last megabyte is told some thousand times, not once for each reading of a month.
    /// </summary>
    public bool Matters(TariffNow told)
    {
        if (Price != told.Price || Left is null != told.Left is null || (Left is 0) != (told.Left is 0))
        {
            return true;
        }
        return Left is { } left && Int128.Abs((Int128)left - told.Left!.Value) * 100 >= Int128.Max(left, 1);
    }
}
