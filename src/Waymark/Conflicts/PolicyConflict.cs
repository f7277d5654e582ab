using Waymark.ConditionDecision;
using Waymark.Flows;

namespace Waymark.Conflicts;

/// <summary>What is wrong, or worth knowing, of one policy.</summary>
/// <param name="Kind">What.</param>
/// <param name="Policy">The policy that gives way.</param>
/// <param name="Winner">The one that goes first; null where it is wrong by itself. Of several the first in order of precedence, but one of exactly the same flows before others.</param>
/// <param name="Others">How many more there are like <paramref name="Winner"/>.</param>
public sealed record PolicyConflict(ConflictKind Kind, MergedPolicy Policy, MergedPolicy? Winner, int Others)
{
    /// <summary>Whether two that stand beside each other speak of exactly the same flows; false where one covers the other.</summary>
    public bool HasSameFlows { get; init; }

    /// <summary>The flows that both speak of; those of the policy where it is wrong by itself.</summary>
    public FlowSelector Shared => Winner is null ? Policy.Flows.Selector : Policy.Flows.Selector.Intersect(Winner.Flows.Selector);
}

/// <summary>What was found.</summary>
/// <param name="Conflicts">Worst first, then in order of precedence of the policy.</param>
/// <param name="IsWhole">Whether every policy was compared with every other; else there were too many, and what is told is true but not all.</param>
public sealed record ConflictReport(EquatableArray<PolicyConflict> Conflicts, bool IsWhole);
