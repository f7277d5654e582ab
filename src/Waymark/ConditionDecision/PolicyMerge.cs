using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Policies;

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
    /// <param name="sets">The sets.</param>
    /// <param name="names">By which their flows are resolved.</param>
    /// <param name="last">An earlier merge: sets that were in it, by the same names, are not resolved again. Null gives the same, later.</param>
    public static MergedPolicies Merge(IEnumerable<AcceptedPolicySet> sets, NodeNames names, MergedPolicies? last = null)
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
        var before = last is not null && last.Names == names ? last.Resolved : [];
        var known = before.ToDictionary(one => (one.Set.Requester, one.Set.Name));
        var resolved = ordered.Select(set => known.GetValueOrDefault((set.Requester, set.Name)) is { } same && IsSame(same.Set, set) ? same : new ResolvedSet(set, names)).ToEquatableArray();

        var merge = new Merging();
        foreach (var requester in resolved.GroupBy(one => one.Set.Requester))
        {
            merge.Add([.. requester]);
        }
        return new(ordered, names, merge.Policies.ToEquatableArray(), merge.Classes.ToEquatableArray()) 
        {
            AtPeers = merge.AtPeers.ToEquatableArray(),
            Resolved = resolved,
        };
    }

    // The same text is the same object, which spares comparing all policies of both.
    private static bool IsSame(AcceptedPolicySet a, AcceptedPolicySet b) => ReferenceEquals(a.Set, b.Set) && a.AcceptedAt == b.AcceptedAt && a.FirstAccepted == b.FirstAccepted;

    private sealed class Merging
    {
        private readonly Dictionary<(int Outer, Guard Guard), int> blocks = [];
        private readonly Dictionary<string, int> classes = new(StringComparer.Ordinal);
        private readonly HashSet<Wanted> seen = [];

        /// <summary>In order of precedence.</summary>
        public List<MergedPolicy> Policies { get; } = [];

        /// <summary>Indexes of those that are enforced elsewhere.</summary>
        public List<int> AtPeers { get; } = [];

        /// <summary>In order of first use.</summary>
        public List<PolicyClass> Classes { get; } = [];

        /// <summary>Adds all sets of one requester.</summary>
        public void Add(ResolvedSet[] sets)
        {
            if (sets.Length == 1)
            {
                var own = new Numbering(sets[0], this);
                Array.ForEach(sets[0].Policies, own.Add);
                return;
            }
            // OrderBy is stable: policies of one priority stay in order of set and text.
            var all = sets.Select(set => new Numbering(set, this)).SelectMany(set => set.Set.Policies.Select(policy => (Numbering: set, Policy: policy)));
            foreach (var (numbering, policy) in all.OrderBy(one => one.Policy.Priority ?? long.MaxValue))
            {
                numbering.Add(policy);
            }
        }

        /// <summary>What the numbers of one set are among all.</summary>
        private sealed class Numbering
        {
            private readonly Merging merging;
            private readonly int[] blocks;
            private readonly int?[] classes;

            public Numbering(ResolvedSet set, Merging merging)
            {
                (Set, this.merging) = (set, merging);
                classes = new int?[set.Classes.Length];
                blocks = new int[set.Blocks.Length + 1];
                for (var i = 0; i < set.Blocks.Length; i++)
                {
                    var (outer, guard) = set.Blocks[i];
                    if (!merging.blocks.TryGetValue((blocks[outer], guard), out var number))
                    {
                        merging.blocks.Add((blocks[outer], guard), number = merging.blocks.Count + 1);
                    }
                    blocks[i + 1] = number;
                }
            }

            public ResolvedSet Set { get; }

            public void Add(PlacedPolicy placed)
            {
                var policy = placed.Policy;
                var number = classes[policy.Class] ??= Class(Set.Classes[policy.Class]);
                var isDuplicate = policy.Flows.Problems.IsEmpty && !merging.seen.Add(new(placed.Hash, blocks[placed.Block], number, policy.Flows.Selector, policy.Policy.Target));
                if (policy.Policy.Target is not Target.Local)
                {
                    merging.AtPeers.Add(merging.Policies.Count);
                }
                merging.Policies.Add(number == policy.Class && !isDuplicate ? policy : policy with { Class = number, IsDuplicate = isDuplicate });
            }

            private int Class(PolicyClass one)
            {
                if (!merging.classes.TryGetValue(one.Key, out var number))
                {
                    merging.classes.Add(one.Key, number = merging.Classes.Count);
                    merging.Classes.Add(one);
                }
                return number;
            }
        }
    }

    /// <summary>What makes a policy a duplicate.</summary>
    private readonly record struct Wanted(int Hash, int Block, int Class, FlowSelector Selector, Target Target)
    {
        public override int GetHashCode() => HashCode.Combine(Hash, Block, Class);
    }
}
