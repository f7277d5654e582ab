using Waymark.ConditionDecision;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.PathExamination;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.Daemon.Loop;

/// <summary>All that producers have published, at one moment. Each of them replaces its own part; the loop reads the whole.</summary>
internal sealed record Inputs
{
    /// <summary>Module A's last word.</summary>
    public PathSet Paths { get; init; } = PathSet.Empty;

    /// <summary>Module B's last word.</summary>
    public CharacteristicsSet Characteristics { get; init; } = CharacteristicsSet.Empty;

    /// <summary>Every accepted set.</summary>
    public EquatableArray<AcceptedPolicySet> Sets { get; init; } = [];

    /// <summary>What peers ask for, each rule a set.</summary>
    public EquatableArray<AcceptedPolicySet> PeerSets { get; init; } = [];

    /// <summary>Every set that counts, of whomever.</summary>
    public EquatableArray<AcceptedPolicySet> AllSets => PeerSets.IsEmpty ? Sets : [.. Sets.AsSpan(), .. PeerSets.AsSpan()];

    /// <summary>Names of the peers that are connected, in ordinal order.</summary>
    public EquatableArray<string> ConnectedPeers { get; init; } = [];

    /// <summary>Users, groups, domains.</summary>
    public NodeNames Names { get; init; } = NodeNames.None;

    /// <summary>Paths out of use, and until when.</summary>
    public EquatableArray<KeyValuePair<PathId, DateTimeOffset?>> Disabled { get; init; } = [];

    /// <summary>What other programs say of paths; each path, characteristic and requester once.</summary>
    public EquatableArray<OutsideValue> Outside { get; init; } = [];

    /// <summary>The node file.</summary>
    public NodeFile Node { get; init; } = NodeFile.Default;

    /// <summary>Counts what happened to links and addresses, also what was over before the paths were read: routes of ours may have gone with it.</summary>
    public ulong Stirs { get; init; }

    /// <summary>How many times <see cref="Paths"/> came without a link that was there before. What was decided from fewer knows nothing of the last.</summary>
    public ulong Losses { get; init; }

    /// <summary>Whether the maintainer has spoken: before that there is nothing to decide on.</summary>
    public bool IsReady { get; init; }
}

/// <summary>How the kernel stands to the decision.</summary>
/// <param name="State">In one word.</param>
/// <param name="Message">What it last refused, in its own words; empty where it took everything.</param>
/// <param name="AppliedAt">When it last took a change; null: not yet.</param>
internal sealed record KernelStatus(KernelState State, string Message, DateTimeOffset? AppliedAt);

/// <summary>How the kernel stands to the decision.</summary>
internal enum KernelState
{
    /// <summary>A change is being applied or will be tried again soon.</summary>
    Pending,

    /// <summary>It enforces the decision.</summary>
    InStep,

    /// <summary>It refused a change; the last good state is in force.</summary>
    Failed,
}

/// <summary>What the loop last decided, and from what.</summary>
/// <param name="Revision">Counts decisions that differ, from 1.</param>
/// <param name="World">What it was decided from.</param>
/// <param name="Decision">What was decided.</param>
/// <param name="Refused">Filter rules that the kernel cannot enforce.</param>
/// <param name="Kernel">How the kernel stands to it.</param>
internal sealed record Snapshot(ulong Revision, World World, Decision Decision, EquatableArray<RefusedRule> Refused, KernelStatus Kernel)
{
    public static Snapshot None { get; } = new(
        0,
        new() { Paths = PathSet.Empty, Characteristics = CharacteristicsSet.Empty, Policies = MergedPolicies.Empty, Now = DateTimeOffset.UnixEpoch },
        new() { FilterRules = FilterRules.FilterRuleSet.Empty, Next = DecisionMemory.None },
        [],
        new(KernelState.Pending, "", null));

    /// <summary>What an administrator calls the path.</summary>
    public string NameOf(PathId path) => World.Paths.Find(path)?.Name ?? path.ToString();

    /// <summary>Every policy that is not in force although it was elected: first those that could not be resolved, then those that the kernel cannot enforce.</summary>
    public IEnumerable<Unresolved> AllUnresolved => Decision.Unresolved.Concat(Refused.DistinctBy(one => (one.Rule.Origin, one.Reason))
        .Select(one => new Unresolved(one.Rule.Origin, "WAY3010", $"this kernel back end cannot enforce it: {one.Reason}", null)));

    /// <summary>The filter rules without what the kernel cannot match: those packets go on to the next rule.</summary>
    public FilterRules.FilterRuleSet Enforced => RefusedRule.Without(Decision.FilterRules, Refused);

    /// <summary>Each policy with how it stands, in order of precedence; one of which the kernel cannot enforce a part is not in force.</summary>
    public IEnumerable<(PolicyStanding Standing, MergedPolicy Policy)> Standings => StandingsIn(Enumerable.Range(0, Decision.Standings.Count));

    /// <summary>The same of one requester.</summary>
    public IEnumerable<(PolicyStanding Standing, MergedPolicy Policy)> StandingsOf(string requester) => StandingsIn(RequesterSpans.Of(World.Policies).PoliciesOf(requester));

    private IEnumerable<(PolicyStanding Standing, MergedPolicy Policy)> StandingsIn(IEnumerable<int> indexes)
    {
        var refused = Refused.Select(one => one.Rule.Origin).ToHashSet();
        foreach (var i in indexes)
        {
            var (standing, policy) = (Decision.Standings[i], World.Policies.Policies[i]);
            yield return (refused.Contains(standing.Origin) && standing.Standing == Standing.InForce ? standing with { Standing = Standing.Unresolved, Classes = [] } : standing, policy);
        }
    }
}
