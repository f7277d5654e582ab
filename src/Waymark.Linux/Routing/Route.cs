using System.Globalization;
using Waymark.Flows;

namespace Waymark.Linux.Routing;

/// <summary>A route (RTM_NEWROUTE), as far as paths need it.</summary>
public sealed record Route
{
    /// <summary>Its table.</summary>
    public required uint Table { get; init; }

    /// <summary>Where it leads; length 0 for a default route.</summary>
    public required IpPrefix Destination { get; init; }

    /// <summary>What it does with packets.</summary>
    public RouteType Type { get; init; } = RouteType.Unicast;

    /// <summary>The device; 0 where it names none.</summary>
    public int LinkIndex { get; init; }

    /// <summary>The next hop; null where the destination is reached directly.</summary>
    public IpAddress? Gateway { get; init; }

    /// <summary>Lower is preferred; the kernel's own IPv6 default is 1024.</summary>
    public uint Metric { get; init; }

    /// <summary>Who installed it (<c>rtm_protocol</c>): by it we know our own.</summary>
    public byte Protocol { get; init; }

    /// <summary>The source address that it prefers; null: none.</summary>
    public IpAddress? PreferredSource { get; init; }

    /// <summary>Whether the gateway counts as reachable on the device even where no prefix says so.</summary>
    public bool IsOnLink { get; init; }

    /// <summary>Whether its next hop is dead (RTNH_F_DEAD): the kernel does not use it.</summary>
    public bool IsDead { get; init; }

    /// <summary>Whether its device has no carrier (RTNH_F_LINKDOWN): the kernel goes on using it unless told otherwise (sysctl <c>ignore_routes_with_linkdown</c>).</summary>
    public bool IsLinkDown { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Text(index => string.Create(CultureInfo.InvariantCulture, $"{index}"));

    /// <summary>As people know it.</summary>
    /// <param name="nameOf">Names of devices by index.</param>
    public string Text(Func<int, string> nameOf) =>
        $"{(Type == RouteType.Unicast ? "" : Type.ToString().ToLowerInvariant() + " ")}{Destination}{(Gateway is { } hop ? $" via {hop}" : "")} dev {(LinkIndex == 0 ? "0" : nameOf(LinkIndex))} table {Table} metric {Metric}";
}

/// <summary>What a route does (<c>rtm_type</c>).</summary>
public enum RouteType : byte
{
    /// <summary>Unknown.</summary>
    None = 0,

    /// <summary>Sends on.</summary>
    Unicast = 1,

    /// <summary>This host.</summary>
    Local = 2,

    /// <summary>All hosts of a link.</summary>
    Broadcast = 3,

    /// <summary>The nearest of several.</summary>
    Anycast = 4,

    /// <summary>A group.</summary>
    Multicast = 5,

    /// <summary>Discards in silence.</summary>
    Blackhole = 6,

    /// <summary>Refuses: host unreachable.</summary>
    Unreachable = 7,

    /// <summary>Refuses: administratively prohibited.</summary>
    Prohibit = 8,

    /// <summary>Looks in the next rule's table.</summary>
    Throw = 9,
}
