using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.Linux.PathMaintenance;
using Waymark.Linux.Routing;
using Waymark.Paths;

namespace Waymark.Tests.PathMaintenance;

public sealed class IpPathReadingTests
{
    private static readonly Link Wan = new(2, "wan0", IsUp: true, HasCarrier: true, IsLoopback: false, IsPointToPoint: false, Mtu: 1500, Kind: null);

    [Theory]
    [InlineData("0.0.0.0/0", true)]
    [InlineData("0.0.0.0/1", false)]
    [InlineData("0.0.0.0/1 128.0.0.0/1", true)]
    [InlineData("0.0.0.0/1 0.0.0.0/1", false)]
    [InlineData("10.0.0.0/8", false)]
    [InlineData("::/0", true)]
    [InlineData("::/1", true)]
    [InlineData("8000::/1", false)]
    [InlineData("2000::/3", true)]
    [InlineData("2000::/4", false)]
    [InlineData("2000::/4 3000::/4", true)]
    [InlineData("fc00::/7", false)]
    public void What_leads_everywhere_is_a_default_route(string destinations, bool isDefault)
    {
        var routes = destinations.Split(' ').Select(Prefix).Where(DefaultRoute.IsPart).Select(prefix => Route(prefix)).ToList();
        Assert.Equal(isDefault, DefaultRoute.Best(destinations.Contains(':', StringComparison.Ordinal) ? IpFamily.V6 : IpFamily.V4, routes) is not null);
    }

    [Fact]
    public void A_whole_default_route_goes_before_a_single_half_whatever_their_metrics() =>
        Assert.Equal(100u, DefaultRoute.Best(IpFamily.V4, [Route(Prefix("0.0.0.0/1")), Route(Prefix("0.0.0.0/0")) with { Metric = 100 }])!.Metric);

    [Fact]
    public void IPv4_locators_stand_in_the_kernels_order_and_the_routes_source_before_them()
    {
        InterfaceAddress[] addresses = [Address("192.0.2.10"), Address("192.0.2.5"), Address("192.0.2.77")];
        Assert.Equal("192.0.2.10 192.0.2.5 192.0.2.77", Locators(addresses, Route(Prefix("0.0.0.0/0"))));
        Assert.Equal("192.0.2.77 192.0.2.10 192.0.2.5", Locators(addresses, Route(Prefix("0.0.0.0/0")) with { PreferredSource = IpAddress.Parse("192.0.2.77") }));
    }

    [Fact]
    public void IPv6_locators_keep_their_order_while_lifetimes_run_and_are_renewed()
    {
        string Order(uint first, uint second) => Locators(
            [Address("2001:db8:2::1") with { PreferredSeconds = second }, Address("2001:db8:1::1") with { PreferredSeconds = first }], Route(Prefix("::/0")));
        Assert.Equal("2001:db8:1::1 2001:db8:2::1", Order(1800, 1700));
        Assert.Equal("2001:db8:1::1 2001:db8:2::1", Order(1700, 1800));
    }

    [Fact]
    public void The_youngest_temporary_address_stands_first() => Assert.Equal(
        "2001:db8::bb 2001:db8::aa 2001:db8::1",
        Locators(
            [
                Address("2001:db8::1"), Address("2001:db8::aa") with { IsTemporary = true, PreferredSeconds = 10 },
                Address("2001:db8::bb") with { IsTemporary = true, PreferredSeconds = 3600 },
            ],
            Route(Prefix("::/0"))));

    [Fact]
    public void A_link_that_lost_its_carrier_keeps_its_path_and_one_that_is_gone_does_not()
    {
        var paths = Read([Address("192.0.2.10")], Route(Prefix("0.0.0.0/0")));
        Assert.Equal([false], IpPathReading.Without(paths, new(2, IsGone: false)).Paths.Select(path => path.HasCarrier));
        Assert.Empty(IpPathReading.Without(paths, new(2, IsGone: true)).Paths);
        Assert.Equal(paths, IpPathReading.Without(paths, new(3, IsGone: true)));
    }

    [Theory]
    [InlineData("198.51.100.0/24", 254u, false)]
    [InlineData("0.0.0.0/0", 254u, true)]
    [InlineData("0.0.0.0/0", 51820u, true)]
    [InlineData("0.0.0.0/0", 27105u, false)]
    [InlineData("0.0.0.0/0", 255u, false)]
    [InlineData("2001:db8::/32", 254u, false)]
    [InlineData("2000::/4", 254u, true)]
    public void Routes_to_single_networks_and_our_own_change_no_path(string destination, uint table, bool concerns)
    {
        foreach (var type in new[] { RoutingMessages.NewRoute, RoutingMessages.DeleteRoute })
        {
            var writer = new NetlinkWriter();
            RoutingMessages.Write(writer, Route(Prefix(destination)) with { Table = table }, type, NetlinkFlags.None);
            var bytes = writer.Written;
            Assert.True(NetlinkMessage.TryRead(ref bytes, out var message));
            Assert.Equal(concerns, IpNotifications.ConcernsPaths(message, (27100, 27199)));
        }
    }

    private static string Locators(InterfaceAddress[] addresses, Route route) =>
        string.Join(' ', Assert.Single(Assert.Single(Read(addresses, route).Paths).Halves).Locators);

    private static PathSet Read(InterfaceAddress[] addresses, Route route) => IpPathReading.Of(
        [Wan],
        addresses,
        new[] { IpFamily.V4, IpFamily.V6 }.ToDictionary(family => family, family => (IReadOnlyList<Route>)(route.Destination.Family == family ? [route] : [])),
        IpPathOptions.Default);

    private static Route Route(IpPrefix destination) => new() { Table = 254, Destination = destination, LinkIndex = 2, Metric = 1 };

    private static InterfaceAddress Address(string text)
    {
        var address = IpAddress.Parse(text);
        return new(2, address, new(address, address.Family == IpFamily.V4 ? 24 : 64), AddressState.Preferred, IsTemporary: false);
    }

    private static IpPrefix Prefix(string text)
    {
        var parts = text.Split('/');
        return new(IpAddress.Parse(parts[0]), int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
    }
}
