using Waymark.ConditionDecision;
using Waymark.Flows;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Units;

namespace Waymark.PathDecision;

/// <summary>A lexicographic preference as a row of filters (language, Meaning 5): of each criterion the best and what is within its tolerance stay.</summary>
internal sealed class Ranking(ClaimEvaluation claims, HoldTimers timers, IpFamily family, string key)
{
    /// <summary>Where no tolerance was written: a tenth of the best, or the measurement's own standard error where that is larger; otherwise each sample would move flows.</summary>
    private const double DefaultTolerance = 0.1;

    /// <summary>
    /// Filters <paramref name="paths"/>, which are not empty; what comes back isn't either. Paths in <paramref name="inUse"/> that a criterion with a <c>for</c> would
    /// put out stay until it has put them out for that long. Each step is noted in the findings of the path.
    /// </summary>
    public List<Path> Filter(List<Path> paths, EquatableArray<Criterion> criteria, HashSet<PathId> inUse, Func<PathId, List<Finding>> findings)
    {
        var stay = paths;
        for (var i = 0; i < criteria.Count && stay.Count > 1; i++)
        {
            stay = criteria[i] switch
            {
                Criterion.ByPredicate(var predicate) => BySatisfaction(stay, predicate, findings),
                Criterion.ByNumber number => ByNumber(stay, number, i, inUse, findings),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        return stay;
    }

    /// <summary>
    /// The order of <paramref name="paths"/> by the exact values of the criteria, then by the system's own metric, then by id: who wins where tolerance leaves several
    /// and none is in use.
    /// </summary>
    public List<Path> Order(IEnumerable<Path> paths, EquatableArray<Criterion> criteria)
    {
        var ordered = paths.OrderBy(static _ => 0);
        foreach (var criterion in criteria)
        {
            ordered = criterion switch
            {
                Criterion.ByPredicate(var predicate) => ordered.ThenBy(path => claims.Evaluate(predicate, path, family, findings: null) switch
                {
                    Truth.True => 0,
                    Truth.Unknown => 1,
                    _ => 2,
                }),
                Criterion.ByNumber number => ordered.ThenBy(path => Value(path, number) is { } value ? (number.Highest ? -value : value) : double.PositiveInfinity),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        return [.. ordered.ThenBy(path => path.Half(family)?.Metric ?? uint.MaxValue).ThenBy(path => path.Id)];
    }

    private List<Path> BySatisfaction(List<Path> paths, Predicate predicate, Func<PathId, List<Finding>> findings)
    {
        var satisfying = paths.Where(path => claims.Evaluate(predicate, path, family, findings(path.Id)) == Truth.True).ToList();
        return satisfying.Count > 0 ? satisfying : paths;
    }

    private List<Path> ByNumber(List<Path> paths, Criterion.ByNumber criterion, int index, HashSet<PathId> inUse, Func<PathId, List<Finding>> findings)
    {
        Path? best = null;
        var bestValue = 0.0;
        foreach (var path in paths)
        {
            if (Value(path, criterion) is { } value && (best is null || (criterion.Highest ? value > bestValue : value < bestValue)))
            {
                (best, bestValue) = (path, value);
            }
        }
        if (best is null)
        {
            return paths;
        }
        var tolerance = Tolerance(criterion, best, bestValue);
        var stay = new List<Path>();
        foreach (var path in paths)
        {
            // Infinite minus infinite is no distance: equal values are always within.
            var within = Value(path, criterion) is { } value && (value == bestValue || (criterion.Highest ? bestValue - value : value - bestValue) <= tolerance);
            if (!within && criterion.For is { } wait && inUse.Contains(path.Id)
                && timers.HasHeld($"{key} {family} beaten {index} {path.Id}", Truth.True, wait) != Truth.True)
            {
                within = true;
            }
            findings(path.Id).Add(new(null, criterion.Characteristic, Kleene.Of(within), claims.Look(path, criterion.Characteristic, family)));
            if (within)
            {
                stay.Add(path);
            }
        }
        return stay;
    }

    private double Tolerance(Criterion.ByNumber criterion, Path best, double value)
    {
        if (double.IsInfinity(value))
        {
            return 0;
        }
        if (criterion.Within is not { } within)
        {
            return Math.Max(Math.Abs(value) * DefaultTolerance, claims.Look(best, criterion.Characteristic, family)?.StandardError ?? 0);
        }
        var isShare = Characteristic.TryFind(criterion.Characteristic, out var known) && known.Dimension == Dimension.Ratio;
        return within.Dimension == Dimension.Ratio && !isShare ? Math.Abs(value) * within.ToDouble() : within.ToDouble();
    }

    private double? Value(Path path, Criterion.ByNumber criterion) =>
        claims.Look(path, criterion.Characteristic, family) is { Value.Kind: CharacteristicKind.Numeric } measured ? measured.Value.Number : null;
}
