using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Policies;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>What the host brings: its marks, its reverse-path filter, no default route; and spreads and lifetimes on the real kernel.</summary>
public sealed class HostTests
{
    public static readonly TheoryData<IpFamily> Families = [IpFamily.V4, IpFamily.V6];

    [Theory]
    [MemberData(nameof(Families))]
    public void Bits_of_others_in_both_marks_survive(IpFamily family)
    {
        using var world = new World();
        World.In(world.NodeName, "nft", "table inet other {\nchain early {\ntype filter hook output priority -160\nmeta mark set 0x00001234\nct mark set 0x00000056\n}\n"
            + "chain late {\ntype filter hook postrouting priority 0\nmeta mark & 0x00ffffff == 0x00001234 ct mark & 0x3fff == 0x56 udp dport 1500 counter\n}\n}");
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2))));
        var server = world.Udp(world.Far, family, port: 1500);
        Assert.Equal(World.Address(family, 2), World.Ask(world.Udp(world.Node, family), server, family));
        Assert.Contains("udp dport 1500 counter packets 1", World.In(world.NodeName, "nft", "list", "table", "inet", "other"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_packet_with_another_programs_mark_is_left_alone(IpFamily family)
    {
        using var world = new World();
        world.Options = world.Options with { Bypass = [new MarkValue(0xca6c)] };
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Drop)));
        var server = world.Udp(world.Far, family, port: 1500);
        var tunnel = world.Udp(world.Node, family);
        tunnel.SetRawSocketOption(1, 36, BitConverter.GetBytes(0xca6c));
        Assert.Equal(World.Address(family, 1), World.Ask(tunnel, server, family));
        Assert.Null(World.Ask(world.Udp(world.Node, family), server, family, 100));
    }

    [Theory]
    [InlineData("all")]
    [InlineData("w2")]
    public void The_strict_reverse_path_filter_is_loosened_on_path_devices_and_restored(string where)
    {
        using var world = new World();
        World.In(world.NodeName, "sysctl", "-qw", $"net.ipv4.conf.{where}.rp_filter=1");
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2))));
        Assert.Equal("2", Filter(world, "w2"));
        var listener = world.Listen(IpFamily.V4, 1500);
        var (client, accepted) = world.Connect(world.Node, IpFamily.V4, listener);
        Assert.True(World.Passes(accepted, client));
        (client, accepted) = world.Connect(world.Host, IpFamily.V4, listener);
        Assert.True(World.Passes(accepted, client));
        world.Installer.Dispose();
        world.NewInstaller().Erase();
        Assert.Equal(where == "all" ? "0" : "1", Filter(world, "w2"));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_host_without_a_default_route_reaches_the_world_by_its_paths(IpFamily family)
    {
        using var world = new World(hasDefaults: false);
        world.Options = world.Options with { DefaultDevices = [] };
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2))));
        Assert.Equal(World.Address(family, 2), World.From(world.Connect(world.Node, family, world.Listen(family, 1500)).Accepted));
        Assert.Equal(World.Address(family, 1), World.From(world.Connect(world.Node, family, world.Listen(family, 2500)).Accepted));
        Assert.Equal(World.Address(family, 2), World.From(world.Connect(world.Host, family, world.Listen(family, 1600)).Accepted));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Neighbours_are_left_alone(IpFamily family)
    {
        using var world = new World();
        FlowBox Box(IpFamily one) => new() { Family = one };
        world.Options = world.Options with { Connected = [new(IpAddress.Parse("192.168.50.0"), 24), new(IpAddress.Parse("2001:db8:50::"), 64)] };
        world.Apply(Set([new(new([Box(IpFamily.V4), Box(IpFamily.V6)]), 1, Origin, null)], Class(1, Drop)));
        var neighbour = world.Udp(world.Far, family, port: 5000);
        var client = world.Udp(world.Node, family);
        client.SendTo([1], new IPEndPoint(IPAddress.Parse(family == IpFamily.V4 ? "10.78.3.2" : "2001:db8:3::2"), 5000));
        Assert.Equal(World.Address(family, 3), World.Heard(neighbour, family)?.Address.ToString());
        var host = world.Udp(world.Host, family, port: 5000);
        client.SendTo([1], new IPEndPoint(IPAddress.Parse(family == IpFamily.V4 ? "192.168.50.2" : "2001:db8:50::2"), 5000));
        Assert.NotNull(World.Heard(host, family));
        Assert.Throws<SocketException>(() => client.SendTo([1], new IPEndPoint(World.Server(family), 5000)));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_static_route_of_the_systems_comes_first_and_only_strict_flows_stop_at_it(IpFamily family)
    {
        using var world = new World();
        World.Ip(world.NodeName, "route add 203.0.113.0/24 via 10.78.3.2 dev w3; -6 route add 2001:db8:cafe::/48 via 2001:db8:3::2 dev w3");
        World.Ip(world.FarName, "route replace 192.168.50.0/24 via 10.78.3.1; -6 route replace 2001:db8:50::/64 via 2001:db8:3::1");
        world.Apply(Set([To(1000, 1999, 1), To(2000, 2999, 2)], Class(1, Use(2)), Class(2, Use(2), true, 1, 3)));
        var (free, strict) = (world.Udp(world.Far, family, port: 1500), world.Udp(world.Far, family, port: 2500));
        Assert.Equal(World.Address(family, 3), World.Ask(world.Udp(world.Node, family), free, family));
        Assert.Equal(family == IpFamily.V4 ? "192.168.50.2" : "2001:db8:50::2", World.Ask(world.Udp(world.Host, family), free, family));
        Assert.Null(World.Ask(world.Udp(world.Node, family), strict, family, 200));
        Assert.Null(World.Ask(world.Udp(world.Host, family), strict, family, 200));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_flow_that_slept_through_three_generations_is_classified_anew(IpFamily family)
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Leave)));
        var server = world.Udp(world.Far, family, port: 1500);
        var client = world.Udp(world.Node, family);
        Assert.NotNull(World.Ask(client, server, family));
        world.Apply(Set([To(1000, 1998, 1)], Class(1, Leave)));
        world.Apply(Set([To(1000, 1997, 1)], Class(1, Leave)));
        // Its class is still known: only the generation can tell that it is another's now.
        world.Apply(Set([To(1000, 1400, 1), To(1401, 1996, 2)], Class(1, Leave), Class(2, Drop)));
        Assert.Equal(1, world.Memory.Generation);
        Assert.Null(World.Ask(client, server, family, 200));
    }

    [Theory]
    [InlineData(IpFamily.V4, BalancePer.Flow)]
    [InlineData(IpFamily.V6, BalancePer.Flow)]
    [InlineData(IpFamily.V4, BalancePer.Peer)]
    [InlineData(IpFamily.V6, BalancePer.Local)]
    public void A_spread_keeps_together_what_belongs_together_by_weight(IpFamily family, BalancePer per)
    {
        using var world = new World();
        var spread = new FilterAction.Spread([new(World.Id(1), 8), new(World.Id(2), 5), new(World.Id(3), 3)], per);
        world.Apply(Set([To(1000, 1999, 1)], Class(1, spread)));
        var server = world.Udp(world.Far, family, port: 1500);
        var counts = Enumerable.Range(0, 320).Select(_ =>
        {
            using var client = world.Udp(world.Node, family);
            var first = World.Ask(client, server, family);
            Assert.Equal(first, World.Ask(client, server, family));
            return first ?? "lost";
        }).CountBy(address => address).ToDictionary(one => one.Key, one => one.Value);
        if (per != BalancePer.Flow)
        {
            Assert.Single(counts);
            return;
        }
        Assert.InRange(counts[World.Address(family, 1)], 120, 200);
        Assert.InRange(counts[World.Address(family, 2)], 65, 135);
        Assert.InRange(counts[World.Address(family, 3)], 30, 90);
        // The lost path's share goes to the others.
        world.Installer.KillPath(World.Id(3));
        for (var i = 0; i < 50; i++)
        {
            using var client = world.Udp(world.Node, family);
            Assert.NotEqual(World.Address(family, 3), World.Ask(client, server, family));
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_spread_over_twenty_paths_gives_each_its_weight(IpFamily family)
    {
        using var world = new World { Uplinks = 20 };
        for (var n = 4; n <= world.Uplinks; n++)
        {
            world.Plug(n);
        }
        // As many parts as the decision makes of so many paths; the last has half of them.
        var shares = Enumerable.Range(1, 20).Select(n => new PathShare(World.Id(n), n == 20 ? 64 : n <= 7 ? 4 : 3)).OrderBy(share => share.Path).ToEquatableArray();
        Assert.Equal(128, shares.Sum(share => share.Weight));
        world.Apply(Set([To(1000, 1999, 1)], Class(1, new FilterAction.Spread(shares, BalancePer.Flow))));
        var server = world.Udp(world.Far, family, port: 1500);
        var counts = Enumerable.Range(0, 600).Select(_ =>
        {
            using var client = world.Udp(world.Node, family);
            return World.Ask(client, server, family) ?? "lost";
        }).CountBy(address => address).ToDictionary(one => one.Key, one => one.Value);
        Assert.InRange(counts[World.Address(family, 20)], 230, 370);
        Assert.All(Enumerable.Range(1, 19), n => Assert.InRange(counts.GetValueOrDefault(World.Address(family, n)), 1, 60));
        world.Installer.KillPath(World.Id(20));
        for (var i = 0; i < 50; i++)
        {
            using var client = world.Udp(world.Node, family);
            Assert.NotEqual(World.Address(family, 20), World.Ask(client, server, family, 50));
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_lifetime_ends_in_the_kernel_without_us_and_uncovers_what_it_hid(IpFamily family)
    {
        using var world = new World();
        var end = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(1.5);
        world.Apply(Set([To(1400, 1600, 1, 0, end), To(1000, 1999, 2)], Class(1, Drop) with { EndsAt = end }, Class(2, Use(2))));
        world.Installer.Dispose();
        var server = world.Udp(world.Far, family, port: 1500);
        var client = world.Udp(world.Node, family);
        Assert.Null(World.Ask(client, server, family, 100));
        string? seen = null;
        while (seen is null && TimeProvider.System.GetUtcNow() < end + TimeSpan.FromSeconds(3))
        {
            seen = World.Ask(client, server, family, 100);
        }
        Assert.Equal(World.Address(family, 2), seen);
        Assert.True(TimeProvider.System.GetUtcNow() > end - TimeSpan.FromMilliseconds(50));
        world.Installer = world.NewInstaller();
        world.Memory = world.Installer.Adopt();
        Assert.True(world.Apply(Set([To(1000, 1999, 2)], Class(2, Use(3)))).IsChanged);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void What_ended_in_the_kernel_a_moment_ago_does_not_keep_a_change_from_being_made(IpFamily family)
    {
        using var world = new World();
        var clock = new LateClock();
        world.Installer.Dispose();
        world.Installer = world.Opened(world.Node.Run(() => new FilterRuleInstaller(Territory.Default, clock)));
        world.Installer.Adopt();
        var end = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(0.5);
        world.Apply(Set([To(1400, 1600, 1, 0, end), To(1000, 1999, 2)], Class(1, Drop) with { EndsAt = end }, Class(2, Use(2))));
        string Known() => World.In(world.NodeName, "nft", "list", "map", "inet", "waymark", $"class_path{(family == IpFamily.V4 ? 4 : 6)}");
        Assert.Contains("0x00004000", Known(), StringComparison.Ordinal);
        while (Known().Contains("0x00004000", StringComparison.Ordinal))
        {
            TestContext.Current.CancellationToken.WaitHandle.WaitOne(50);
        }
        // We believe that it is still there: as we do whenever it ends between our looking and the kernel's doing.
        clock.IsLateBy = TimeSpan.FromMinutes(1);
        Assert.True(world.Apply(Set([To(1000, 1999, 2)], Class(2, Use(3)))).IsChanged);
        Assert.Equal(World.Address(family, 3), World.Ask(world.Udp(world.Node, family), world.Udp(world.Far, family, port: 1500), family));
    }

    private sealed class LateClock : TimeProvider
    {
        public TimeSpan IsLateBy { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - IsLateBy;
    }

    private static string Filter(World world, string device) =>
        World.In(world.NodeName, "sysctl", "-n", string.Create(CultureInfo.InvariantCulture, $"net.ipv4.conf.{device}.rp_filter")).Trim();
}
