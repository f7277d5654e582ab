using System.Globalization;
using Waymark.Flows;
using Waymark.Linux.PathMaintenance;
using Waymark.Linux.Routing;
using Waymark.Nodes;
using Waymark.Paths;

namespace Waymark.SystemTests.PathMaintenance;

public sealed class IpPathMaintainerTests : IAsyncDisposable
{
    private readonly TestNamespace node = new("node");
    private readonly TestNamespace far = new("far");
    private readonly CancellationTokenSource stop = new(TimeSpan.FromSeconds(60));
    private IAsyncEnumerator<PathSet>? watch;

    public async ValueTask DisposeAsync()
    {
        if (watch is not null)
        {
            await stop.CancelAsync();
            try
            {
                await watch.DisposeAsync();
            }
            catch (OperationCanceledException)
            {
                // The end of the watch.
            }
        }
        node.Dispose();
        far.Dispose();
        stop.Dispose();
    }

    [Theory]
    [InlineData(IpFamily.V4, "192.0.2.10/24", "192.0.2.1")]
    [InlineData(IpFamily.V6, "2001:db8:1::10/64", "2001:db8:1::1")]
    public async Task An_interface_with_a_default_route_is_a_path_until_the_route_goes(IpFamily family, string address, string gateway)
    {
        node.Connect("wan0", far, "far0");
        await Watch(new());
        Assert.Empty((await Next(_ => true)).Paths);
        node.Ip($"addr add {address} dev wan0 nodad");
        node.Ip($"route add default via {gateway} dev wan0 metric 50");
        var path = Assert.Single((await Next(set => set.Paths.Count == 1)).Paths);
        Assert.Equal((new PathId("ip", "wan0"), "wan0", true), (path.Id, path.Device, path.HasCarrier));
        var half = path.Half(family)!;
        Assert.Equal((IpAddress.Parse(gateway), 50u, IpAddress.Parse(address.Split('/')[0])), (half.Gateway!.Value, half.Metric, half.Locators[0]));
        Assert.Equal(address.Replace("10/", "0/", StringComparison.Ordinal).Replace("::0/", "::/", StringComparison.Ordinal), half.Connected[0].ToString());

        // The far end of the cable loses its carrier: IPv4 and IPv6 routes stay, the path has no carrier.
        far.Ip("link set far0 down");
        Assert.False((await Next(set => set.Paths.Count == 1 && !set.Paths[0].HasCarrier)).Paths[0].HasCarrier);
        far.Ip("link set far0 up");
        await Next(set => set.Paths.Count == 1 && set.Paths[0].HasCarrier);
        node.Ip($"-{(family == IpFamily.V4 ? 4 : 6)} route del default dev wan0");
        await Next(set => set.Paths.IsEmpty);
    }

    [Theory]
    [InlineData(IpFamily.V4, "192.168.1.1{0}/24", "192.168.1.1")]
    [InlineData(IpFamily.V6, "2001:db8:1::1{0}/64", "2001:db8:1::1")]
    [InlineData(IpFamily.V6, "2001:db8:1{0}::1/64", "fe80::1")]
    public async Task Two_lines_with_the_same_gateway_address_are_two_paths(IpFamily family, string address, string gateway)
    {
        foreach (var n in new[] { 0, 1 })
        {
            node.Connect($"wan{n}", far, $"far{n}");
            node.Ip($"addr add {string.Format(CultureInfo.InvariantCulture, address, n)} dev wan{n} nodad");
            node.Ip($"route add default via {gateway} dev wan{n} metric {100 + n}");
        }
        await Watch(new());
        var set = await Next(one => one.Paths.Count(path => path.Half(family) is not null) == 2);
        Assert.All(set.Paths, path => Assert.Equal(IpAddress.Parse(gateway), path.Half(family)!.Gateway));
    }

    [Theory]
    [InlineData(IpFamily.V4, "192.0.2.10/24", "192.0.2.1", "10.9.0.2/32")]
    [InlineData(IpFamily.V6, "2001:db8:1::10/64", "2001:db8:1::1", "2001:db8:9::2/128")]
    public async Task A_default_route_in_a_table_that_a_rule_names_counts_and_ours_do_not(IpFamily family, string address, string gateway, string tunnel)
    {
        var ip = family == IpFamily.V4 ? "-4" : "-6";
        node.Connect("wan0", far, "far0");
        node.Connect("wg0", far, "far1");
        node.Ip($"addr add {address} dev wan0 nodad");
        node.Ip($"addr add {tunnel} dev wg0 nodad");
        node.Ip($"{ip} route add default dev wan0 via {gateway} table 27100");
        node.Ip($"{ip} rule add fwmark 0x1 table 27100");
        node.Ip($"{ip} route add default dev wg0 table 51820");
        await Watch(new());
        Assert.Empty((await Next(_ => true)).Paths);
        node.Ip($"{ip} rule add not fwmark 0xca6c table 51820");
        var path = Assert.Single((await Next(set => set.Paths.Count > 0)).Paths);
        Assert.Equal(("wg0", (IpAddress?)null), (path.Device, path.Half(family)!.Gateway));
    }

