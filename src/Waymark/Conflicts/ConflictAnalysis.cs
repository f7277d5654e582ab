using Waymark.ConditionDecision;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Conflicts;

/// <summary>
/// Which policies contradict, hide or repeat each other, over the sets of all requesters (R3 of the framework). Pure; what conflicts is not refused: the order of precedence settles it, and those
/// whom it concerns are told.
/// </summary>
public sealed class ConflictAnalysis
{
    /// <summary>How many pairs are looked at, all together: some seconds of work.</summary>
    public const long UsualPairs = 1_000_000_000;

    /// <summary>How many times a part of a policy's flows may be held against one of another's, all pairs together.</summary>
    private const long MostComparisons = 20_000_000;

    /// <summary>How many earlier policies are taken from one's flows to see whether anything is left, and into how many parts.</summary>
    private const int MostTogether = 64, MostParts = 500;

    private readonly MergedPolicy[] policies;
    private readonly FlowBounds[] bounds;
    private readonly AddressBlocks peers, locals;
    private readonly int[][] guards;
    private readonly bool[] isDead;
    private readonly bool areSetsForeign;
    private readonly List<PolicyConflict> found = [];
    private long comparisons = MostComparisons;
    private long pairs;

    private ConflictAnalysis(MergedPolicies merged, long pairs, bool areSetsForeign)
    {
        (this.pairs, this.areSetsForeign) = (pairs, areSetsForeign);
        // What is enforced elsewhere, or cannot be resolved, decides nothing here.
        policies = [.. merged.Policies.Where(policy => policy.Policy.Target is Target.Local && policy.Flows.Problems.IsEmpty && !policy.Flows.Selector.IsEmpty)];
        bounds = [.. policies.Select(policy => new FlowBounds(policy.Flows.Selector))];
        (peers, locals) = (new(bounds.Select(one => one.Peer)), new(bounds.Select(one => one.Local)));
        var numbers = new GuardNumbers();
        guards = [.. policies.Select(policy => numbers.Of(policy.Guards))];
        isDead = new bool[policies.Length];
    }

    /// <summary>All conflicts of policies.</summary>
    /// <param name="merged">The policies, in order of precedence.</param>
    /// <param name="pairs">How many pairs of policies are looked at; beyond, the report is not whole.</param>
    /// <param name="areSetsForeign">Whether each set counts as another requester's: for files of one requester that are to be compared.</param>
    public static ConflictReport Of(MergedPolicies merged, long pairs = UsualPairs, bool areSetsForeign = false) => new ConflictAnalysis(merged, pairs, areSetsForeign).Run();

    private ConflictReport Run()
    {
        var isWhole = true;
        for (var later = 0; later < policies.Length; later++)
        {
            if (ByItself(later) is { } kind)
            {
                isDead[later] = kind == ConflictKind.NeverElected;
                found.Add(new(kind, policies[later], null, 0));
            }
            var before = Before(later);
            if (pairs < 0 || comparisons < 0)
            {
                isWhole = false;
                break;
            }
            if (!isDead[later])
            {
                LookBack(later, before);
            }
        }
        return new(found.OrderBy(one => one.Kind).ToEquatableArray(), isWhole && comparisons >= 0);
    }

    private ConflictKind? ByItself(int one) =>
        GuardNumbers.AreExclusive(guards[one], guards[one]) ? ConflictKind.NeverElected
        : policies[one].Policy.Action is PolicyAction.Wish wish && Contradictions.Between(wish.Require) is not null ? ConflictKind.Unsatisfiable
        : null;

