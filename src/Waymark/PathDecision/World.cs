using Waymark.ConditionDecision;
using Waymark.Paths;

namespace Waymark.PathDecision;

/// <summary>All that a decision depends on, and nothing else: the same world gives the same decision, byte for byte, on every machine.</summary>
public sealed record World
{
    /// <summary>Module A's result. Ignored paths are not in it.</summary>
    public required PathSet Paths { get; init; }

    /// <summary>Module B's result.</summary>
    public required CharacteristicsSet Characteristics { get; init; }

    /// <summary>The policy sets of all requesters, merged once when they changed.</summary>
    public required MergedPolicies Policies { get; init; }

    /// <summary>Damping, time zone.</summary>
    public DecisionSettings Settings { get; init; } = DecisionSettings.Default;

    /// <summary>Names of the peers that are connected, in ordinal order.</summary>
    public EquatableArray<string> ConnectedPeers { get; init; } = [];

    /// <summary>Administratively disabled paths (<c>waymark path disable</c>), in order: never candidates.</summary>
    public EquatableArray<PathId> Disabled { get; init; } = [];

    /// <summary>The last decision's <see cref="Decision.Next"/>.</summary>
    public DecisionMemory Previous { get; init; } = DecisionMemory.None;

    /// <summary>The instant of this decision, UTC.</summary>
    public required DateTimeOffset Now { get; init; }
}
