using Waymark.Flows;
using Waymark.Linux.Routing;

namespace Waymark.Linux.PathMaintenance;

/// <summary>
/// By which devices the system itself sends the flows of a program that has chosen nothing: what others' rules of policy routing lead an unmarked, unbound packet to. A tunnel
/// is often in front of the main table's default route, by a rule of its own (wg-quick) or by two halves of everywhere (<see cref="DefaultRoute"/>).
/// </summary>
public static class SystemChoice
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>Indexes of the devices, of both families. Throws <see cref="Netlink.NetlinkException"/>.</summary>
    /// <param name="routing">Whose kernel.</param>
    /// <param name="ownProtocol">Rules that bear it are ours and do not count.</param>
    public static IReadOnlySet<int> Devices(RoutingSocket routing, byte ownProtocol) =>
        Families.SelectMany(family => Devices(family, [.. routing.Rules(family).Where(rule => rule.Protocol != ownProtocol)], [.. routing.Routes(family)])).ToHashSet();

    /// <summary>
    /// As above, of one family. Where a rule is only for some flows, its devices are among those that the system may choose, and so are those of the rules behind it. By a
    /// route whose device lost its carrier the kernel still sends, until somebody removes it or where it is told not to: both such routes and the best of the others count.
    /// </summary>
    internal static IReadOnlySet<int> Devices(IpFamily family, IReadOnlyCollection<RoutingRule> rules, IReadOnlyCollection<Route> routes)
    {
        var found = new HashSet<int>();
        foreach (var rule in rules.OrderBy(rule => rule.Priority).Where(IsForUnbound))
        {
            if (rule.Action == RuleAction.Lookup)
            {
                var leading = Leading(family, [.. routes.Where(route => route.Table == rule.Table && route.Type == RouteType.Unicast && !route.IsDead && IsCounted(route, rule) && DefaultRoute.IsPart(route.Destination))]);
                found.UnionWith(leading);
                if (leading.Count > 0 && !rule.HasOtherSelectors)
                {
                    break;
                }
            }
            else if (rule.Action is RuleAction.Blackhole or RuleAction.Unreachable or RuleAction.Prohibit && !rule.HasOtherSelectors)
            {
                break;
            }
        }
        return found;
    }

    /// <summary>Whether it may hold for a local packet without mark, source and device.</summary>
    private static bool IsForUnbound(RoutingRule rule)
    {
        var matches = (rule.Mark is not { } mark || (mark & rule.MarkMask) == 0) && rule is { Source: null, OutputDevice: null, InputDevice: null or "lo" };
        return rule.HasOtherSelectors ? matches || rule.IsInverted : matches != rule.IsInverted;
    }

    private static bool IsCounted(Route route, RoutingRule rule) => rule.SuppressPrefixLength is not { } length || route.Destination.Length > length;

    /// <summary>The devices of a table's routes to everywhere, or to halves of it: two halves leave nothing to the whole, the longer whole nothing to the shorter.</summary>
    private static HashSet<int> Leading(IpFamily family, List<Route> routes)
    {
        var byDestination = routes.GroupBy(route => route.Destination).OrderByDescending(group => group.Key.Length).ToList();
        var halves = byDestination.Where(group => group.Key.Length == DefaultRoute.LongestPart(family)).ToList();
        var leading = halves.Count > 1 ? halves : halves.Concat(byDestination.Except(halves).Take(1));
        return [.. leading.SelectMany(group => Best([.. group]).Concat(Best([.. group.Where(route => !route.IsLinkDown)]))).Select(route => route.LinkIndex)];
    }

    private static IEnumerable<Route> Best(List<Route> routes) => routes.Count == 0 ? [] : routes.Where(route => route.Metric == routes.Min(other => other.Metric));
}
