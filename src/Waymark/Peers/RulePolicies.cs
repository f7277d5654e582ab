using System.Globalization;
using Waymark.Flows;
using Waymark.Nodes;
using Waymark.Policies;

namespace Waymark.Peers;

/// <summary>
/// A peer's rule as a policy set of this node, which the engine decides like every other. A filter rule that names shared paths is a wish for the paths that bear these numbers here, in their order: the
/// loss of one is then met by the backup in the kernel, and <c>explain</c> tells of it as of any policy.
/// </summary>
public static class RulePolicies
{
    /// <summary>The set; or why there is none, one sentence.</summary>
    /// <param name="rule">The rule, which its peer may ask for.</param>
    /// <param name="peer">Whose it is.</param>
    /// <param name="node">What this node calls its paths.</param>
    public static (PolicySet? Set, string? Fault) Of(PeerRule rule, PeerDeclaration peer, NodeFile node)
    {
        switch (rule.Wish)
        {
            case PeerWish.Own(var action, var fallbacks):
                return (Set(rule, [Policy(rule, rule.Flows, action, fallbacks)]), null);
            case PeerWish.Shared(var v4, var v6):
            {
                var names = node.Paths.Where(path => path.Peer == peer.Name && path.Shared is not null && !path.IsIgnored).ToDictionary(path => path.Shared!.Value, path => path.Name);
                if (v4.Paths.Concat(v6.Paths).ToList() is { Count: > 0 } wanted && !wanted.Any(names.ContainsKey))
                {
                    return (null, string.Create(CultureInfo.InvariantCulture, $"no path that is shared with '{peer.Name}' has the number {wanted[0]} here: 'shared' in both node files"));
                }
                return v4 == v6
                    ? (Set(rule, [Policy(rule, rule.Flows, v4, names)]), null)
                    : (Set(rule, [Policy(rule, Only(rule.Flows, IpFamily.V4), v4, names), Policy(rule, Only(rule.Flows, IpFamily.V6), v6, names)]), null);
            }
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    // A rule of the language carries the place among all that the peer asked for, set by set.
    private static PolicySet Set(PeerRule rule, EquatableArray<Policy> policies) => new()
    {
        Definitions = rule.Definitions,
        Statements = [new PolicyRule { Name = rule.Name, Priority = rule.Precedence, Condition = new Condition.Always(), Then = policies.Select(one => (Statement)one).ToEquatableArray() }],
    };

    private static Policy Policy(PeerRule rule, EquatableArray<Flow> flows, SharedChoice choice, Dictionary<int, string> names)
    {
        EquatableArray<Predicate> named = choice.Paths.Where(names.ContainsKey).Select(number => (Predicate)new Predicate.Label("name", Equal: true, names[number])).ToEquatableArray();
        return Policy(rule, flows,
            named.IsEmpty ? choice.IsStrict ? new PolicyAction.Drop() : new PolicyAction.Default() : new PolicyAction.Wish
            {
                Require = named.Count == 1 ? named : [new Predicate.Or(named)],
                Prefer = named.Count == 1 || choice.Spread is not null ? [] : named.Select(one => (Criterion)new Criterion.ByPredicate(one)).ToEquatableArray(),
                Balance = choice.Spread is { } per && named.Count > 1 ? new(null, per) : null,
            },
            !named.IsEmpty && choice.IsStrict ? [new PolicyAction.Drop()] : []);
    }

    private static Policy Policy(PeerRule rule, EquatableArray<Flow> flows, PolicyAction action, EquatableArray<PolicyAction> fallbacks) =>
        new() { Name = rule.Name, Flows = flows, Action = action, Else = fallbacks, Established = rule.Established };

    /// <summary>The flows of one family; a named flow has its families already, and is narrowed by what it shall not be.</summary>
    private static EquatableArray<Flow> Only(EquatableArray<Flow> flows, IpFamily family) => flows.Where(flow => flow.Family is null || flow.Family == family).Select(flow => flow.Named is null
        ? flow with { Family = family }
        : flow with { Extras = flow.Extras.Append(new FlowExtra.Not([new Flow { Family = family == IpFamily.V4 ? IpFamily.V6 : IpFamily.V4 }])).ToEquatableArray() }).ToEquatableArray();
}
