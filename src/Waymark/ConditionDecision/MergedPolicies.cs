using Waymark.Policies;

namespace Waymark.ConditionDecision;

/// <summary>
/// The policy sets of all requesters in one order (language, Meaning 1): by the requester's rank, rule priority, order in the text. Made by
/// <see cref="PolicyMerge"/> once when a set changes, so that a change of measurements does not pay for it.
/// </summary>
/// <param name="Sets">What was merged, in order of requester rank, requester name, set name.</param>
/// <param name="Policies">Every policy once, in order of precedence.</param>
public sealed record MergedPolicies(EquatableArray<AcceptedPolicySet> Sets, EquatableArray<MergedPolicy> Policies)
{
    /// <summary>Nobody asks for anything.</summary>
    public static MergedPolicies Empty { get; } = new([], []);
}
