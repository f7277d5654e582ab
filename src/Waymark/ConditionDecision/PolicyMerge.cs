using System.Globalization;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.ConditionDecision;

/// <summary>
/// The first step of module C (paper 5.2): merges the sets of several requesters into one order of precedence. Pure; refuses nothing: what cannot be
/// met shows in the decision.
/// </summary>
public static class PolicyMerge
{
    /// <summary>
    /// Merges <paramref name="sets"/>, given in any order. A rule inside a rule has the inner priority, where one was given, else the outer one.
    /// Two sets of one requester with the same name throw <see cref="ArgumentException"/>.
    /// </summary>
    public static MergedPolicies Merge(IEnumerable<AcceptedPolicySet> sets, NodeNames names)
    {
        var ordered = sets
            .OrderBy(set => set.Requester.Rank)
            .ThenBy(set => set.Requester.Name, StringComparer.Ordinal)
            .ThenBy(set => set.Name, StringComparer.Ordinal)
            .ToEquatableArray();
        if (ordered.Select(set => (set.Requester.Name, set.Name)).Distinct().Count() != ordered.Count)
        {
            throw new ArgumentException("Two sets of one requester have the same name.", nameof(sets));
        }

        var found = new List<Placed>();
        var blocks = new Dictionary<(int, Guard), int>();
        foreach (var set in ordered)
        {
            new SetWalk(set, names, found, blocks).Add(set.Set.Statements, rule: null, priority: null, guards: [], block: 0);
        }
        // OrderBy is stable: sets of one rank and requester stay in order of name, policies in order of text.
        var policies = found
            .OrderBy(one => one.Requester.Rank)
            .ThenBy(one => one.Requester.Name, StringComparer.Ordinal)
            .ThenBy(one => one.Priority ?? long.MaxValue);

        var classes = new Dictionary<string, int>(StringComparer.Ordinal);
        var distinct = new List<PolicyClass>();
        var seen = new HashSet<(FlowSelector, int Block, int Class, Target)>();
        var keys = new Dictionary<ClassParts, int>();
        var merged = new List<MergedPolicy>(found.Count);
        foreach (var one in policies)
        {
            var parts = new ClassParts(one.Policy.Action, one.Policy.Else, one.Policy.EffectiveEstablished, one.EndsAt);
            if (!keys.TryGetValue(parts, out var number))
            {
                var key = Key(parts);
                if (!classes.TryGetValue(key, out number))
                {
                    number = distinct.Count;
                    classes.Add(key, number);
                    distinct.Add(new(key, parts.Action, parts.Else, parts.Established, parts.EndsAt));
                }
                keys.Add(parts, number);
            }
            var duplicate = one.Flows.Problems.IsEmpty && !seen.Add((one.Flows.Selector, one.Block, number, one.Policy.Target));
            merged.Add(new(one.Policy, one.Origin, one.Flows, one.Guards, one.EndsAt, number, duplicate));
        }
        return new(ordered, names, merged.ToEquatableArray(), distinct.ToEquatableArray());
    }

    private static string Key(ClassParts parts)
    {
        var text = PolicyPrinter.Print(parts.Action) + string.Concat(parts.Else.Select(one => " else " + PolicyPrinter.Print(one)));
        text += $" established {parts.Established}";
        return parts.EndsAt is { } end ? text + " until " + end.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) : text;
    }

    private readonly record struct ClassParts(PolicyAction Action, EquatableArray<PolicyAction> Else, Established Established, DateTimeOffset? EndsAt);

    private readonly record struct Placed(
        Requester Requester, int? Priority, Policy Policy, PolicyOrigin Origin, ResolvedFlows Flows, EquatableArray<Guard> Guards, int Block, DateTimeOffset? EndsAt);

    /// <summary>One set's statements in order of text.</summary>
    private sealed class SetWalk(AcceptedPolicySet set, NodeNames names, List<Placed> found, Dictionary<(int Outer, Guard Guard), int> blocks)
    {
        private readonly FlowResolution flows = new(set.Set.Definitions, names);
        private readonly Dictionary<Policy, DateTimeOffset> firstAccepted = FirstAccepted(set);
        private int index;

        public void Add(EquatableArray<Statement> statements, string? rule, int? priority, EquatableArray<Guard> guards, int block)
        {
            foreach (var statement in statements)
            {
                switch (statement)
                {
                    case Policy policy:
                        var origin = new PolicyOrigin(set.Requester.Name, set.Name, rule, policy.Name, ++index) { Place = policy.Place };
                        found.Add(new(set.Requester, priority, policy, origin, flows.Resolve(policy.Flows), guards, block, EndsAt(policy)));
                        break;
                    case PolicyRule inner:
                        var innerPriority = inner.Priority ?? priority;
                        Inside(inner.Then, new(inner.Condition, true));
                        Inside(inner.Otherwise, new(inner.Condition, false));

                        void Inside(EquatableArray<Statement> statements, Guard guard) =>
                            Add(statements, inner.Name ?? rule, innerPriority, [.. guards, guard], Block(block, guard));
                        break;
                    default:
                        throw new System.Diagnostics.UnreachableException();
                }
            }
        }

        /// <summary>A number for the guards around a block, equal exactly where they are, so that each condition is compared once and not with each policy. 0: none.</summary>
        private int Block(int outer, Guard guard)
        {
            if (!blocks.TryGetValue((outer, guard), out var number))
            {
                blocks.Add((outer, guard), number = blocks.Count + 1);
            }
            return number;
        }

        private DateTimeOffset? EndsAt(Policy policy) =>
            policy.Lifetime is { } lifetime ? firstAccepted.GetValueOrDefault(policy, set.AcceptedAt) + lifetime : null;

        private static Dictionary<Policy, DateTimeOffset> FirstAccepted(AcceptedPolicySet set)
        {
            var map = new Dictionary<Policy, DateTimeOffset>();
            foreach (var (policy, at) in set.FirstAccepted)
            {
                map.TryAdd(policy, at);
            }
            return map;
        }
    }
}
