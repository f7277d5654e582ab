using System.Numerics;
using Waymark.ConditionDecision;
using Waymark.Flows;
using Waymark.Policies;

namespace Waymark.PathDecision;

/// <summary>
/// Something that a ranking found and that a class was decided by: of some paths one is the best by a number, and some are within its tolerance. While all facts of a settled class are true, no value that its
/// criteria speak of can give it other paths, however much they change: the order among those that stay counts once only, for the first of them is in use from then on and is kept. Sets of paths are bits by index.
/// </summary>
/// <param name="Criterion">By what.</param>
/// <param name="Among">The paths.</param>
/// <param name="Best">Index of the best; null: the number is known of none of them.</param>
/// <param name="Within">Those that are within its tolerance, itself included.</param>
internal sealed record RankingFact(Criterion.ByNumber Criterion, ulong Among, int? Best, ulong Within)
{
    /// <summary>Whether it speaks of a value that has changed.</summary>
    /// <param name="changed">By characteristic: the paths of which it has.</param>
    public bool Concerns(Dictionary<string, ulong> changed) => (changed.GetValueOrDefault(Criterion.Characteristic) & Among) != 0;

    /// <summary>Whether it is still true.</summary>
    public bool Holds(IReadOnlyList<PathState> all)
    {
        var paths = new List<PathState>();
        for (var bits = Among; bits != 0; bits &= bits - 1)
        {
            paths.Add(all[BitOperations.TrailingZeroCount(bits)]);
        }
        // The family matters to no number.
        var best = Ranking.Best(paths, Criterion, IpFamily.V4);
        if (best is null || best.Index != Best)
        {
            return best?.Index == Best;
        }
        var tolerance = Ranking.Tolerance(Criterion, best, IpFamily.V4);
        return paths.TrueForAll(path => Ranking.IsWithin(path, Criterion, best, tolerance, IpFamily.V4) == (((Within >> path.Index) & 1) > 0));
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
}
