using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Faults;

/// <summary>
/// A tunnel has made itself the system's default, beside the main table's default route or over it: flows of a class take their path all the same, strict ones that or none,
/// and what no policy speaks of stays in the tunnel.
/// </summary>
public sealed class OtherDefaultRouteTests
{
    /// <summary>As wg-quick does: a table of its own, for all that its own socket has not marked; main counts for what is not a default route.</summary>
    private const string WgQuick = "route del default dev w3; -6 route del default dev w3; route add default via 10.78.3.2 dev w3 table 51820; -6 route add default via 2001:db8:3::2 dev w3 table 51820; "
        + "rule add not fwmark 0xca6c table 51820; -6 rule add not fwmark 0xca6c table 51820; rule add table main suppress_prefixlength 0; -6 rule add table main suppress_prefixlength 0";

    /// <summary>As OpenVPN does ("def1"): two halves, which win over the default route.</summary>
    private const string Halves = "route del default dev w3; -6 route del default dev w3; route add 0.0.0.0/1 via 10.78.3.2 dev w3; route add 128.0.0.0/1 via 10.78.3.2 dev w3; "
        + "-6 route add 2000::/4 via 2001:db8:3::2 dev w3; -6 route add 3000::/4 via 2001:db8:3::2 dev w3";

    /// <summary>As providers do, and OpenVPN too: the global unicast space.</summary>
    private const string GlobalUnicast = "route del default dev w3; -6 route del default dev w3; route add 0.0.0.0/1 via 10.78.3.2 dev w3; route add 128.0.0.0/1 via 10.78.3.2 dev w3; "
        + "-6 route add 2000::/3 via 2001:db8:3::2 dev w3";

    [Theory]
    [InlineData(IpFamily.V4, WgQuick)]
    [InlineData(IpFamily.V6, WgQuick)]
    [InlineData(IpFamily.V4, Halves)]
    [InlineData(IpFamily.V6, Halves)]
    [InlineData(IpFamily.V6, GlobalUnicast)]
    public async Task Flows_take_the_path_of_their_class_and_strict_ones_no_other(IpFamily family, string tunnel)
    {
        using var world = new World();
        World.Ip(world.NodeName, tunnel);
        var tap = new Tap(world, 1500);
        await using var node = new RunningNode(world, """
            udp peer port 1500, tcp peer port 1500 require label "name" = "w2" else drop;
            udp peer port 1600 require label "name" = "w1" else default;
            """);
        await node.UntilUp(World.Id(2));
        await node.UntilUp(World.Id(3));
        Assert.Equal((World.Address(family, 2), World.Address(family, 1), World.Address(family, 3)), (Seen(world.Node, 1500), Seen(world.Node, 1600), Seen(world.Node, 1700)));
        Assert.Equal((World.Address(family, 2), World.Address(family, 1)), (Seen(world.Host, 1500), Seen(world.Host, 1600)));
        // A program that chooses its address or device is left alone, and strict flows are not let out for it.
        Assert.Equal(World.Address(family, 2), Seen(world.Node, 1700, World.Address(family, 2)));
        Assert.Null(Seen(world.Node, 1500, World.Address(family, 1)));
        World.Ip(world.NodeName, "link set w2 down");
        using (new Traffic(world, family, 1500))
        {
            await node.Until(now => now.World.Paths.Find(World.Id(2)) is not { HasCarrier: true }, "the strict path is lost");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
        tap.AssertOnly(2);
        Assert.Empty(node.Failures);

        string? Seen(NetworkNamespace from, int port, string? address = null)
        {
            using var server = world.Udp(world.Far, family, port: port);
            return World.Ask(world.Udp(from, family, address), server, family, 300);
        }
    }
}
