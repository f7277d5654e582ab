using Waymark.ConditionDecision;
using Waymark.Flows;
using Waymark.Policies;

namespace Waymark.PathDecision;

/// <summary>
/// Something that a ranking found and that a class was decided by. While all facts of a class are true, no measurement that its criteria speak of can give it other paths, however much
/// the values change. Sets of paths are bits by index.
/// </summary>
internal abstract record RankingFact
{
    private RankingFact()
    {
    }

    /// <summary>Of these paths one is the best by a number, and these are within its tolerance.</summary>
    /// <param name="Criterion">By what.</param>
    /// <param name="Among">The paths.</param>
    /// <param name="Best">Index of the best; null: the number is known of none of them.</param>
    /// <param name="Within">Those that stay beside it, itself included.</param>
    public sealed record Step(Criterion.ByNumber Criterion, ulong Among, int? Best, ulong Within) : RankingFact;

    /// <summary>Of these paths one comes first in the order of all criteria.</summary>
    /// <param name="Criteria">The preference.</param>
    /// <param name="Family">Whose metric decides where the criteria do not.</param>
    /// <param name="Among">The paths.</param>
    /// <param name="Path">Index of the first.</param>
    public sealed record First(EquatableArray<Criterion> Criteria, IpFamily Family, ulong Among, int Path) : RankingFact;

    /// <summary>Whether it speaks of a value that has changed.</summary>
    /// <param name="changed">By characteristic: the paths of which it has.</param>
    public bool Concerns(Dictionary<string, ulong> changed) => this switch
    {
        Step step => (changed.GetValueOrDefault(step.Criterion.Characteristic) & step.Among) != 0,
        First first => first.Criteria.Any(one => one is Criterion.ByNumber number && (changed.GetValueOrDefault(number.Characteristic) & first.Among) != 0),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Whether it is still true.</summary>
    public bool Holds(ClaimEvaluation claims, HoldTimers timers)
    {
        switch (this)
        {
            case Step step:
                // The family matters to no number.
                var paths = Paths(step.Among, claims);
                var best = Ranking.Best(paths, step.Criterion, IpFamily.V4);
                if (best is null || best.Index != step.Best)
                {
                    return best?.Index == step.Best;
                }
                var tolerance = Ranking.Tolerance(step.Criterion, best, IpFamily.V4);
                return paths.TrueForAll(path => Ranking.IsWithin(path, step.Criterion, best, tolerance, IpFamily.V4) == (((step.Within >> path.Index) & 1) > 0));
            case First first:
                var ranking = new Ranking(claims, timers, first.Family, static () => "", facts: null);
                return ranking.Order(Paths(first.Among, claims), first.Criteria)[0].Index == first.Path;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Paths as bits.</summary>
    public static ulong Bits(List<PathState> paths)
    {
        var bits = 0ul;
        foreach (var path in paths)
        {
            bits |= 1ul << path.Index;
        }
        return bits;
    }

    private static List<PathState> Paths(ulong bits, ClaimEvaluation claims)
    {
        var paths = new List<PathState>();
        for (; bits != 0; bits &= bits - 1)
        {
            paths.Add(claims.Paths[System.Numerics.BitOperations.TrailingZeroCount(bits)]);
        }
        return paths;
    }
}
