using Waymark.ConditionDecision;
using Waymark.PathDecision;
using Waymark.Policies;

namespace Waymark.Daemon.Api;

/// <summary>A policy that would come, go, or stand otherwise.</summary>
/// <param name="Origin">Where it stands; where it stood, if it would be gone.</param>
/// <param name="Policy">The policy.</param>
/// <param name="Before">How it stands now; null: it would be new.</param>
/// <param name="After">How it would stand; null: it would be gone.</param>
internal sealed record PlannedChange(PolicyOrigin Origin, Policy Policy, Standing? Before, Standing? After);

/// <summary>What a change of sets does to policies. A policy is the same by what it says, wherever in its set it stands: a line put in front of others changes none of them.</summary>
internal static class PlannedChanges
{
    /// <summary>The changes in order of precedence, those that would be gone last.</summary>
    /// <param name="now">Each policy with how it stands, in order of precedence.</param>
    /// <param name="then">The same after the change.</param>
    public static IEnumerable<PlannedChange> Between(
        IEnumerable<(PolicyStanding Standing, MergedPolicy Policy)> now, IEnumerable<(PolicyStanding Standing, MergedPolicy Policy)> then)
    {
        // The n-th of several that say the same is the n-th of them afterwards.
        var old = new Dictionary<(string Requester, string Set, Policy Policy), Queue<PolicyStanding>>();
        foreach (var (standing, policy) in now)
        {
            var key = (standing.Origin.Requester, standing.Origin.Set, policy.Policy);
            if (!old.TryGetValue(key, out var same))
            {
                old[key] = same = [];
            }
            same.Enqueue(standing);
        }
        foreach (var (standing, policy) in then)
        {
            var was = old.TryGetValue((standing.Origin.Requester, standing.Origin.Set, policy.Policy), out var same) && same.TryDequeue(out var before) ? before.Standing : (Standing?)null;
            if (was != standing.Standing)
            {
                yield return new(standing.Origin, policy.Policy, was, standing.Standing);
            }
        }
        foreach (var (key, gone) in old)
        {
            foreach (var standing in gone)
            {
                yield return new(standing.Origin, key.Policy, standing.Standing, null);
            }
        }
    }
}