    [Theory]
    [InlineData("10.8.0.2/24", "0.0.0.0/1", "128.0.0.0/1", "10.8.0.1")]
    [InlineData("2001:db8:8::2/64", "2000::/4", "3000::/4", "2001:db8:8::1")]
    [InlineData("2001:db8:8::2/64", "2000::/4", "2000::/3", "2001:db8:8::1")]
    public async Task The_two_halves_of_a_default_route_are_one(string address, string first, string second, string gateway)
    {
        node.Connect("tun0", far, "far0");
        node.Ip($"addr add {address} dev tun0 nodad");
        node.Ip($"route add {first} via {gateway}");
        await Watch(new());
        Assert.Empty((await Next(_ => true)).Paths);
        node.Ip($"route add {second} via {gateway}");
        Assert.Equal("tun0", Assert.Single((await Next(set => set.Paths.Count > 0)).Paths).Device);
    }

    [Fact]
    public async Task Deprecated_and_tentative_addresses_are_no_locators()
    {
        node.Connect("wan0", far, "far0");
        node.Ip("addr add 2001:db8:1::a/64 dev wan0 nodad");
        node.Ip("addr add 2001:db8:2::a/64 dev wan0 nodad preferred_lft 0");
        node.Ip("route add default via fe80::1 dev wan0");
        await Watch(new());
        var half = (await Next(set => set.Paths.Count == 1)).Paths[0].Half(IpFamily.V6)!;
        Assert.Equal([IpAddress.Parse("2001:db8:1::a")], half.Locators);
        Assert.Equal(IpAddress.Parse("fe80::1"), half.Gateway);
    }

