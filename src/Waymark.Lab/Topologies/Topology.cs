using Waymark.Flows;
using Waymark.Lab.Links;

namespace Waymark.Lab.Topologies;

/// <summary>A little internet: nodes, and links between them.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Nodes">Each becomes a network namespace.</param>
/// <param name="Links">Each becomes two devices and, where it has a name to be shaped by, an emulated link between them.</param>
public sealed record Topology(string Name, EquatableArray<LabNode> Nodes, EquatableArray<LabLink> Links)
{
    /// <summary>
    /// A van with three uplinks, a host behind it, and a server far away: <c>samples/commuter.lab</c>.
    /// </summary>
    /// <remarks>
    /// <code>
    ///                 wlan0 --- wifi --- [wifi-isp] ---+
    /// [host] --- lan0 [van] wwan0 --- lte --- [lte-isp] ---+--- [internet] 203.0.113.7  2001:db8:cafe::7
    ///                 sat0  --- sat  --- [sat-isp]  ---+
    /// </code>
    /// </remarks>
    public static Topology Commuter { get; } = Load("commuter.lab");

    /// <summary>An address of a server that the first node's own first choice of uplinks leads to: what to try first. Null: it leads to none.</summary>
    public IpAddress? Nearest { get; init; }

    private static Topology Load(string resource)
    {
        using var stream = typeof(Topology).Assembly.GetManifestResourceStream(resource)!;
        using var reader = new System.IO.StreamReader(stream);
        return LabLanguage.ToTopology(reader.ReadToEnd(), resource);
    }
}

/// <summary>A node.</summary>
/// <param name="Name">Its name.</param>
public sealed record LabNode(string Name)
{
    /// <summary>Whether it sends on what is not for itself.</summary>
    public bool Forwards { get; init; }

    /// <summary>Addresses of the node as such, on its loopback device.</summary>
    public EquatableArray<string> Addresses { get; init; } = [];

    /// <summary>Routes, as <c>ip route add</c> takes them.</summary>
    public EquatableArray<string> Routes { get; init; } = [];
}

/// <summary>One end of a link.</summary>
/// <param name="Node">The node.</param>
/// <param name="Device">What its device is called.</param>
/// <param name="Addresses">With prefix lengths.</param>
public sealed record LabEnd(string Node, string Device, EquatableArray<string> Addresses);

/// <summary>A link.</summary>
/// <param name="A">One end.</param>
/// <param name="B">The other end.</param>
public sealed record LabLink(LabEnd A, LabEnd B)
{
    /// <summary>By what name it is shaped and cut; null: a plain cable.</summary>
    public string? Name { get; init; }

    /// <summary>From the first end to the second.</summary>
    public LinkShape Up { get; init; } = LinkShape.Cable;

    /// <summary>From the second end to the first.</summary>
    public LinkShape Down { get; init; } = LinkShape.Cable;

    /// <summary>Sources that the second end lets in; empty: all. Others are counted and dropped, as providers do (BCP 38).</summary>
    public EquatableArray<string> OnlyFrom { get; init; } = [];

    /// <summary>Whether there is nobody to ask for hardware addresses: routes need no gateway.</summary>
    public bool IsPointToPoint { get; init; }

    /// <summary>Whether the second end's node puts its own address before all that it sends on from here (NAT).</summary>
    public bool IsMasqueraded { get; init; }
}
