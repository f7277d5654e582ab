using System.Diagnostics;

namespace Waymark.Policies;

/// <summary>
/// How many levels a part of a policy set has inside: one each for a rule, <c>and</c>, <c>or</c>, <c>not</c>, <c>for</c>, the claim of a quantifier, and flows that are left out. Parentheses that
/// only repeat what binds anyhow are none.
/// </summary>
public static class PolicyNesting
{
    /// <summary>Of a statement.</summary>
    public static int Of(Statement statement) => statement switch
    {
        Policy policy => Math.Max(Of(policy.Flows), Math.Max(Of(policy.Action), Most(policy.Else, Of))),
        PolicyRule rule => 1 + Math.Max(Of(rule.Condition), Math.Max(Most(rule.Then, Of), Most(rule.Otherwise, Of))),
        _ => throw new UnreachableException(),
    };

    /// <summary>Of flows.</summary>
    public static int Of(EquatableArray<Flow> flows) => Most(flows, flow => Most(flow.Extras, extra => extra is FlowExtra.Not(var inner) ? 1 + Of(inner) : 0));

    /// <summary>Of a condition.</summary>
    public static int Of(Condition condition) => condition switch
    {
        Condition.Always or Condition.Time or Condition.Day or Condition.PeerConnected => 0,
        Condition.And(var operands) => 1 + Most(operands, Of),
        Condition.Or(var operands) => 1 + Most(operands, Of),
        Condition.Not(var operand) => 1 + Of(operand),
        Condition.For(var operand, _) => 1 + Of(operand),
        Condition.Quantified(_, var predicate) => predicate is null ? 0 : 1 + Of(predicate),
        Condition.Count(var predicate, _, _) => predicate is null ? 0 : 1 + Of(predicate),
        Condition.NamedPath(_, var predicate) => 1 + Of(predicate),
        _ => throw new UnreachableException(),
    };

    /// <summary>Of a claim about a path.</summary>
    public static int Of(Predicate predicate) => predicate switch
    {
        Predicate.And(var operands) => 1 + Most(operands, Of),
        Predicate.Or(var operands) => 1 + Most(operands, Of),
        Predicate.Not(var operand) => 1 + Of(operand),
        Predicate.For(var operand, _) => 1 + Of(operand),
        Predicate.Compare or Predicate.Is or Predicate.Flag or Predicate.Label => 0,
        _ => throw new UnreachableException(),
    };

    private static int Of(PolicyAction action) => action is PolicyAction.Wish wish
        ? Math.Max(Most(wish.Require, Of), Most(wish.Prefer, criterion => criterion is Criterion.ByPredicate(var predicate) ? Of(predicate) : 0))
        : 0;

    private static int Most<T>(EquatableArray<T> all, Func<T, int> nesting)
    {
        var most = 0;
        foreach (var one in all)
        {
            most = Math.Max(most, nesting(one));
        }
        return most;
    }
}
