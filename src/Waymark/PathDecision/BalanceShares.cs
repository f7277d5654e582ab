using System.Numerics;
using Waymark.FilterRules;
using Waymark.Paths;

namespace Waymark.PathDecision;

/// <summary>
/// Shares of a balance: parts of a whole, few enough that small changes of a measurement change nothing, enough for any ratio that matters. Sixteenths for up to four
/// paths; beyond, the whole grows by powers of two so that a path has four parts on average, and its weight still tells.
/// </summary>
internal static class BalanceShares
{
    private const int Smallest = 16, PartsPerPath = 4;

    /// <summary>The sum of the shares of so many paths.</summary>
    public static int Whole(int paths) => Math.Max(Smallest, (int)BitOperations.RoundUpToPowerOf2((uint)(PartsPerPath * paths)));

    /// <summary>
    /// Shares in proportion to <paramref name="weights"/> (null: unknown, taken as the mean of the others), at least one part each. The shares in use stay while none of
    /// them is a whole part off.
    /// </summary>
    public static EquatableArray<PathShare> Of(IReadOnlyList<(PathId Path, double? Weight)> weights, EquatableArray<PathShare> inUse)
    {
        var ordered = weights.OrderBy(one => one.Path).ToList();
        var whole = Whole(ordered.Count);
        var ideal = Ideal(Values(ordered), whole);
        if (inUse.Count == ordered.Count && inUse.Sum(share => share.Weight) == whole
            && Enumerable.Range(0, ordered.Count).All(i => inUse[i].Path == ordered[i].Path && Math.Abs(ideal[i] - inUse[i].Weight) < 1))
        {
            return inUse;
        }

        // The largest remainders gain what is left, the lower id first.
        var shares = ideal.Select(part => Math.Max(1, (int)part)).ToList();
        foreach (var i in Enumerable.Range(0, shares.Count).OrderByDescending(i => ideal[i] - shares[i]).Take(whole - shares.Sum()).ToList())
        {
            shares[i]++;
        }
        return ordered.Select((one, i) => new PathShare(one.Path, shares[i])).ToEquatableArray();
    }

    /// <summary>The weights as numbers from 0 to 1, whose proportions count.</summary>
    private static List<double> Values(List<(PathId Path, double? Weight)> ordered)
    {
        if (ordered.Any(one => one.Weight is double.PositiveInfinity))
        {
            // An unlimited weight has no proportion to a finite one: those paths share alike.
            return [.. ordered.Select(one => one.Weight is double.PositiveInfinity ? 1.0 : 0.0)];
        }
        var largest = ordered.Max(one => one.Weight is >= 0 ? one.Weight.Value : 0);
        if (largest == 0)
        {
            return [.. ordered.Select(_ => 1.0)];
        }
        var known = ordered.Where(one => one.Weight is >= 0).Select(one => one.Weight!.Value / largest).ToList();
        var mean = known.Sum() / known.Count;
        return [.. ordered.Select(one => one.Weight is >= 0 ? one.Weight.Value / largest : mean)];
    }

    /// <summary>Parts of the whole in proportion to the values, but none below 1: who would have less has 1, and the others divide what is left.</summary>
    private static List<double> Ideal(List<double> values, int whole)
    {
        var ideal = values.Select(_ => 1.0).ToList();
        var open = Enumerable.Range(0, values.Count).ToList();
        for (var poor = -1; poor != 0;)
        {
            var left = (double)(whole - (values.Count - open.Count));
            var sum = open.Sum(i => values[i]);
            poor = open.RemoveAll(i => values[i] * left < sum);
            if (poor == 0)
            {
                open.ForEach(i => ideal[i] = values[i] / sum * left);
            }
        }
        return ideal;
    }
}
