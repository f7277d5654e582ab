using System.Globalization;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.ConditionDecision;

/// <summary>
/// A policy set with what its flows mean on this node and which of its policies wish the same, before it stands beside other sets: the same as long as the set and the names are, so that another set's change
/// costs it nothing. Equal where the sets are.
/// </summary>
internal sealed class ResolvedSet : IEquatable<ResolvedSet>
{
    /// <summary>Walks through a set.</summary>
    public ResolvedSet(AcceptedPolicySet set, NodeNames names)
    {
        Set = set;
        var walk = new Walk(set, names);
        walk.Add(set.Set.Statements, rule: null, priority: null, guards: [], block: 0);
        // OrderBy is stable: policies of one priority stay in order of text.
        Policies = walk.Found.Exists(one => one.Priority is not null) ? [.. walk.Found.OrderBy(one => one.Priority ?? long.MaxValue)] : [.. walk.Found];
        (Blocks, Classes) = ([.. walk.Blocks], [.. walk.Classes]);
    }

    /// <summary>The set.</summary>
    public AcceptedPolicySet Set { get; }

    /// <summary>Its policies by priority, then in order of text; their classes are indexes in <see cref="Classes"/>, and none is a duplicate yet.</summary>
    public PlacedPolicy[] Policies { get; }

    /// <summary>The blocks of guards, numbered from 1: the number of the block around each, 0 where there is none, and its own guard.</summary>
    public (int Outer, Guard Guard)[] Blocks { get; }

    /// <summary>The distinct wishes.</summary>
    public PolicyClass[] Classes { get; }

    /// <inheritdoc/>
    public bool Equals(ResolvedSet? other) => other is not null && Set == other.Set;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ResolvedSet);

    /// <inheritdoc/>
    public override int GetHashCode() => Set.Name.GetHashCode(StringComparison.Ordinal);

    /// <summary>One walk through the statements, in order of text.</summary>
    private sealed class Walk(AcceptedPolicySet set, NodeNames names)
    {
        private readonly FlowResolution flows = new(set.Set.Definitions, names);
        private readonly Dictionary<Policy, DateTimeOffset> firstAccepted = FirstAccepted(set);
        private readonly Dictionary<(int Outer, Guard Guard), int> blockNumbers = [];
        private readonly Dictionary<ClassParts, int> classNumbers = [];
        private readonly Dictionary<string, int> classKeys = new(StringComparer.Ordinal);

        public List<PlacedPolicy> Found { get; } = [];

        public List<(int Outer, Guard Guard)> Blocks { get; } = [];

        public List<PolicyClass> Classes { get; } = [];

        public void Add(EquatableArray<Statement> statements, string? rule, int? priority, EquatableArray<Guard> guards, int block)
        {
            foreach (var statement in statements)
            {
                switch (statement)
                {
                    case Policy policy:
                        Found.Add(Place(policy, rule, priority, guards, block));
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

        private PlacedPolicy Place(Policy policy, string? rule, int? priority, EquatableArray<Guard> guards, int block)
        {
            var origin = new PolicyOrigin(set.Requester.Name, set.Name, rule, policy.Name, Found.Count + 1) { Place = policy.Place };
            var endsAt = policy.Lifetime is { } lifetime ? firstAccepted.GetValueOrDefault(policy, set.AcceptedAt) + lifetime : (DateTimeOffset?)null;
            var merged = new MergedPolicy(policy, origin, flows.Resolve(policy.Flows), guards, endsAt, Class(new(policy.Action, policy.Else, policy.EffectiveEstablished, endsAt)), IsDuplicate: false);
            return new(priority, block, merged, HashCode.Combine(merged.Flows.Selector, policy.Target));
        }

        /// <summary>A number for the guards around a block, equal exactly where they are, so that each condition is compared once and not with each policy. 0: none.</summary>
        private int Block(int outer, Guard guard)
        {
            if (!blockNumbers.TryGetValue((outer, guard), out var number))
            {
                Blocks.Add((outer, guard));
                blockNumbers.Add((outer, guard), number = Blocks.Count);
            }
            return number;
        }

        private int Class(ClassParts parts)
        {
            if (!classNumbers.TryGetValue(parts, out var number))
            {
                var key = Key(parts);
                if (!classKeys.TryGetValue(key, out number))
                {
                    number = Classes.Count;
                    classKeys.Add(key, number);
                    Classes.Add(new(key, parts.Action, parts.Else, parts.Established, parts.EndsAt) { SteersAnswers = set.Requester.IsPeer });
                }
                classNumbers.Add(parts, number);
            }
            return number;
        }

        private string Key(ClassParts parts)
        {
            var text = PolicyPrinter.Print(parts.Action) + string.Concat(parts.Else.Select(one => " else " + PolicyPrinter.Print(one)));
            text += $" established {parts.Established}{(set.Requester.IsPeer ? " of a peer" : "")}";
            return parts.EndsAt is { } end ? text + " until " + end.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) : text;
        }

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

    private readonly record struct ClassParts(PolicyAction Action, EquatableArray<PolicyAction> Else, Established Established, DateTimeOffset? EndsAt);
}

/// <summary>A policy where it stands in its set.</summary>
/// <param name="Priority">That of the rules around it, the innermost that has one; null: none has.</param>
/// <param name="Block">The number of the block of guards around it; 0: none.</param>
/// <param name="Policy">The policy.</param>
/// <param name="Hash">Of its flows and target, which takes a while for many addresses.</param>
internal readonly record struct PlacedPolicy(int? Priority, int Block, MergedPolicy Policy, int Hash);
