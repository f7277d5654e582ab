using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>The paths' routes and the ip rules that lead to them. Ours are those with our protocol number; a table as a whole never is.</summary>
/// <param name="routing">The kernel.</param>
/// <param name="territory">Which numbers are ours.</param>
/// <param name="pass">Called after each change.</param>
internal sealed class RouteInstallation(RoutingSocket routing, Territory territory, Action pass)
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>Whether the kernel has all of them, and no ip rule of ours beside.</summary>
    public bool IsInPlace(EncodedRuleSet wanted)
    {
        var rules = OwnRules();
        return rules.Count == wanted.IpRules.Count && !rules.Except(wanted.IpRules).Any()
            && wanted.Routes.Select(route => route.Table).Distinct().All(table => Missing(wanted, table).Count == 0);
    }

    /// <summary>Adds what is not there, routes before the rules that lead to them. A route that the kernel refuses becomes a problem, not a failure.</summary>
    public void Add(EncodedRuleSet wanted, List<string> problems)
    {
        foreach (var route in wanted.Routes.Select(route => route.Table).Distinct().SelectMany(table => Missing(wanted, table)))
        {
            try
            {
                routing.Replace(route);
            }
            catch (NetlinkException refused)
            {
                // The link went down meanwhile, or an address with it: the path is without a route, and what is marked for it is unreachable.
                problems.Add(refused.Message);
            }
            pass();
        }
        var there = OwnRules();
        foreach (var rule in wanted.IpRules.Where(rule => !there.Contains(rule)))
        {
            routing.Add(rule);
            pass();
        }
    }

    /// <summary>Removes what is ours and not wanted, rules before the routes that they lead to.</summary>
    public void Remove(EncodedRuleSet wanted)
    {
        Remove(OwnRules().Where(rule => !wanted.IpRules.Contains(rule)));
        for (var number = 1; number <= wanted.Memory.Paths.Paths.Count; number++)
        {
            Remove(OwnRoutes(territory.TableOf(number)).Where(old => !wanted.Routes.Any(route => IsSame(old, route))));
        }
    }

    /// <summary>Removes all that is ours, also in tables of an earlier configuration, to which rules of ours lead.</summary>
    public void Erase()
    {
        var rules = OwnRules();
        Remove(rules);
        foreach (var table in rules.Select(rule => rule.Table).Union(Enumerable.Range(1, territory.Paths).Select(territory.TableOf)))
        {
            Remove(OwnRoutes(table));
        }
    }

    private void Remove(IEnumerable<RoutingRule> rules)
    {
        foreach (var rule in rules)
        {
            routing.Delete(rule);
            pass();
        }
    }

    private void Remove(IEnumerable<Route> routes)
    {
        foreach (var route in routes)
        {
            routing.Delete(route);
            pass();
        }
    }

    private List<Route> Missing(EncodedRuleSet wanted, uint table)
    {
        var there = OwnRoutes(table);
        return [.. wanted.Routes.Where(route => route.Table == table && !there.Any(old => IsSame(old, route)))];
    }

    private List<RoutingRule> OwnRules() => [.. Families.SelectMany(routing.Rules).Where(rule => rule.Protocol == territory.Protocol)];

    private List<Route> OwnRoutes(uint table) => [.. Families.SelectMany(family => routing.Routes(family, table)).Where(route => route.Protocol == territory.Protocol)];

    private static bool IsSame(Route one, Route other) =>
        one.Table == other.Table && one.Destination == other.Destination && one.LinkIndex == other.LinkIndex && one.Gateway == other.Gateway
        && one.PreferredSource == other.PreferredSource && one.Metric == other.Metric;
}
