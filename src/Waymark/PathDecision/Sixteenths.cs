using Waymark.FilterRules;
using Waymark.Paths;

namespace Waymark.PathDecision;

/// <summary>Shares of a balance in sixteenths: few enough that small changes of a measurement change nothing, enough for any ratio that matters.</summary>
internal static class Sixteenths
{
    private const int Whole = 16;

    /// <summary>
    /// Shares in proportion to <paramref name="weights"/> (null: unknown, taken as the mean of the others), at least one sixteenth each. The shares in use stay while
    /// none of them is a whole sixteenth off.
    /// </summary>
    public static EquatableArray<PathShare> Of(IReadOnlyList<(PathId Path, double? Weight)> weights, EquatableArray<PathShare> inUse)
    {
        if (weights.Count >= Whole)
        {
            return weights.Select(one => new PathShare(one.Path, 1)).OrderBy(share => share.Path).ToEquatableArray();
        }
        var ordered = weights.OrderBy(one => one.Path).ToList();
        var known = ordered.Where(one => one.Weight is >= 0 and < double.PositiveInfinity).Select(one => one.Weight!.Value).ToList();
        var mean = known.Count > 0 ? known.Sum() / known.Count : 1;
        // An unlimited weight has no proportion to a finite one: those paths share alike.
        var values = ordered.Any(one => one.Weight is double.PositiveInfinity)
            ? ordered.Select(one => one.Weight is double.PositiveInfinity ? 1.0 : 0.0).ToList()
            : ordered.Select(one => one.Weight is >= 0 ? one.Weight.Value : mean).ToList();
        var sum = values.Sum();
        var ideal = values.Select(value => sum > 0 ? value / sum * Whole : (double)Whole / values.Count).ToList();

        if (inUse.Count == ordered.Count
            && Enumerable.Range(0, ordered.Count).All(i => inUse[i].Path == ordered[i].Path && Math.Abs(Math.Max(1, ideal[i]) - inUse[i].Weight) < 1))
        {
            return inUse;
        }

        var shares = ideal.Select(value => Math.Max(1, (int)value)).ToList();
        while (shares.Sum() != Whole)
        {
            // The largest remainder gains, or the most overpaid loses, the lower id first.
            var lacking = shares.Sum() < Whole;
            var pick = Enumerable.Range(0, shares.Count)
                .Where(i => lacking || shares[i] > 1)
                .OrderByDescending(i => lacking ? ideal[i] - shares[i] : shares[i] - ideal[i])
                .ThenBy(i => i)
                .First();
            shares[pick] += lacking ? 1 : -1;
        }
        return ordered.Select((one, i) => new PathShare(one.Path, shares[i])).ToEquatableArray();
    }
}