    [Theory]
    [InlineData("192.0.2.1/24", "192.0.2.2")]
    [InlineData("2001:db8:1::1/64", "2001:db8:1::2")]
    public async Task Interfaces_come_and_go_in_hundreds_and_lost_messages_lose_nothing(string address, string gateway)
    {
        // A buffer this small overflows at once: what was lost has to be read again.
        await Watch(new() { ReceiveBuffer = 2048 });
        await Next(_ => true);
        node.Run($"sh -c 'for i in $(seq 1 150); do ip link add d$i type bridge; ip link set d$i up; ip link del d$i; done; ip link add last type bridge; ip addr add {address} dev last nodad; ip link set last up; ip route add default via {gateway}'");
        Assert.Equal("last", (await Next(set => set.Paths.Count == 1)).Paths[0].Device);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_storm_of_other_routes_delays_no_path(IpFamily family)
    {
        node.Connect("wan0", far, "far0");
        node.Connect("wan1", far, "far1");
        node.Ip($"addr add {Own(family, 0)} dev wan0 nodad");
        node.Ip($"addr add {Own(family, 1)} dev wan1 nodad");
        await Watch(new() { ReceiveBuffer = 4096 });
        await Next(_ => true);
        // A routing daemon at work: changes that concern no path follow each other without a pause.
        var network = family == IpFamily.V4 ? "198.51.100.0/24" : "2001:db8:ffff::/48";
        using var storm = System.Diagnostics.Process.Start("ip", ["netns", "exec", node.Name, "sh", "-c",
            $"while :; do printf 'route add {network} dev wan1\\nroute del {network} dev wan1\\n%.0s' $(seq 500); done | ip -{(family == IpFamily.V4 ? 4 : 6)} -batch -"]);
        try
        {
            for (var i = 0; i < 5; i++)
            {
                node.Ip($"-{(family == IpFamily.V4 ? 4 : 6)} route add default dev wan0 metric 7");
                await Next(set => set.Paths.Count == 1);
                node.Ip($"-{(family == IpFamily.V4 ? 4 : 6)} route del default dev wan0 metric 7");
                await Next(set => set.Paths.IsEmpty);
            }
            Assert.False(storm.HasExited, "the storm went on all the time");
        }
        finally
        {
            storm.Kill(entireProcessTree: true);
        }
    }

    [Theory]
    [InlineData("192.0.2.10/24", "192.0.2.1")]
    [InlineData("2001:db8:1::10/64", "2001:db8:1::1")]
    public async Task A_device_that_goes_takes_its_path_along_and_brings_it_back(string address, string gateway)
    {
        for (var i = 0; i < 5; i++)
        {
            node.Connect("wan0", far, "far0");
            node.Ip($"addr add {address} dev wan0 nodad");
            node.Ip($"route add default via {gateway}");
            if (i == 0)
            {
                await Watch(new());
            }
            var path = Assert.Single((await Next(set => set.Paths.Count == 1)).Paths);
            Assert.Equal(new PathId("ip", "wan0"), path.Id);
            node.Ip("link del wan0");
            await Next(set => set.Paths.IsEmpty);
        }
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_default_route_over_two_lines_at_once_makes_two_paths(IpFamily family)
    {
        foreach (var n in new[] { 0, 1 })
        {
            node.Connect($"wan{n}", far, $"far{n}");
            node.Ip($"addr add {Own(family, n)} dev wan{n} nodad");
        }
        node.Ip($"-{(family == IpFamily.V4 ? 4 : 6)} route add default nexthop via {Gateway(family, 0)} dev wan0 nexthop via {Gateway(family, 1)} dev wan1 weight 3");
        await Watch(new());
        var set = await Next(one => one.Paths.Count == 2);
        Assert.Equal([Gateway(family, 0), Gateway(family, 1)], set.Paths.Select(path => path.Half(family)!.Gateway.ToString()));
    }

    [Fact]
    public async Task An_IPv4_route_by_an_IPv6_gateway_has_that_gateway()
    {
        node.Connect("wan0", far, "far0");
        node.Ip("addr add 192.0.2.10/32 dev wan0");
        node.Ip("-4 route add default via inet6 fe80::1 dev wan0");
        await Watch(new());
        Assert.Equal(IpAddress.Parse("fe80::1"), Assert.Single((await Next(set => set.Paths.Count == 1)).Paths).Half(IpFamily.V4)!.Gateway);
    }

    [Fact]
    public async Task The_primary_address_stands_first_unless_the_route_prefers_another()
    {
        node.Connect("wan0", far, "far0");
        node.Ip("addr add 192.0.2.10/24 dev wan0");
        node.Ip("addr add 192.0.2.5/24 dev wan0");
        node.Ip("route add default via 192.0.2.1");
        await Watch(new());
        Assert.Equal("192.0.2.10", (await Next(set => set.Paths.Count == 1)).Paths[0].Half(IpFamily.V4)!.Locators[0].ToString());
        node.Ip("route replace default via 192.0.2.1 src 192.0.2.5");
        await Next(set => set.Paths.Count == 1 && set.Paths[0].Half(IpFamily.V4)!.Locators[0] == IpAddress.Parse("192.0.2.5"));
    }

    [Fact]
    public async Task A_temporary_address_stands_first_and_ends_with_its_prefix()
    {
        node.Run("sysctl -qw net.ipv6.conf.all.forwarding=0");
        node.Connect("wan0", far, "far0");
        node.Run("sysctl -qw net.ipv6.conf.wan0.use_tempaddr=2");
        // What the kernel makes of a router advertisement, without the router.
        node.Ip("addr add 2001:db8:1::a/64 dev wan0 mngtmpaddr nodad preferred_lft 3000 valid_lft 6000");
        node.Ip("route add default via fe80::1 dev wan0");
        await Watch(new());
        var set = await Next(one => one.Paths.Count == 1 && one.Paths[0].Half(IpFamily.V6) is { Locators.Count: 2 });
        Assert.Equal("2001:db8:1::a", set.Paths[0].Half(IpFamily.V6)!.Locators[1].ToString());
        // Renumbering: the old prefix and the temporary address of it end, the new one stays.
        node.Ip("addr add 2001:db8:2::a/64 dev wan0 nodad");
        node.Ip("addr change 2001:db8:1::a/64 dev wan0 mngtmpaddr preferred_lft 0 valid_lft 6000");
        await Next(one => one.Paths.Count == 1 && one.Paths[0].Half(IpFamily.V6) is { Locators: [var only] } && only == IpAddress.Parse("2001:db8:2::a"));
    }

    [Fact]
    public async Task Who_stops_reading_ends_the_watch_without_cancelling()
    {
        await Watch(new());
        await watch!.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        watch = null;
    }

    [Fact]
    public async Task A_declared_interface_has_its_name_and_an_ignored_one_is_none()
    {
        node.Connect("wan0", far, "far0");
        node.Connect("wan1", far, "far1");
        foreach (var n in new[] { 0, 1 })
        {
            node.Ip($"addr add 192.0.{n}.10/24 dev wan{n}");
            node.Ip($"route add default via 192.0.{n}.1 metric {n}");
        }
        await Watch(new() { Interfaces = [new("wan0", "fibre"), new("wan1", "spare") { IsIgnored = true }] });
        Assert.Equal("fibre", Assert.Single((await Next(_ => true)).Paths).Name);
    }

    [Fact]
    public async Task A_path_is_the_device_with_the_declared_hardware_address_driver_or_address_also_after_it_moved()
    {
        foreach (var n in new[] { 0, 1, 2 })
        {
            node.Connect($"wan{n}", far, $"far{n}");
            node.Ip($"addr add 192.0.{n}.10/24 dev wan{n}");
            node.Ip($"route add default via 192.0.{n}.1 metric {n + 1}");
        }
        node.Ip("link set wan1 address 02:00:00:00:00:0a");
        await Watch(new()
        {
            Interfaces =
            [
                new(new PathMatch { HardwareAddress = "02:00:00:00:00:0a" }, "by-mac"), new(new PathMatch { Address = new(IpAddress.Parse("192.0.2.0"), 24) }, "by-address"),
                new(new PathMatch { Driver = "veth" }, "by-driver"), new(new PathMatch { Driver = "e1000e" }, "absent"),
            ],
        });
        Assert.Equal("ip/wan0 by-driver, ip/wan1 by-mac, ip/wan2 by-address", Names(await Next(_ => true)));
        node.Ip("link set wan1 address 02:00:00:00:00:0b");
        node.Ip("link set wan2 address 02:00:00:00:00:0a");
        Assert.Equal("ip/wan0 by-driver, ip/wan1 wan1, ip/wan2 by-mac", Names(await Next(paths => paths.Paths.Any(path => path is { Name: "by-mac", Device: "wan2" }))));
    }

    private static string Names(PathSet paths) => string.Join(", ", paths.Paths.OrderBy(path => path.Device, StringComparer.Ordinal).Select(path => $"{path.Id} {path.Name}"));

    [Theory]
    [InlineData(IpFamily.V4, "198.51.100.9", "192.0.2.1", "192.0.2.10/24")]
    [InlineData(IpFamily.V6, "2001:db8:9::9", "2001:db8:1::1", "2001:db8:1::10/64")]
    public void Routes_and_rules_are_written_read_and_asked_for(IpFamily family, string destination, string gateway, string address)
    {
        node.Connect("wan0", far, "far0");
        node.Ip($"addr add {address} dev wan0 nodad");
        node.Network.Run(() =>
        {
            using var routing = new RoutingSocket();
            var link = routing.Links().Single(one => one.Name == "wan0");
            var route = new Route { Table = 27105, Destination = new(new(family, 0), 0), LinkIndex = link.Index, Gateway = IpAddress.Parse(gateway), Protocol = 157, Metric = 10 };
            routing.Replace(route);
            routing.Replace(route);
            Assert.Equal([route], routing.Routes(family, 27105));
            var rule = new RoutingRule { Family = family, Priority = 7110, Table = 27105, Mark = 0x05000000, MarkMask = 0x3f000000, Protocol = 157 };
            routing.Add(rule);
            routing.Add(rule);
            Assert.Equal([rule], routing.Rules(family).Where(one => one.Protocol == 157));
            Assert.Throws<Linux.Netlink.NetlinkException>(() => routing.Lookup(new(IpAddress.Parse(destination))));
            var answer = routing.Lookup(new(IpAddress.Parse(destination)) { Mark = 0x05000000 });
            Assert.Equal((link.Index, IpAddress.Parse(gateway), IpAddress.Parse(address.Split('/')[0])), (answer.LinkIndex, answer.Gateway!.Value, answer.Source!.Value));
            routing.Delete(rule);
            routing.Delete(rule);
            routing.Delete(route);
            routing.Delete(route);
            Assert.Empty(routing.Routes(family, 27105));
        });
    }

    private static string Own(IpFamily family, int line) => family == IpFamily.V4 ? $"192.0.2.{10 + (128 * line)}/25" : $"2001:db8:{line + 1}::10/64";

    private static string Gateway(IpFamily family, int line) => family == IpFamily.V4 ? $"192.0.2.{1 + (128 * line)}" : $"2001:db8:{line + 1}::1";

    private async Task Watch(IpPathOptions options)
    {
        // The watching thread is started by the first step, and is born into the namespace of the thread that starts it.
        var started = node.Network.Run(() =>
        {
            watch = new IpPathMaintainer(options).WatchAsync(stop.Token).GetAsyncEnumerator(stop.Token);
            return watch.MoveNextAsync();
        });
        Assert.True(await started);
        fresh = true;
    }

    private bool fresh;

    /// <summary>The first set that fits, from the last one on.</summary>
    private async Task<PathSet> Next(Func<PathSet, bool> fits)
    {
        if (!fresh)
        {
            Assert.True(await watch!.MoveNextAsync());
        }
        fresh = false;
        while (!fits(watch!.Current))
        {
            Assert.True(await watch.MoveNextAsync());
        }
        return watch.Current;
    }
}
