using Waymark.Flows;
using Waymark.Linux.Routing;

namespace Waymark.Linux.PathMaintenance;

/// <summary>
/// Which routes together lead to everywhere. Tunnels replace the default route by two halves, to win over it without removing it: 0.0.0.0/1 and 128.0.0.0/1 (OpenVPN's
/// "def1"), 2000::/4 and 3000::/4. In IPv6 everywhere is the global unicast space, 2000::/3 (RFC 4291 section 2.4), which some providers route instead of ::/0.
/// </summary>
internal static class DefaultRoute
{
    private static readonly IpPrefix V4 = new(new(IpFamily.V4, 0), 0);
    private static readonly IpPrefix V6 = new(IpAddress.Parse("2000::"), 3);

    /// <summary>The longest prefix that can be part of one.</summary>
    public static int LongestPart(IpFamily family) => Everywhere(family).Length + 1;

    /// <summary>Whether a route to <paramref name="destination"/> leads everywhere or to one half of it.</summary>
    public static bool IsPart(IpPrefix destination) =>
        destination.Length <= LongestPart(destination.Family)
        && (Contains(destination, Everywhere(destination.Family)) || Contains(Everywhere(destination.Family), destination));

    /// <summary>The route that the system prefers among the <paramref name="routes"/> of one device that lead everywhere, alone or as a pair of halves; null: none does.</summary>
    /// <param name="family">Of all routes.</param>
    /// <param name="routes">Each to a part.</param>
    public static Route? Best(IpFamily family, IReadOnlyCollection<Route> routes)
    {
        var whole = routes.Where(route => Contains(route.Destination, Everywhere(family))).ToList();
        var leading = whole.Count > 0 || routes.Select(route => route.Destination).Distinct().Count() < 2 ? whole : routes;
        return leading.OrderBy(route => route.Metric).ThenBy(route => route.Gateway).FirstOrDefault();
    }

    private static IpPrefix Everywhere(IpFamily family) => family == IpFamily.V4 ? V4 : V6;

    private static bool Contains(IpPrefix outer, IpPrefix inner) => outer.Length <= inner.Length && outer.Contains(inner.First);
}
