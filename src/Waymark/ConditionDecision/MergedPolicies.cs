using Waymark.PathDecision;
using Waymark.Policies;

namespace Waymark.ConditionDecision;

/// <summary>
/// The policy sets of all requesters in one order (language, Meaning 1): by the requester's rank, rule priority, order in the text. Made by
/// <see cref="PolicyMerge"/> once when a set or a name of the node changed, so that a change of measurements does not pay for it.
/// </summary>
/// <param name="Sets">What was merged, in order of requester rank, requester name, set name.</param>
/// <param name="Names">By which its flows were resolved.</param>
/// <param name="Policies">Every policy once, in order of precedence.</param>
/// <param name="Classes">The distinct wishes of the policies, in order of first use.</param>
public sealed record MergedPolicies(
    EquatableArray<AcceptedPolicySet> Sets, NodeNames Names, EquatableArray<MergedPolicy> Policies, EquatableArray<PolicyClass> Classes)
{
    /// <summary>Nobody asks for anything.</summary>
    public static MergedPolicies Empty { get; } = new([], NodeNames.None, [], []);

    /// <summary>The indexes of the policies that are enforced elsewhere, ascending.</summary>
    internal EquatableArray<int> AtPeers { get; init; } = [];

    /// <summary>The sets as they were resolved, in the same order; for the next merge.</summary>
    internal EquatableArray<ResolvedSet> Resolved { get; init; } = [];
}

/// <summary>What policies that are decided alike have in common (design: flow class).</summary>
/// <param name="Key">A canonical text of the rest: equal exactly where the rest is.</param>
/// <param name="Action">What is wanted.</param>
/// <param name="Else">The fallbacks, in order.</param>
/// <param name="Established">What becomes of established flows.</param>
/// <param name="EndsAt">When the lifetime ends; null: never.</param>
public sealed record PolicyClass(
    string Key, PolicyAction Action, EquatableArray<PolicyAction> Else, Established Established, DateTimeOffset? EndsAt)
{
    /// <summary>Whether flows that came in are answered by the path that it chooses, not by the one that they came in on: the other end asks for it.</summary>
    public bool SteersAnswers { get; init; }

    /// <summary>Whether its flows may leave over no path that does not satisfy it, not with one packet: its last word is <c>drop</c>.</summary>
    public bool IsStrict => (Else.IsEmpty ? Action : Else[Else.Count - 1]) is PolicyAction.Drop;
}
