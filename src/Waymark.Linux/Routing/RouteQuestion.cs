using Waymark.Flows;

namespace Waymark.Linux.Routing;

/// <summary>A packet that the kernel is asked about. nftables is not consulted: the mark is what the ruleset would set.</summary>
/// <param name="Destination">Where it goes.</param>
public sealed record RouteQuestion(IpAddress Destination)
{
    /// <summary>Where it comes from; null: this host, address not chosen yet.</summary>
    public IpAddress? Source { get; init; }

    /// <summary>The firewall mark; 0: none.</summary>
    public uint Mark { get; init; }

    /// <summary>The owner of the socket; null: the caller.</summary>
    public uint? User { get; init; }

    /// <summary>The device that the socket is bound to; null: none.</summary>
    public int? OutputDevice { get; init; }

    /// <summary>The device that the packet came in by; null: it starts here.</summary>
    public int? InputDevice { get; init; }

    /// <summary>IP protocol number; ports count for TCP and UDP.</summary>
    public byte Protocol { get; init; }

    /// <summary>Source port.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>Destination port.</summary>
    public ushort DestinationPort { get; init; }
}

/// <summary>What the kernel would do with a packet.</summary>
/// <param name="LinkIndex">The device by which it leaves.</param>
/// <param name="Gateway">The next hop; null: none.</param>
/// <param name="Source">The source address that the kernel would choose; null where it was given.</param>
/// <param name="Table">The table that decided; 0 where the kernel does not say.</param>
/// <param name="Type">What the route does.</param>
public sealed record RouteAnswer(int LinkIndex, IpAddress? Gateway, IpAddress? Source, uint Table, RouteType Type);
