
namespace Waymark.ConditionDecision;

/// <summary>
/// The first step of module C (paper 5.2): merges the sets of several requesters into one order of precedence. Pure; refuses nothing: what cannot be
/// met shows in the decision.
/// </summary>
public static class PolicyMerge
{
}
