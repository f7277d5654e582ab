using Waymark.Flows;

namespace Waymark.Paths;

/// <summary>
/// A way for flows out of this node, kept by one protocol (paper 5.2, module A; RFC 9473 "path"). What a maintainer publishes; what is measured about it is in
/// <see cref="PathCharacteristics"/>.
/// </summary>
public sealed record Path
{
    /// <summary>Names it for good.</summary>
    public required PathId Id { get; init; }

    /// <summary>The administrator's name for it, else the id's local part; unique in a <see cref="PathSet"/>.</summary>
    public required string Name { get; init; }

    /// <summary>The network device that its packets leave by; null where the protocol has none of its own.</summary>
    public string? Device { get; init; }

    /// <summary>The device's kernel index at the moment; 0 where there is no device.</summary>
    public int DeviceIndex { get; init; }

    /// <summary>Whether the link beneath can carry packets (RFC 2863 operational status up).</summary>
    public bool HasCarrier { get; init; } = true;

    /// <summary>What it has of each family that it carries, V4 before V6; empty for a path that has no address or no route at the moment.</summary>
    public EquatableArray<PathHalf> Halves { get; init; } = [];

    /// <summary>The flows that its protocol can carry on it; families that it lacks are excluded by <see cref="Halves"/>, not here.</summary>
    public FlowSelector Scope { get; init; } = FlowSelector.Everything;

    /// <summary>Whether the protocol can carry a live flow to another of its paths (MPTCP, SCTP, MCoA, SHIM6, HIP).</summary>
    public bool IsMovable { get; init; }

    /// <summary>Whether <c>duplicate</c> can be served by the protocol.</summary>
    public bool CanDuplicate { get; init; }

    /// <summary>The configured name of the node at the other end where the path leads to one; null where it leads to anybody.</summary>
    public string? Peer { get; init; }

    /// <summary>The number by which the peer knows the path too, 1 to 255; null: it is not shared.</summary>
    public int? Shared { get; init; }

    /// <summary>The paths that carry it underneath (a tunnel's), in order of use.</summary>
    public EquatableArray<PathId> Over { get; init; } = [];

    /// <summary>The half of <paramref name="family"/>, or null where the path does not carry it.</summary>
    public PathHalf? Half(IpFamily family)
    {
        foreach (var half in Halves)
        {
            if (half.Family == family)
            {
                return half;
            }
        }
        return null;
    }
}
