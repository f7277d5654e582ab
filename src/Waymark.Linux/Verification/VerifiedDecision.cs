using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Paths;

namespace Waymark.Linux.Verification;

/// <summary>The decision that a kernel is held to, and what the host adds to it.</summary>
public sealed record VerifiedDecision
{
    /// <summary>The filter rules, without what this back end has refused.</summary>
    public required FilterRuleSet Rules { get; init; }

    /// <summary>The paths that it was taken for.</summary>
    public required PathSet Paths { get; init; }

    /// <summary>Interfaces whose flows this node forwards and distributes too.</summary>
    public EquatableArray<string> ForwardFrom { get; init; } = [];

    /// <summary>Whether distributed flows of hosts behind this node get the path's address.</summary>
    public bool Masquerade { get; init; }

    /// <summary>The devices by which the system sends flows that have chosen nothing; null: those of the paths whose half has the lowest metric.</summary>
    public EquatableArray<string>? DefaultDevices { get; init; }

    /// <summary>Connected prefixes of devices that are no path's.</summary>
    public EquatableArray<IpPrefix> Connected { get; init; } = [];

    /// <summary>Ids of the control groups that filter rules name, by path.</summary>
    public EquatableArray<KeyValuePair<string, ulong>> Cgroups { get; init; } = [];
}
