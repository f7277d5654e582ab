using Waymark.ConditionDecision;
using Waymark.Nodes;
using Waymark.PathDecision;
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

    /// <summary>Users, groups, domains.</summary>
    public NodeNames Names { get; init; } = NodeNames.None;

    /// <summary>Paths out of use, and until when.</summary>
    public EquatableArray<KeyValuePair<PathId, DateTimeOffset?>> Disabled { get; init; } = [];

    /// <summary>The node file.</summary>
    public NodeFile Node { get; init; } = NodeFile.Default;

    /// <summary>Counts what happened to links and addresses, also what was over before the paths were read: routes of ours may have gone with it.</summary>
    public ulong Stirs { get; init; }

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
/// <param name="Refused">Policies that the kernel cannot enforce, as unresolved ones.</param>
/// <param name="Kernel">How the kernel stands to it.</param>
internal sealed record Snapshot(ulong Revision, World World, Decision Decision, EquatableArray<Unresolved> Refused, KernelStatus Kernel)
{
    public static Snapshot None { get; } = new(
        0,
        new() { Paths = PathSet.Empty, Characteristics = CharacteristicsSet.Empty, Policies = MergedPolicies.Empty, Now = DateTimeOffset.UnixEpoch },
        new() { FilterRules = FilterRules.FilterRuleSet.Empty, Next = DecisionMemory.None },
        [],
        new(KernelState.Pending, "", null));

    /// <summary>What an administrator calls the path.</summary>
    public string NameOf(PathId path) => World.Paths.Find(path)?.Name ?? path.ToString();

    /// <summary>Every policy that is not in force although it was elected, in order of precedence.</summary>
    public IEnumerable<Unresolved> AllUnresolved => Decision.Unresolved.Concat(Refused);
}
