using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>Connections that come in by a path are answered by it, whatever the default is (finding F11).</summary>
public sealed class InboundTests
{
    public static readonly TheoryData<IpFamily> Families = [IpFamily.V4, IpFamily.V6];

    [Theory]
    [MemberData(nameof(Families))]
    public void A_tcp_connection_is_answered_by_the_path_it_came_in_on(IpFamily family)
    {
        using var world = new World();
        world.Apply(Set([To(1, 9, 1)], Class(1, Use(3))));
        var listener = world.Listen(family, 8080, world.Node);
        var (client, accepted) = Dial(world, family, World.Address(family, 2), listener);
        Assert.True(World.Passes(accepted, client));
        Assert.True(World.Passes(client, accepted));
        var seen = world.Seen();
        Assert.Equal(0, seen[0] + seen[2]);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_udp_server_on_the_wildcard_address_answers_by_the_path_of_the_question(IpFamily family)
    {
        using var world = new World();
        world.Apply(Set([To(1, 9, 1)], Class(1, Use(3))));
        var server = world.Udp(world.Node, family, port: 9000);
        var bound = world.Udp(world.Node, family, World.Address(family, 2), 9001);
        var client = world.Udp(world.Far, family, World.Server(family).ToString());
        foreach (var one in new[] { server, bound })
        {
            client.SendTo([1], new IPEndPoint(IPAddress.Parse(World.Address(family, 2)), ((IPEndPoint)one.LocalEndPoint!).Port));
            var question = World.Heard(one, family);
            Assert.Equal(World.Server(family), question?.Address);
            one.SendTo([2], question!);
            Assert.Equal(World.Address(family, 2), World.Heard(client, family)?.Address.ToString());
        }
        Assert.Equal([0, 2, 0], world.Seen());
    }

    [Theory]
    [InlineData(IpFamily.V4, "")]
    [InlineData(IpFamily.V6, "")]
    [InlineData(IpFamily.V4, "all")]
    [InlineData(IpFamily.V4, "w2")]
    public void A_forwarded_port_is_answered_by_the_path_it_came_in_on_also_where_the_reverse_path_filter_is_strict(IpFamily family, string strict)
    {
        using var world = new World();
        if (strict.Length > 0)
        {
            World.In(world.NodeName, "sysctl", "-qw", $"net.ipv4.conf.{strict}.rp_filter=1");
        }
        world.Apply(Set([To(1, 9, 1)], Class(1, Use(3))));
        World.In(world.NodeName, "nft", "table inet port {\nchain pre {\ntype nat hook prerouting priority dstnat\n"
            + "iifname w2 meta nfproto ipv4 tcp dport 8080 dnat ip to 192.168.50.2\niifname w2 meta nfproto ipv6 tcp dport 8080 dnat ip6 to 2001:db8:50::2\n}\n}");
        var listener = world.Listen(family, 8080, world.Host);
        var (client, accepted) = Dial(world, family, World.Address(family, 2), listener);
        Assert.True(World.Passes(accepted, client));
        Assert.True(World.Passes(client, accepted));
        var seen = world.Seen();
        Assert.Equal(0, seen[0] + seen[2]);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_connection_that_came_in_by_a_forbidden_path_is_refused(IpFamily family)
    {
        using var world = new World();
        var box = new FlowBox { Family = family, LocalPort = RangeSet.Of(8080) };
        world.Apply(Set([new(new([box]), 1, Origin, null)], Class(1, Use(1), true, 2, 3)));
        var listener = world.Listen(family, 8080, world.Node);
        var client = world.Tcp(world.Far, family);
        client.Bind(new IPEndPoint(World.Server(family), 0));
        client.Blocking = false;
        try
        {
            client.Connect(new IPEndPoint(IPAddress.Parse(World.Address(family, 2)), 8080));
        }
        catch (SocketException)
        {
            // In progress.
        }
        Assert.False(client.Poll(TimeSpan.FromMilliseconds(300), SelectMode.SelectWrite) && client.Connected);
        Assert.Equal([0, 0, 0], world.Seen());
        var (allowed, accepted) = Dial(world, family, World.Address(family, 1), listener);
        Assert.True(World.Passes(allowed, accepted));
    }

    private static (Socket Client, Socket Accepted) Dial(World world, IpFamily family, string address, Socket listener)
    {
        var client = world.Tcp(world.Far, family);
        client.Bind(new IPEndPoint(World.Server(family), 0));
        client.Connect(new IPEndPoint(IPAddress.Parse(address), ((IPEndPoint)listener.LocalEndPoint!).Port));
        var accepted = world.Opened(listener.Accept());
        accepted.ReceiveTimeout = 2000;
        return (client, accepted);
    }
}
