using Waymark.Flows;
using Waymark.Policies;

namespace Waymark.ConditionDecision;

/// <summary>One policy with all that decides whether it is elected.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Origin">Whose it is.</param>
/// <param name="Flows">What its flows mean on this node.</param>
/// <param name="Guards">The conditions of the rules around it, outermost first; all have to hold. Empty: always elected.</param>
/// <param name="EndsAt">When its lifetime ends; null: never.</param>
/// <param name="Class">Index in <see cref="MergedPolicies.Classes"/>.</param>
/// <param name="IsDuplicate">Whether an earlier policy with the same guards says the same of the same flows.</param>
public sealed record MergedPolicy(
    Policy Policy, PolicyOrigin Origin, ResolvedFlows Flows, EquatableArray<Guard> Guards, DateTimeOffset? EndsAt, int Class, bool IsDuplicate);

/// <summary>One rule's say in the election of a policy inside it.</summary>
/// <param name="Condition">The rule's condition.</param>
/// <param name="Holds">True inside <c>when</c>; false inside <c>otherwise</c>. Unknown elects neither.</param>
public sealed record Guard(Condition Condition, bool Holds);
