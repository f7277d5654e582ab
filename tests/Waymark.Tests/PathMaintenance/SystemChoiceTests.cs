using Waymark.Flows;
using Waymark.Linux.PathMaintenance;
using Waymark.Linux.Routing;

namespace Waymark.Tests.PathMaintenance;

/// <summary>Where the system sends what has chosen nothing, from rules and routes as <c>ip</c> would say them.</summary>
public sealed class SystemChoiceTests
{
    private static readonly RoutingRule Main = new() { Family = IpFamily.V4, Priority = 32766, Table = 254 };
    private static readonly RoutingRule Tunnel = new() { Family = IpFamily.V4, Priority = 32765, Table = 51820, Mark = 0xca6c, IsInverted = true };
    private static readonly RoutingRule NoDefaults = new() { Family = IpFamily.V4, Priority = 32764, Table = 254, SuppressPrefixLength = 0 };

    [Fact]
    public void It_is_the_best_default_route_of_main() => Assert.Equal([1], Chosen([Main], To("0.0.0.0/0", 1, 100), To("0.0.0.0/0", 2, 200)));

    [Fact]
    public void Equal_ones_are_all_chosen() => Assert.Equal([1, 2], Chosen([Main], To("0.0.0.0/0", 1), To("0.0.0.0/0", 2)));

    [Fact]
    public void A_tunnel_with_a_table_of_its_own_comes_first_and_alone() =>
        Assert.Equal([3], Chosen([NoDefaults, Tunnel, Main], To("0.0.0.0/0", 1), To("0.0.0.0/0", 3) with { Table = 51820 }));

    [Fact]
    public void A_tunnel_whose_table_is_empty_leaves_the_choice_to_main() => Assert.Equal([1], Chosen([NoDefaults, Tunnel, Main], To("0.0.0.0/0", 1)));

    [Fact]
    public void Two_halves_win_over_the_whole_and_one_half_shares()
    {
        Assert.Equal([3], Chosen([Main], To("0.0.0.0/0", 1), To("0.0.0.0/1", 3), To("128.0.0.0/1", 3)));
        Assert.Equal([1, 3], Chosen([Main], To("0.0.0.0/0", 1), To("0.0.0.0/1", 3)));
        // What wg-quick hides of main are the default routes only.
        Assert.Equal([2], Chosen([NoDefaults, Tunnel, Main], To("0.0.0.0/0", 1), To("0.0.0.0/1", 2), To("128.0.0.0/1", 2), To("0.0.0.0/0", 3) with { Table = 51820 }));
    }

    [Fact]
    public void The_global_unicast_space_wins_over_all_of_IPv6()
    {
        RoutingRule main = Main with { Family = IpFamily.V6 };
        Assert.Equal([3], SystemChoice.Devices(IpFamily.V6, [main], [To("::/0", 1), To("2000::/3", 3)]));
        Assert.Equal([4], SystemChoice.Devices(IpFamily.V6, [main], [To("::/0", 1), To("2000::/3", 3), To("2000::/4", 4), To("3000::/4", 4)]));
    }

    [Fact]
    public void Rules_for_marked_bound_or_arriving_packets_do_not_count()
    {
        RoutingRule[] others =
        [
            Tunnel with { IsInverted = false }, Tunnel with { Mark = null, IsInverted = false, OutputDevice = "wg0" }, Tunnel with { Mark = null, IsInverted = false, InputDevice = "lan0" },
            Tunnel with { Mark = null, IsInverted = false, Source = new(IpAddress.Parse("192.0.2.0"), 24) },
        ];
        Assert.Equal([1], Chosen([.. others, Main], To("0.0.0.0/0", 1), To("0.0.0.0/0", 3) with { Table = 51820 }));
    }

    [Fact]
    public void A_rule_for_some_users_or_ports_adds_its_devices() =>
        Assert.Equal([1, 3], Chosen([Tunnel with { Mark = null, IsInverted = false, HasOtherSelectors = true }, Main], To("0.0.0.0/0", 1), To("0.0.0.0/0", 3) with { Table = 51820 }));

    [Fact]
    public void What_refuses_all_ends_the_search()
    {
        var refusal = new RoutingRule { Family = IpFamily.V4, Priority = 100, Action = RuleAction.Unreachable };
        Assert.Equal([], Chosen([refusal, Main], To("0.0.0.0/0", 1)));
        Assert.Equal([1], Chosen([refusal with { HasOtherSelectors = true }, Main], To("0.0.0.0/0", 1)));
    }

    [Fact]
    public void A_route_without_carrier_may_still_be_chosen_and_so_may_the_best_of_the_others() =>
        Assert.Equal([1, 2], Chosen([Main], To("0.0.0.0/0", 1, 100) with { IsLinkDown = true }, To("0.0.0.0/0", 2, 200), To("0.0.0.0/0", 3, 300), To("0.0.0.0/0", 4, 1) with { IsDead = true }));

    private static IEnumerable<int> Chosen(RoutingRule[] rules, params Route[] routes) => SystemChoice.Devices(IpFamily.V4, rules, routes).Order();

    private static Route To(string prefix, int device, uint metric = 0) =>
        new() { Table = 254, Destination = new(IpAddress.Parse(prefix.Split('/')[0]), int.Parse(prefix.Split('/')[1], System.Globalization.CultureInfo.InvariantCulture)), LinkIndex = device, Metric = metric };
}
