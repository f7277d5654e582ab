using Waymark.Flows;
using Waymark.Nodes;

namespace Waymark.Linux.PathMaintenance;

/// <summary>What the administrator says of interfaces.</summary>
public sealed record IpPathOptions
{
    /// <summary>Nothing said: each interface with a default route is a path.</summary>
    public static IpPathOptions Default { get; } = new();

    /// <summary>What is said of single interfaces.</summary>
    public EquatableArray<DeclaredInterface> Interfaces { get; init; } = [];

    /// <summary>The first and last routing table that are ours: what stands in them is our own work and no path.</summary>
    public (uint First, uint Last) OwnTables { get; init; } = (27100, 27199);

    /// <summary>Bytes of notifications that the kernel keeps for us.</summary>
    public int ReceiveBuffer { get; init; } = 8 << 20;
}

/// <summary>An interface that the administrator declared.</summary>
/// <param name="Match">Which one it is.</param>
/// <param name="Name">The path's name.</param>
public sealed record DeclaredInterface(PathMatch Match, string Name)
{
    /// <summary>The interface of that name.</summary>
    public DeclaredInterface(string device, string name)
        : this(new PathMatch { Interface = device }, name)
    {
    }

    /// <summary>Never a path.</summary>
    public bool IsIgnored { get; init; }

    /// <summary>The next hop where there is no default route by the interface; null: the routes' own. One a family.</summary>
    public EquatableArray<IpAddress> Gateways { get; init; } = [];

    /// <summary>The node at the other end; null: it leads to anybody.</summary>
    public string? Peer { get; init; }

    /// <summary>The number by which that node knows it too; null: it is not shared.</summary>
    public int? Shared { get; init; }

    /// <summary>The flows that it can carry.</summary>
    public FlowSelector Scope { get; init; } = FlowSelector.Everything;

    /// <summary>Names of the paths that carry it underneath.</summary>
    public EquatableArray<string> Over { get; init; } = [];
}
