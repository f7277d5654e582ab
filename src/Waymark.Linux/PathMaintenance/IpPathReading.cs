using Waymark.Flows;
using Waymark.Linux.Routing;
using Waymark.Paths;

namespace Waymark.Linux.PathMaintenance;

/// <summary>Makes paths of what the kernel has: links, addresses, and the default routes of every table that a rule names.</summary>
internal static class IpPathReading
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    public static PathSet Read(RoutingSocket routing, IpPathOptions options)
    {
        var links = routing.Links();
        var addresses = routing.Addresses();
        var routes = Families.ToDictionary(family => family, family => (IReadOnlyList<Route>)DefaultRoutes(routing, family, options));
        return Of(links, addresses, routes, options);
    }

    internal static PathSet Of(
        IReadOnlyList<Link> links, IReadOnlyList<InterfaceAddress> addresses, IReadOnlyDictionary<IpFamily, IReadOnlyList<Route>> routes, IpPathOptions options)
    {
        var paths = new List<Path>();
        var taken = new HashSet<string>(options.Interfaces.Select(one => one.Name), StringComparer.Ordinal);
        foreach (var link in links)
        {
            var declared = options.Interfaces.AsSpan().ToArray().FirstOrDefault(one => one.Interface == link.Name);
            if (link.IsLoopback || declared is { IsIgnored: true })
            {
                continue;
            }
            var halves = Families.Select(family => Half(family, link, addresses, routes[family], declared)).OfType<PathHalf>().ToEquatableArray();
            // An interface that nobody declared is a path while a default route leads out by it; a declared one stays, usable or not.
            if (halves.IsEmpty && declared is null)
            {
                continue;
            }
            var name = declared?.Name ?? (taken.Add(link.Name) ? link.Name : $"ip/{link.Name}");
            paths.Add(new()
            {
                Id = new("ip", link.Name),
                Name = name,
                Device = link.Name,
                DeviceIndex = link.Index,
                HasCarrier = link.HasCarrier,
                Halves = halves,
                Peer = declared?.Peer,
                Over = declared is null ? [] : declared.Over.Select(over => Carrier(over, options)).ToEquatableArray(),
            });
        }
        return new(paths);
    }

    private static PathId Carrier(string name, IpPathOptions options) =>
        new("ip", options.Interfaces.FirstOrDefault(one => one.Name == name)?.Interface ?? name);

    private static List<Route> DefaultRoutes(RoutingSocket routing, IpFamily family, IpPathOptions options)
    {
        // A tunnel's default route often stands in a table of its own that a rule names (wg-quick), so main alone does not show it.
        var tables = routing.Rules(family).Where(rule => rule.Action == RuleAction.Lookup).Select(rule => rule.Table)
            .Where(table => table != 255 && (table < options.OwnTables.First || table > options.OwnTables.Last)).ToHashSet();
        return routing.Routes(family).Where(route => tables.Contains(route.Table) && route.Type == RouteType.Unicast && route.Destination.Length <= 1).ToList();
    }

    private static PathHalf? Half(IpFamily family, Link link, IReadOnlyList<InterfaceAddress> addresses, IReadOnlyList<Route> routes, DeclaredInterface? declared)
    {
        var own = addresses.Where(one => one.LinkIndex == link.Index && one.Address.Family == family && !one.IsLinkLocal).ToList();
        var locators = own
            .Where(one => one.State == AddressState.Preferred)
            .OrderByDescending(one => one.IsTemporary)
            .ThenByDescending(one => one.PreferredSeconds)
            .ThenBy(one => one.Address)
            .Select(one => one.Address)
            .Distinct()
            .ToEquatableArray();
        var mine = routes.Where(route => route.LinkIndex == link.Index).ToList();
        // 0/1 and 128/1 together are a default route too (OpenVPN's "def1"); one of them alone is not.
        var halves = mine.Where(route => route.Destination.Length == 1).ToList();
        var candidates = mine.Where(route => route.Destination.Length == 0)
            .Concat(halves.Select(route => route.Destination).Distinct().Count() == 2 ? halves : []);
        var best = candidates.OrderBy(route => route.Metric).ThenBy(route => route.Gateway).FirstOrDefault();
        var gateway = declared?.Gateways.Where(one => one.Family == family).Select(one => (IpAddress?)one).FirstOrDefault();
        if (locators.IsEmpty || (best is null && gateway is null && !(declared is not null && link.IsPointToPoint)))
        {
            return null;
        }
        return new()
        {
            Family = family,
            Locators = locators,
            Connected = own.Select(one => one.Prefix).Where(prefix => prefix.Length < IpAddress.Width(family)).Distinct().Order().ToEquatableArray(),
            Gateway = gateway ?? best?.Gateway,
            Metric = best?.Metric ?? uint.MaxValue,
        };
    }
}
