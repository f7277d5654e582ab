using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>What belongs to a link stays on it; and a link that takes less at once than the one that the system prefers is no obstacle (finding F14).</summary>
public sealed class LinkTests
{
    public static readonly TheoryData<IpFamily> Families = [IpFamily.V4, IpFamily.V6];

    public static readonly TheoryData<IpFamily, bool> Sides = new() { { IpFamily.V4, false }, { IpFamily.V4, true }, { IpFamily.V6, false }, { IpFamily.V6, true } };

    [Theory]
    [MemberData(nameof(Sides))]
    public void Much_passes_both_ways_by_a_path_that_takes_smaller_packets(IpFamily family, bool isForwarded)
    {
        using var world = new World();
        World.Ip(world.NodeName, "link set w2 mtu 1300");
        World.Ip(world.FarName, "link set r2 mtu 1300");
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2), true, 1, 3)));
        var (client, accepted) = world.Connect(isForwarded ? world.Host : world.Node, family, world.Listen(family, 1500));
        Assert.Equal(World.Address(family, 2), World.From(accepted));
        foreach (var (from, to) in new[] { (client, accepted), (accepted, client) })
        {
            const int All = 400_000;
            var sending = Task.Run(() => from.Send(new byte[All]), TestContext.Current.CancellationToken);
            to.ReceiveTimeout = 5000;
            var (received, buffer) = (0, new byte[65536]);
            while (received < All)
            {
                received += to.Receive(buffer);
            }
            Assert.Equal(All, received);
        }
        var seen = world.Seen();
        Assert.Equal(0, seen[0] + seen[2]);
        Assert.True(seen[1] > 0);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Multicast_broadcast_and_link_local_stay_on_their_link_whatever_is_forbidden(IpFamily family)
    {
        using var world = new World();
        world.Apply(Set([new(new([new FlowBox { Family = IpFamily.V4 }, new FlowBox { Family = IpFamily.V6 }]), 1, Origin, null)], Class(1, Drop, true, 1, 2, 3)));
        var listener = world.Udp(world.Far, family, port: 5000);
        var client = world.Udp(world.Node, family);
        Assert.Throws<SocketException>(() => client.SendTo([1], new IPEndPoint(World.Server(family), 5000)));
        foreach (var target in family == IpFamily.V4 ? V4(world, listener, client) : V6(world, client))
        {
            client.SendTo([1], new IPEndPoint(target, 5000));
            Assert.True(World.Heard(listener, family) is not null, $"what is sent to {target} arrives");
        }
    }

    private static IEnumerable<IPAddress> V4(World world, Socket listener, Socket client)
    {
        var group = IPAddress.Parse("224.0.0.251");
        listener.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(group, Index(world.FarName, "r2")));
        client.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, IPAddress.Parse("10.78.2.1").GetAddressBytes());
        client.EnableBroadcast = true;
        return [group, IPAddress.Parse("10.78.2.255"), IPAddress.Broadcast];
    }

    private static IEnumerable<IPAddress> V6(World world, Socket client)
    {
        var scope = Index(world.NodeName, "w2");
        client.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, scope);
        var far = World.In(world.FarName, "ip", "-6", "-o", "addr", "show", "dev", "r2", "scope", "link").Split("inet6 ")[1].Split('/')[0];
        return [new(IPAddress.Parse("ff02::1").GetAddressBytes(), scope), new(IPAddress.Parse(far).GetAddressBytes(), scope)];
    }

    private static int Index(string name, string device) => int.Parse(World.In(name, "cat", $"/sys/class/net/{device}/ifindex"), CultureInfo.InvariantCulture);
}
