using System.Diagnostics;
using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;

namespace Waymark.SystemTests.Netlink;

public sealed class NetlinkSocketTests : IDisposable
{
    private readonly TestNamespace node = new("node");
    private readonly TestNamespace far = new("far");

    public void Dispose()
    {
        node.Dispose();
        far.Dispose();
    }

    [Fact]
    public void A_refusal_says_what_was_tried_and_why_in_the_kernels_words() => node.Network.Run(() =>
    {
        using var routing = new RoutingSocket();
        var lo = routing.Links().Single(link => link.IsLoopback);
        var refused = Assert.Throws<NetlinkException>(() => routing.Replace(
            new() { Table = 27100, Destination = new(new(IpFamily.V4, 0), 0), LinkIndex = lo.Index, Gateway = IpAddress.Parse("192.0.2.1") }));
        Assert.Equal(NetlinkException.NetworkUnreachable, refused.Error);
        Assert.Equal("the kernel refused to set the route 0.0.0.0/0 via 192.0.2.1 dev 1 table 27100 metric 0: Network is unreachable (Nexthop has invalid gateway)", refused.Message);
    });

    [Fact]
    public void Each_refused_message_of_several_is_told_and_the_others_take_effect() => node.Network.Run(() =>
    {
        using var routing = new RoutingSocket();
        using var socket = new NetlinkSocket(NetlinkProtocol.Route);
        var lo = routing.Links().Single(link => link.IsLoopback);
        var writer = new NetlinkWriter();
        foreach (var hop in new string?[] { null, "192.0.2.1", null })
        {
            RoutingMessages.Write(
                writer,
                new Route { Table = 27100 + (uint)writer.Length, Destination = new(new(IpFamily.V4, 0), 0), LinkIndex = lo.Index, Gateway = hop is null ? null : IpAddress.Parse(hop) },
                RoutingMessages.NewRoute,
                NetlinkFlags.Create);
        }
        Assert.Equal([(1, NetlinkException.NetworkUnreachable)], socket.TryRequest(writer.Written).Select(one => (one.Index, one.Error)));
        Assert.Equal(2, routing.Routes(IpFamily.V4).Count);
    });

    [Fact]
    public void Counters_are_those_of_the_interface_and_a_device_that_is_gone_has_none()
    {
        node.Connect("wan0", far, "far0");
        node.Ip("address add 192.0.2.1/24 dev wan0");
        far.Ip("address add 192.0.2.2/24 dev far0");
        node.Run("ping -q -c 3 -i 0.01 -s 1000 192.0.2.2");
        node.Ip("link set wan0 down");
        node.Network.Run(() =>
        {
            using var routing = new RoutingSocket();
            var index = routing.Links().Single(link => link.Name == "wan0").Index;
            var one = Assert.Single(routing.Statistics([index, 4711]));
            // Behind the name: bytes and packets that came in, six others, bytes and packets that went out.
            var told = System.IO.File.ReadLines("/proc/thread-self/net/dev").Single(line => line.Contains("wan0:")).Split(':')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal([told[0], told[1], told[8], told[9]], new[] { one.ReceivedBytes, one.ReceivedPackets, one.SentBytes, one.SentPackets }.Select(number => $"{number}"));
            Assert.True(one.SentBytes > 3000);
        });
    }

    [Fact]
    public void A_socket_stays_in_the_namespace_where_it_was_opened()
    {
        node.Connect("wan0", far, "far0");
        using var routing = node.Network.Run(() => new RoutingSocket());
        Assert.Equal(["lo", "wan0"], routing.Links().Select(link => link.Name));
        using var other = NetworkNamespace.OfProcess(Environment.ProcessId).Run(() => new RoutingSocket());
        Assert.DoesNotContain(other.Links(), link => link.Name == "wan0");
    }

    [Fact]
    public void What_work_in_a_namespace_throws_is_thrown_to_the_caller() =>
        Assert.Throws<InvalidTimeZoneException>(() => node.Network.Run(() => throw new InvalidTimeZoneException()));

    [Fact]
    public void Lost_notifications_are_told_once_and_the_next_ones_come() => node.Network.Run(() =>
    {
        using var wake = new WakeSignal();
        using var socket = new NetlinkSocket(NetlinkProtocol.Route, receiveBuffer: 2048);
        socket.Join(1);
        node.Run("sh -c 'for i in $(seq 1 50); do ip link add d$i type bridge; done'");
        var lost = 0;
        var heard = 1;
        while (heard > 0 || lost == 0)
        {
            heard = 0;
            if (!socket.Wait(TimeSpan.FromMilliseconds(100), wake, _ => heard++))
            {
                (lost, heard) = (lost + 1, 1);
            }
        }
        Assert.Equal(1, lost);
        node.Ip("link add last type bridge");
        var names = new List<string?>();
        Assert.True(socket.Wait(TimeSpan.FromSeconds(5), wake, message => names.Add(RoutingMessages.ReadLink(message)?.Name)));
        Assert.Contains("last", names);
    });

    [Fact]
    public async Task A_wait_without_end_ends_with_its_signal()
    {
        using var wake = new WakeSignal();
        var waiting = Task.Run(
            () => node.Network.Run(() =>
            {
                using var socket = new NetlinkSocket(NetlinkProtocol.Route);
                return socket.Wait(null, wake, _ => { });
            }),
            TestContext.Current.CancellationToken);
        wake.Set();
        Assert.True(await waiting.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_dump_under_constant_change_is_whole()
    {
        node.Connect("wan0", far, "far0");
        using var churn = Process.Start("ip", ["netns", "exec", node.Name, "sh", "-c", "while :; do ip rule add pref 30000 fwmark 1 table 9; ip rule del pref 30000; done"]);
        try
        {
            using var routing = node.Network.Run(() => new RoutingSocket());
            for (var i = 0; i < 500; i++)
            {
                Assert.Equal([0u, 32766, 32767], routing.Rules(IpFamily.V4).Select(rule => rule.Priority).Where(priority => priority != 30000));
            }
        }
        finally
        {
            churn.Kill(entireProcessTree: true);
        }
    }
}
