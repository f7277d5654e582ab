using Waymark.Flows;

namespace Waymark.Lab.Topologies;

/// <summary>A lab file: one node, its uplinks, hosts behind it, servers behind the uplinks.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Uplinks">In order; without a metric of its own, the first is the system's first choice.</param>
/// <param name="Hosts">Behind the node.</param>
/// <param name="Servers">Behind the uplinks.</param>
public sealed record LabFile(string Node, EquatableArray<LabUplink> Uplinks, EquatableArray<LabHost> Hosts, EquatableArray<LabServerDeclaration> Servers)
{
    /// <summary>
    /// The network of it: each uplink has a provider of its own, <c>NAME-isp</c>, that lets only its customers' addresses out (BCP 38) and is joined by a cable
    /// to each server that is reached by it. Those cables are numbered from 198.18.0.0/15 (RFC 2544) and 2001:db8:ffff::/48.
    /// </summary>
    public Topology ToTopology(string name)
    {
        var nodes = new List<LabNode>
        {
            new(Node) { Forwards = true, Routes = Uplinks.SelectMany(Defaults).ToEquatableArray() },
        };
        nodes.AddRange(Hosts.Select(host => new LabNode(host.Name) { Routes = host.Gateways.Select(gateway => $"default via {gateway}").ToEquatableArray() }));
        var links = new List<LabLink>(Uplinks.Select(Access));
        links.AddRange(Hosts.Select(host => new LabLink(new(host.Name, "eth0", Texts(host.Addresses)), new(Node, host.Interface, Opposite(host.Addresses, host.Gateways)))));
        var back = Servers.ToDictionary(server => server.Name, _ => new List<string>(), StringComparer.Ordinal);
        var cable = 0;
        foreach (var uplink in Uplinks)
        {
            var routes = PointToPoint(uplink).Select(address => $"{address.Network} dev customers").ToList();
            foreach (var (server, i) in Servers.Where(server => server.Behind.IsEmpty || server.Behind.Contains(uplink.Name)).Select((server, i) => (server, i)))
            {
                var (four, six) = ($"198.18.{cable}", $"2001:db8:ffff:{cable:x}:");
                links.Add(new(new(Provider(uplink), $"core{i}", [$"{four}.1/24", $"{six}:1/64"]), new(server.Name, uplink.Name, [$"{four}.2/24", $"{six}:2/64"])));
                routes.AddRange(i == 0 ? [$"default via {four}.2", $"default via {six}:2"] : server.Addresses.Select(address => $"{address} via {(address.Family == IpFamily.V4 ? $"{four}.2" : $"{six}:2")}"));
                if (!uplink.IsMasqueraded)
                {
                    back[server.Name].AddRange(uplink.Addresses.Select(address => $"{address.Network} via {(address.Address.Family == IpFamily.V4 ? $"{four}.1" : $"{six}:1")}"));
                }
                cable++;
            }
            nodes.Add(new(Provider(uplink)) { Forwards = true, Routes = routes.ToEquatableArray() });
        }
        nodes.AddRange(Servers.Select(server => new LabNode(server.Name)
        {
            Forwards = true,
            Addresses = server.Addresses.Select(address => $"{address}/{IpAddress.Width(address.Family)}").ToEquatableArray(),
            Routes = back[server.Name].ToEquatableArray(),
        }));
        return new(name, nodes.ToEquatableArray(), links.ToEquatableArray()) { Nearest = Nearest() };
    }

    /// <summary>A server's address that the system reaches by itself: for each family it takes the uplink of the lowest metric, whoever is behind that.</summary>
    private IpAddress? Nearest()
    {
        foreach (var family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
        {
            var first = Uplinks.Where(uplink => uplink.Addresses.Any(address => address.Address.Family == family)).MinBy(uplink => uplink.Metric);
            foreach (var server in Servers.Where(server => first is not null && (server.Behind.IsEmpty || server.Behind.Contains(first.Name))))
            {
                foreach (var address in server.Addresses.Where(address => address.Family == family))
                {
                    return address;
                }
            }
        }
        return null;
    }

    /// <summary>What the node is called that stands for an uplink's provider.</summary>
    public static string Provider(LabUplink uplink) => $"{uplink.Name}-isp";

    private static IEnumerable<string> Defaults(LabUplink uplink) => uplink.Addresses.Select(address =>
        GatewayOf(address, uplink.Gateways) is { } gateway ? $"default via {gateway} dev {uplink.Interface} metric {uplink.Metric}"
        : $"{(address.Address.Family == IpFamily.V4 ? "0.0.0.0/0" : "::/0")} dev {uplink.Interface} metric {uplink.Metric}");

    private LabLink Access(LabUplink uplink) =>
        new(new(Node, uplink.Interface, uplink.Addresses.Select(address => (GatewayOf(address, uplink.Gateways) is null ? address with { Length = IpAddress.Width(address.Address.Family) } : address).ToString()).ToEquatableArray()),
            new(Provider(uplink), "customers", Opposite(uplink.Addresses, uplink.Gateways)))
        {
            Name = uplink.Name,
            Up = uplink.Up,
            Down = uplink.Down,
            OnlyFrom = uplink.Addresses.Select(address => $"{address.Network.First}/{address.Length}").ToEquatableArray(),
            IsPointToPoint = uplink.Gateways.IsEmpty,
            IsMasqueraded = uplink.IsMasqueraded,
        };

    private static IEnumerable<LabAddress> PointToPoint(LabUplink uplink) => uplink.Addresses.Where(address => GatewayOf(address, uplink.Gateways) is null);

    private static EquatableArray<string> Texts(EquatableArray<LabAddress> addresses) => addresses.Select(address => address.ToString()).ToEquatableArray();

    private static EquatableArray<string> Opposite(EquatableArray<LabAddress> addresses, EquatableArray<IpAddress> gateways) => gateways.Select(gateway =>
        $"{gateway}/{(gateway.IsLinkLocal ? 64 : addresses.First(address => address.Address.Family == gateway.Family).Length)}").ToEquatableArray();

    private static IpAddress? GatewayOf(LabAddress address, EquatableArray<IpAddress> gateways)
    {
        foreach (var gateway in gateways)
        {
            if (gateway.Family == address.Address.Family)
            {
                return gateway;
            }
        }
        return null;
    }
}
