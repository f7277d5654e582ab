using Waymark.ConditionDecision;

namespace Waymark.PathDecision;

/// <summary>A class as it was last decided in one region, and what would have it decided anew.</summary>
/// <param name="Resolved">What became of it; null where there is no number for it.</param>
/// <param name="Waiting">What it owes to time.</param>
/// <param name="Facts">Indexes of the facts that it rests on, in <see cref="RankingFacts"/>.</param>
/// <param name="IsByValue">Whether any change of a number that it weighs paths by may change it.</param>
/// <param name="IsSettled">Whether it chose what was in use already: then it chooses the same again as long as nothing changes.</param>
internal sealed record ClassEntry(ResolvedClass? Resolved, Waiting Waiting, int[] Facts, bool IsByValue, bool IsSettled)
{
    /// <summary>Of a class that there is no number for.</summary>
    public static ClassEntry Numberless { get; } = new(null, default, [], IsByValue: false, IsSettled: true);
}
