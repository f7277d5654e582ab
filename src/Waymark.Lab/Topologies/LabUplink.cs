using Waymark.Flows;
using Waymark.Lab.Links;

namespace Waymark.Lab.Topologies;

/// <summary>An uplink of the lab's node, as a lab file declares it.</summary>
/// <param name="Name">Also of its link.</param>
public sealed record LabUplink(string Name)
{
    /// <summary>The node's device.</summary>
    public string Interface { get; init; } = "";

    /// <summary>The node's addresses on it; at most one of each family.</summary>
    public EquatableArray<LabAddress> Addresses { get; init; } = [];

    /// <summary>The provider's addresses on it; of a family without one the uplink is point to point.</summary>
    public EquatableArray<IpAddress> Gateways { get; init; } = [];

    /// <summary>Of its default routes.</summary>
    public uint Metric { get; init; }

    /// <summary>Whether the provider puts its own address before all others (NAT).</summary>
    public bool IsMasqueraded { get; init; }

    /// <summary>What it does to what the node sends.</summary>
    public LinkShape Up { get; init; } = LinkShape.Cable;

    /// <summary>What it does to what the node receives.</summary>
    public LinkShape Down { get; init; } = LinkShape.Cable;
}