    /// <summary>Those that go before a policy and may share packets with it, in order: by whichever of the two addresses leaves fewer to be looked at.</summary>
    private List<int> Before(int later)
    {
        var (byPeer, byLocal) = (peers.Sharing(bounds[later].Peer.Low, bounds[later].Peer.High), locals.Sharing(bounds[later].Local.Low, bounds[later].Local.High));
        var (peerCount, localCount) = (byPeer.Sum(part => part.To - part.From), byLocal.Sum(part => part.To - part.From));
        var before = new List<int>();
        if (later <= Math.Min(peerCount, localCount))
        {
            pairs -= later;
            for (var earlier = 0; earlier < later; earlier++)
            {
                Look(earlier);
            }
            return before;
        }
        var (blocks, parts) = peerCount <= localCount ? (peers, byPeer) : (locals, byLocal);
        pairs -= Math.Min(peerCount, localCount);
        foreach (var part in parts)
        {
            foreach (var one in blocks.Of(part))
            {
                if (one < later)
                {
                    Look(one);
                }
            }
        }
        before.Sort();
        return before;

        void Look(int earlier)
        {
            if (bounds[earlier].MayOverlap(bounds[later]))
            {
                before.Add(earlier);
            }
        }
    }

    /// <summary>Compares a policy with those that go before it.</summary>
    private void LookBack(int later, List<int> all)
    {
        // By kind: the first of them, or the first of the same flows, and how many.
        Span<(int First, int Count, bool HasSameFlows)> partial = stackalloc (int, int, bool)[3];
        List<int>? before = null;
        foreach (var earlier in all)
        {
            if (isDead[earlier] || !Overlap(earlier, later) || GuardNumbers.AreExclusive(guards[earlier], guards[later]))
            {
                continue;
            }
            var (mine, other) = (policies[later], policies[earlier]);
            var isElectedBefore = other.EndsAt is null && GuardNumbers.Covers(guards[earlier], guards[later]);
            var says = other.Class == mine.Class;
            var isForeign = areSetsForeign ? other.Origin.Set != mine.Origin.Set : other.Origin.Requester != mine.Origin.Requester;
            if (isElectedBefore && Contains(earlier, later))
            {
                Die(later, says ? ConflictKind.Duplicate : isForeign ? ConflictKind.Overruled : ConflictKind.Shadowed, earlier, 0);
                return;
            }
            if (isElectedBefore && (before ??= []).Count <= MostTogether)
            {
                before.Add(earlier);
            }
            if (!says)
            {
                var isWider = Contains(later, earlier);
                var isSame = isWider && Contains(earlier, later);
                ref var kind = ref partial[isForeign ? 0 : isWider && !isSame ? 2 : 1];
                kind = (kind.Count == 0 || (isSame && !kind.HasSameFlows) ? earlier : kind.First, kind.Count + 1, kind.HasSameFlows || isSame);
            }
        }
        if (before is { Count: > 1 and <= MostTogether } && IsNothingLeft(later, before))
        {
            Die(later, ConflictKind.ShadowedTogether, before[0], before.Count - 1);
            return;
        }
        for (var i = 0; i < partial.Length; i++)
        {
            if (partial[i].Count > 0)
            {
                found.Add(new(ConflictKind.Contradictory + i, policies[later], policies[partial[i].First], partial[i].Count - 1) { HasSameFlows = partial[i].HasSameFlows });
            }
        }
    }

    private void Die(int policy, ConflictKind kind, int winner, int others)
    {
        isDead[policy] = true;
        found.Add(new(kind, policies[policy], policies[winner], others));
    }

    private bool Overlap(int one, int other)
    {
        if (bounds[one].IsExact && bounds[other].IsExact)
        {
            return true;
        }
        comparisons -= policies[one].Flows.Selector.Boxes.Count * (long)policies[other].Flows.Selector.Boxes.Count;
        return comparisons >= 0 && policies[one].Flows.Selector.Overlaps(policies[other].Flows.Selector);
    }

    private bool Contains(int outer, int inner) =>
        bounds[outer].MayContain(bounds[inner])
        && ((bounds[outer].IsExact && bounds[inner].IsExact) || policies[outer].Flows.Selector.TryContains(policies[inner].Flows.Selector, ref comparisons) == true);

    private bool IsNothingLeft(int later, List<int> before)
    {
        var rest = policies[later].Flows.Selector;
        foreach (var earlier in before)
        {
            if (rest.TrySubtract(policies[earlier].Flows.Selector, MostParts, ref comparisons) is not { } left)
            {
                return false;
            }
            rest = left;
        }
        return rest.IsEmpty;
    }
}
