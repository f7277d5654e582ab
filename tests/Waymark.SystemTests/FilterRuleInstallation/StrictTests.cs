using System.Net;
using System.Net.Sockets;
using System.Text;
using Waymark.FilterRules;
using Waymark.Flows;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>"require ... else drop" lets not one packet leave by another path: the seven leaks of finding F5, and what a program chooses itself (F4).</summary>
public sealed class StrictTests
{
    public static readonly TheoryData<IpFamily> Families = [IpFamily.V4, IpFamily.V6];

    private static readonly FilterRuleSet OnlySecond = Set([To(1000, 1999, 1)], Class(1, Use(2), true, 1, 3));

    [Theory]
    [MemberData(nameof(Families))]
    public void Nothing_leaves_elsewhere_when_the_link_is_down(IpFamily family)
    {
        using var world = new World();
        world.Apply(OnlySecond);
        var server = world.Udp(world.Far, family, port: 1500);
        var (old, host) = (world.Udp(world.Node, family), world.Udp(world.Host, family));
        Assert.NotNull(World.Ask(old, server, family));
        Assert.NotNull(World.Ask(host, server, family));
        World.Ip(world.NodeName, "link set w2 down");
        foreach (var client in new[] { old, host, world.Udp(world.Node, family), world.Udp(world.Host, family) })
        {
            Assert.Null(World.Ask(client, server, family, 100));
        }
        Assert.Equal([0, 2, 0], world.Seen());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Nothing_leaves_elsewhere_when_the_path_is_gone_and_the_class_with_it(IpFamily family)
    {
        using var world = new World();
        world.Apply(OnlySecond);
        var server = world.Udp(world.Far, family, port: 1500);
        var client = world.Udp(world.Node, family);
        Assert.NotNull(World.Ask(client, server, family));
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Drop, true, 1, 3)), world.Paths(2));
        Assert.Null(World.Ask(client, server, family, 100));
        Assert.Null(World.Ask(world.Udp(world.Node, family), server, family, 100));
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2), true, 1, 3)), world.Paths(2));
        Assert.Null(World.Ask(world.Udp(world.Node, family), server, family, 100));
        Assert.Equal([0, 1, 0], world.Seen());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Packets_without_a_connection_do_not_leave(IpFamily family)
    {
        using var world = new World();
        world.Apply(OnlySecond);
        var raw = world.Opened(world.Node.Run(() => new Socket(family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.Tcp)));
        // A reset of a connection that nobody knows: port 40000 to 1500, flags RST.
        byte[] reset = [0x9c, 0x40, 0x05, 0xdc, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x04, 0, 0, 0, 0, 0, 0];
        try
        {
            raw.SendTo(reset, new IPEndPoint(World.Server(family), 0));
        }
        catch (SocketException)
        {
            // Refused, as it should be.
        }
        World.In(world.NodeName, "nft", "table inet other {\nchain raw {\ntype filter hook output priority raw\nudp dport 1000-1999 notrack\n}\n}");
        var server = world.Udp(world.Far, family, port: 1500);
        var untracked = world.Udp(world.Node, family);
        for (var i = 0; i < 20; i++)
        {
            Assert.Null(World.Ask(untracked, server, family, 1));
        }
        Assert.Equal([0, 0, 0], world.Seen());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_socket_bound_to_another_device_or_address_does_not_get_out(IpFamily family)
    {
        using var world = new World();
        world.Apply(OnlySecond);
        var server = world.Udp(world.Far, family, port: 1500);
        Assert.Null(World.Ask(BoundTo(world, family, "w3"), server, family, 100));
        Assert.Null(World.Ask(BoundTo(world, family, "w1"), server, family, 100));
        Assert.Null(World.Ask(world.Udp(world.Node, family, World.Address(family, 3)), server, family, 100));
        Assert.Equal(World.Address(family, 2), World.Ask(BoundTo(world, family, "w2"), server, family));
        Assert.Equal([0, 1, 0], world.Seen());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_socket_bound_to_a_device_or_address_is_left_alone_where_nothing_forbids_it(IpFamily family)
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2))));
        var server = world.Udp(world.Far, family, port: 1500);
        Assert.Equal(World.Address(family, 3), World.Ask(BoundTo(world, family, "w3"), server, family));
        Assert.Equal(World.Address(family, 3), World.Ask(world.Udp(world.Node, family, World.Address(family, 3)), server, family));
        Assert.Equal([0, 0, 2], world.Seen());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_probe_goes_where_its_mark_and_device_send_it(IpFamily family)
    {
        using var world = new World();
        world.Apply(OnlySecond);
        var server = world.Udp(world.Far, family, port: 1500);
        var probe = BoundTo(world, family, "w3");
        probe.SetRawSocketOption(1, 36, BitConverter.GetBytes(0x03000000));
        Assert.Equal(World.Address(family, 3), World.Ask(probe, server, family));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Nothing_leaves_elsewhere_when_the_default_route_moves_before_the_decision(IpFamily family)
    {
        using var world = new World();
        world.Apply(OnlySecond);
        var server = world.Udp(world.Far, family, port: 1500);
        World.Ip(world.NodeName, "route del default via 10.78.1.2 dev w1 metric 100; -6 route del default via 2001:db8:1::2 dev w1 metric 100");
        World.Ip(world.NodeName, "route add default via 10.78.3.2 dev w3 metric 50; -6 route add default via 2001:db8:3::2 dev w3 metric 50");
        for (var i = 0; i < 20; i++)
        {
            World.Ask(world.Udp(world.Node, family), server, family, 1);
        }
        var seen = world.Seen();
        Assert.Equal(0, seen[0] + seen[2]);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Not_one_packet_of_a_flood_leaves_elsewhere_while_rules_change(IpFamily family)
    {
        using var world = new World();
        var others = Enumerable.Range(0, 50).Select(i => To(3000 + i, 3000 + i, 2)).ToArray();
        FilterRuleSet Variant(int round) => Set([To(1000, 1999, 1), .. others.Skip(round % 7)], Class(1, round % 5 == 4 ? Drop : Use(2), true, 1, 3), Class(2, Use(1 + (round % 3))));
        world.Apply(Variant(0));
        world.Udp(world.Far, family, port: 1500);
        using var stop = new CancellationTokenSource();
        var sent = 0;
        var floods = Enumerable.Range(0, 2).Select(side => new Thread(() =>
        {
            var socket = world.Udp(side == 0 ? world.Node : world.Host, family);
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                if (i % 50 == 0)
                {
                    socket.Dispose();
                    socket = world.Udp(side == 0 ? world.Node : world.Host, family);
                }
                try
                {
                    socket.SendTo([1], new IPEndPoint(World.Server(family), 1500));
                    Interlocked.Increment(ref sent);
                }
                catch (SocketException)
                {
                    // The class drops at the moment.
                }
            }
        })).ToList();
        floods.ForEach(flood => flood.Start());
        for (var round = 1; round < 60; round++)
        {
            world.Apply(Variant(round));
        }
        stop.Cancel();
        floods.ForEach(flood => flood.Join());
        var seen = world.Seen();
        Assert.True(sent > 1000, $"only {sent} packets");
        Assert.Equal(0, seen[0] + seen[2]);
        Assert.True(seen[1] > 0);
    }

    private static Socket BoundTo(World world, IpFamily family, string device)
    {
        var socket = world.Udp(world.Node, family);
        // SO_BINDTODEVICE
        socket.SetRawSocketOption(1, 25, Encoding.ASCII.GetBytes(device + "\0"));
        return socket;
    }
}
