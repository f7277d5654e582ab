using Waymark.Flows;
using Waymark.Linux.PathMaintenance;
using Waymark.Linux.Routing;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// The paths' routing tables and the rules that lead to them. Their order is the outcome of trying; each other one broke something:
/// <code>
///     0  local                                        (the system's)
/// +   0  fwmark PATH -> table, of paths to peers      a static route to a peer's networks is what holds without a policy
/// +   5  main, suppress_prefixlength 1 (IPv6: 4)      connected networks and static routes stay; default routes do not count, nor do their halves
/// +  10  fwmark PATH -> table                         before "from": every local packet has a path's source address by then
/// +  20  fwmark STRICT -> unreachable                 a path that is gone leaks nothing
/// +  30  from ADDRESS -> table                        sockets bound to an address
/// +  40  oif DEVICE -> table                          sockets bound to a device: without it IPv4 takes any destination for a neighbour
/// 32766  main                                         (the system's)
/// last   table                                        in order of preference: connect() does not fail on a host without a default route
/// </code>
/// </summary>
internal static class RouteEncoding
{
    private const uint Main = 254;

    /// <summary>Where behind the first of our priorities the system's own routes are looked at.</summary>
    public const uint SystemsOwn = 5;

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>One default route for each half whose device exists and can send.</summary>
    public static IEnumerable<Route> Routes(IEnumerable<NumberedPath> paths, Territory territory) =>
        from one in paths
        where one.Path.DeviceIndex > 0 && one.Path.HasCarrier
        from half in one.Path.Halves
        select new Route
        {
            Table = territory.TableOf(one.Number),
            Destination = new(new(half.Family, 0), 0),
            LinkIndex = one.Path.DeviceIndex,
            Gateway = half.Gateway,
            IsOnLink = half.Gateway is not null,
            PreferredSource = half.Locators[0],
            Protocol = territory.Protocol,
            // The kernel's own default, said so that what is read back is equal.
            Metric = half.Family == IpFamily.V6 ? 1024u : 0,
        };

    /// <summary>The rules, in order of priority; IPv4 first.</summary>
    public static IEnumerable<RoutingRule> Rules(IReadOnlyList<NumberedPath> paths, Territory territory) =>
        Families.SelectMany(family => Rules(family, paths, territory)).Select(rule => rule with { Protocol = territory.Protocol });

    private static IEnumerable<RoutingRule> Rules(IpFamily family, IReadOnlyList<NumberedPath> paths, Territory territory)
    {
        var own = paths.Select(one => (one.Number, one.Device, one.Path.Scope, Half: one.Path.Half(family), Table: territory.TableOf(one.Number))).Where(one => one.Half is not null).ToList();
        foreach (var one in own.Where(one => !one.Scope.IsEverything))
        {
            yield return new() { Family = family, Priority = territory.Priority, Table = one.Table, Mark = territory.Mark(one.Number), MarkMask = territory.PathMask };
        }
        yield return new() { Family = family, Priority = territory.Priority + SystemsOwn, Table = Main, SuppressPrefixLength = (uint)DefaultRoute.LongestPart(family) };
        foreach (var one in own)
        {
            yield return new() { Family = family, Priority = territory.Priority + 10, Table = one.Table, Mark = territory.Mark(one.Number), MarkMask = territory.PathMask };
        }
        yield return new() { Family = family, Priority = territory.Priority + 20, Action = RuleAction.Unreachable, Mark = territory.StrictBit, MarkMask = territory.StrictBit };
        foreach (var (address, table) in own.SelectMany(one => one.Half!.Locators.Select(address => (Address: address, one.Table))).DistinctBy(one => one.Address))
        {
            yield return new() { Family = family, Priority = territory.Priority + 30, Table = table, Source = new(address, IpAddress.Width(family)) };
        }
        foreach (var one in own.DistinctBy(one => one.Device))
        {
            yield return new() { Family = family, Priority = territory.Priority + 40, Table = one.Table, OutputDevice = one.Device };
        }
        var rank = 0u;
        foreach (var one in own.OrderBy(one => one.Half!.Metric).ThenBy(one => one.Number))
        {
            yield return new() { Family = family, Priority = territory.LastResort + rank++, Table = one.Table };
        }
    }
}
