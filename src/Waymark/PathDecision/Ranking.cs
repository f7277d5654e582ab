using Waymark.ConditionDecision;
using Waymark.Flows;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Units;

namespace Waymark.PathDecision;

/// <summary>A lexicographic preference as a row of filters (language, Meaning 5): of each criterion the best and what is within its tolerance stay.</summary>
/// <param name="claims">What holds of paths.</param>
/// <param name="timers">Since when.</param>
/// <param name="family">The family of the flows.</param>
/// <param name="key">Names the selection that a <c>for</c> waits in.</param>
/// <param name="facts">Where it is noted what was found; null: nowhere.</param>
internal sealed class Ranking(ClaimEvaluation claims, HoldTimers timers, IpFamily family, Func<string> key, RankingFacts.Growing? facts)
{
    /// <summary>Where no tolerance was written: a tenth of the best, or the measurement's own standard error where that is larger; otherwise each sample would move flows.</summary>
    private const double DefaultTolerance = 0.1;

    /// <summary>
    /// Filters <paramref name="paths"/>, which are not empty; what comes back isn't either. Paths in use that a criterion with a <c>for</c> would put out stay until it
    /// has put them out for that long. Each step is noted in the findings of the path.
    /// </summary>
    /// <param name="paths">The paths.</param>
    /// <param name="criteria">The preference.</param>
    /// <param name="isInUse">By index of path.</param>
    /// <param name="findings">Where it is noted; null: nowhere.</param>
    public List<PathState> Filter(List<PathState> paths, EquatableArray<Criterion> criteria, bool[] isInUse, PathFindings? findings)
    {
        var stay = paths;
        for (var i = 0; i < criteria.Count && stay.Count > 1; i++)
        {
            stay = criteria[i] switch
            {
                Criterion.ByPredicate(var predicate) => BySatisfaction(stay, predicate, findings),
                Criterion.ByNumber number => ByNumber(stay, number, i, isInUse, findings),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        return stay;
    }

    /// <summary>Whether anything that the criteria speak of is known of any of the paths. Where nothing is, no measurement is why one of them is in use.</summary>
    public bool TellsApart(List<PathState> paths, EquatableArray<Criterion> criteria)
    {
        foreach (var criterion in criteria)
        {
            foreach (var path in paths)
            {
                var isKnown = criterion switch
                {
                    Criterion.ByPredicate(var predicate) => claims.Evaluate(predicate, path, family, findings: null) != Truth.Unknown,
                    Criterion.ByNumber number => path.Number(number.Characteristic, family) is not null,
                    _ => throw new System.Diagnostics.UnreachableException(),
                };
                if (isKnown)
                {
                    return true;
                }
            }
        }
        return false;
    }

    /// <summary>
    /// The order of <paramref name="paths"/> by the exact values of the criteria, then by the system's own metric, then by id: who wins where tolerance leaves several
    /// and none is in use.
    /// </summary>
    public List<PathState> Order(List<PathState> paths, EquatableArray<Criterion> criteria)
    {
        var width = criteria.Count + 1;
        if (paths.Count == 1)
        {
            return paths;
        }
        var keys = new double[paths.Count * width];
        for (var p = 0; p < paths.Count; p++)
        {
            for (var c = 0; c < criteria.Count; c++)
            {
                keys[(p * width) + c] = Key(paths[p], criteria[c]);
            }
            keys[(p * width) + criteria.Count] = paths[p].Path.Half(family)?.Metric ?? uint.MaxValue;
        }
        var places = new int[paths.Count];
        for (var p = 0; p < places.Length; p++)
        {
            places[p] = p;
        }
        Array.Sort(places, (a, b) =>
            keys.AsSpan(a * width, width).SequenceCompareTo(keys.AsSpan(b * width, width)) is var order and not 0 ? order : paths[a].Index.CompareTo(paths[b].Index));
        return [.. places.Select(place => paths[place])];
    }

    /// <summary>The smaller the better.</summary>
    private double Key(PathState path, Criterion criterion) => criterion switch
    {
        Criterion.ByPredicate(var predicate) => claims.Evaluate(predicate, path, family, findings: null) switch
        {
            Truth.True => 0,
            Truth.Unknown => 1,
            _ => 2,
        },
        Criterion.ByNumber number => path.Number(number.Characteristic, family) is { } value ? (number.Highest ? -value : value) : double.PositiveInfinity,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private List<PathState> BySatisfaction(List<PathState> paths, Predicate predicate, PathFindings? findings)
    {
        var satisfying = paths.Where(path => claims.Evaluate(predicate, path, family, findings?.Of(path)) == Truth.True).ToList();
        return satisfying.Count > 0 ? satisfying : paths;
    }

    private List<PathState> ByNumber(List<PathState> paths, Criterion.ByNumber criterion, int index, bool[] isInUse, PathFindings? findings)
    {
        var best = Best(paths, criterion, family);
        if (best is null)
        {
            facts?.Add(new(criterion, RankingFact.Bits(paths), null, 0));
            foreach (var path in paths)
            {
                findings?.Of(path).Add(new(null, criterion.Characteristic, Truth.Unknown, null));
            }
            return paths;
        }
        var tolerance = Tolerance(criterion, best, family);
        var stay = new List<PathState>();
        var stayBits = 0ul;
        foreach (var path in paths)
        {
            var within = IsWithin(path, criterion, best, tolerance, family);
            stayBits |= within ? 1ul << path.Index : 0;
            within = within
                || (criterion.For is { } wait && isInUse[path.Index] && timers.HasHeld($"{key()} {family} beaten {index} {path.Id}", Truth.True, wait) != Truth.True);
            findings?.Of(path).Add(new(null, criterion.Characteristic, Kleene.Of(within), path.Look(criterion.Characteristic, family)));
            if (within)
            {
                stay.Add(path);
            }
        }
        facts?.Add(new(criterion, RankingFact.Bits(paths), best.Index, stayBits));
        return stay;
    }

    /// <summary>The path that is the best by the number, of equal ones the first; null where it is known of none.</summary>
    public static PathState? Best(List<PathState> paths, Criterion.ByNumber criterion, IpFamily family)
    {
        PathState? best = null;
        var bestValue = 0.0;
        foreach (var path in paths)
        {
            if (path.Number(criterion.Characteristic, family) is { } value && (best is null || (criterion.Highest ? value > bestValue : value < bestValue)))
            {
                (best, bestValue) = (path, value);
            }
        }
        return best;
    }

    /// <summary>Whether a path is no worse than the best by more than <paramref name="tolerance"/>; one of which the number is unknown is worse.</summary>
    public static bool IsWithin(PathState path, Criterion.ByNumber criterion, PathState best, double tolerance, IpFamily family) =>
        // Infinite minus infinite is no distance: equal values are always within.
        path.Number(criterion.Characteristic, family) is { } value && best.Number(criterion.Characteristic, family) is { } bestValue
            && (value == bestValue || (criterion.Highest ? bestValue - value : value - bestValue) <= tolerance);

    /// <summary>By how much a path may be worse than the best and still stay.</summary>
    public static double Tolerance(Criterion.ByNumber criterion, PathState best, IpFamily family)
    {
        var measured = best.Look(criterion.Characteristic, family)!;
        var value = measured.Value.Number;
        if (double.IsInfinity(value))
        {
            return 0;
        }
        if (criterion.Within is not { } within)
        {
            return Math.Max(Math.Abs(value) * DefaultTolerance, measured.StandardError ?? 0);
        }
        var isShare = Characteristic.TryFind(criterion.Characteristic, out var known) && known.Dimension == Dimension.Ratio;
        return within.Dimension == Dimension.Ratio && !isShare ? Math.Abs(value) * within.ToDouble() : within.ToDouble();
    }
}
