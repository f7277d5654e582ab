using Waymark.Flows;
using Waymark.Linux.Routing;
using Waymark.Nodes;
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
        // Asked for where somebody wants to know: it is a call for each device.
        var drivers = options.Interfaces.Any(one => one.Match.Driver is not null) ? links.ToDictionary(link => link.Index, link => DeviceDriver.Of(link.Name)) : [];
        return Of(links, addresses, routes, options, drivers);
    }

    /// <summary>What is left of <paramref name="paths"/> where a link has just gone; the reading that follows knows better.</summary>
    public static PathSet Without(PathSet paths, LinkLoss loss) => loss.IsGone
        ? new(paths.Paths.Where(path => path.DeviceIndex != loss.LinkIndex))
        : new(paths.Paths.Select(path => path.DeviceIndex == loss.LinkIndex ? path with { HasCarrier = false } : path));

    internal static PathSet Of(
        IReadOnlyList<Link> links, IReadOnlyList<InterfaceAddress> addresses, IReadOnlyDictionary<IpFamily, IReadOnlyList<Route>> routes, IpPathOptions options,
        IReadOnlyDictionary<int, string?>? drivers = null)
    {
        var owners = Owners(links, addresses, options, drivers);
        var paths = new List<Path>();
        var taken = new HashSet<string>(options.Interfaces.Select(one => one.Name), StringComparer.Ordinal);
        foreach (var link in links)
        {
            var declared = owners.GetValueOrDefault(link.Name);
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
                Scope = declared?.Scope ?? FlowSelector.Everything,
                Peer = declared?.Peer,
                Shared = declared?.Shared,
                Over = declared is null ? [] : declared.Over.Select(over => Carrier(over, owners)).ToEquatableArray(),
            });
        }
        return new(paths);
    }

    /// <summary>What is said of each device, by its name.</summary>
    private static Dictionary<string, DeclaredInterface> Owners(
        IReadOnlyList<Link> links, IReadOnlyList<InterfaceAddress> addresses, IpPathOptions options, IReadOnlyDictionary<int, string?>? drivers)
    {
        var devices = links.Where(link => !link.IsLoopback).Select(link => new DeviceTraits(link.Name)
        {
            HardwareAddresses = new[] { link.HardwareAddress, link.PermanentHardwareAddress }.OfType<string>().ToEquatableArray(),
            Driver = drivers?.GetValueOrDefault(link.Index) ?? link.Kind,
            Addresses = addresses.Where(one => one.LinkIndex == link.Index).Select(one => one.Address).ToEquatableArray(),
        }).ToList();
        return devices.Zip(PathMatch.Assign([.. options.Interfaces.Select(one => (one.Match, one.IsIgnored))], devices)).Where(one => one.Second is not null)
            .ToDictionary(one => one.First.Name, one => options.Interfaces[one.Second!.Value], StringComparer.Ordinal);
    }

    /// <summary>The path that is called so: of a declared one the device that it is at the moment, else the device of that name.</summary>
    private static PathId Carrier(string name, Dictionary<string, DeclaredInterface> owners) =>
        new("ip", owners.FirstOrDefault(one => one.Value.Name == name && !one.Value.IsIgnored).Key ?? name);

    private static List<Route> DefaultRoutes(RoutingSocket routing, IpFamily family, IpPathOptions options)
    {
        // A tunnel's default route often stands in a table of its own that a rule names (wg-quick), so main alone does not show it.
        var tables = routing.Rules(family).Where(rule => rule.Action == RuleAction.Lookup).Select(rule => rule.Table)
            .Where(table => table != 255 && (table < options.OwnTables.First || table > options.OwnTables.Last)).ToHashSet();
        return routing.Routes(family).Where(route => tables.Contains(route.Table) && route.Type == RouteType.Unicast && DefaultRoute.IsPart(route.Destination)).ToList();
    }

    private static PathHalf? Half(IpFamily family, Link link, IReadOnlyList<InterfaceAddress> addresses, IReadOnlyList<Route> routes, DeclaredInterface? declared)
    {
        var own = addresses.Where(one => one.LinkIndex == link.Index && one.Address.Family == family && !one.IsLinkLocal).ToList();
        var mine = routes.Where(route => route.LinkIndex == link.Index).ToList();
        var best = DefaultRoute.Best(family, mine);
        var gateway = declared?.Gateways.Where(one => one.Family == family).Select(one => (IpAddress?)one).FirstOrDefault();
        var locators = Locators(own, best?.PreferredSource);
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

    /// <summary>
    /// Usable addresses in the system's own order of preference: the route's source; for IPv4 the kernel's order, in which the primary address stands first; for IPv6
    /// temporary ones first (RFC 6724 rule 7), the youngest of them first, the others by value, for their lifetimes run and are renewed at different times.
    /// </summary>
    private static EquatableArray<IpAddress> Locators(IEnumerable<InterfaceAddress> own, IpAddress? preferred) => own
        .Where(one => one.State == AddressState.Preferred)
        .OrderByDescending(one => one.Address == preferred)
        .ThenByDescending(one => one.IsTemporary ? one.PreferredSeconds : -1L)
        .ThenBy(one => one.Address.Family == IpFamily.V4 ? default : one.Address)
        .Select(one => one.Address)
        .Distinct()
        .ToEquatableArray();
}
