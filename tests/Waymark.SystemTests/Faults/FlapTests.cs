using Waymark.Flows;
using Waymark.Linux.PathMaintenance;
using Waymark.SystemTests.FilterRuleInstallation;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.Faults;

/// <summary>A strict path that comes and goes in every way it can, under traffic: not a packet leaves elsewhere; and the harness sees leaks where a guard is missing.</summary>
public sealed class FlapTests
{
    private const int Port = 1500;

    private const string Strict = """udp peer port 1500, tcp peer port 1500 require label "name" = "w2" else drop;""";

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task Not_one_packet_leaves_elsewhere_while_the_strict_path_flaps_200_times(IpFamily family)
    {
        using var world = new World();
        var tap = new Tap(world, Port);
        await using var node = new RunningNode(world, Strict);
        await node.UntilUp(World.Id(2));
        using var traffic = new Traffic(world, family, Port);
        var wentOn = 0;
        for (var flap = 0; flap < 200; flap++)
        {
            var (sent, refused) = traffic.Count;
            Fall(world, flap);
            // Every other time it comes back before anybody could react.
            if (flap % 2 == 0)
            {
                await node.Until(now => now.Decision.FilterRules.Classes.Any(one => one.Action(family) is FilterRules.FilterAction.Drop), "the class is closed");
            }
            Rise(world);
            if (flap % 10 == 9)
            {
                await node.UntilUp(World.Id(2));
                var before = tap.Counts()[1];
                // At once, and not only when somebody next looks whether all is in place (5 s).
                for (var wait = 0; wait < 20 && tap.Counts()[1] == before; wait++)
                {
                    await Task.Delay(50, TestContext.Current.CancellationToken);
                }
                wentOn += tap.Counts()[1] > before ? 1 : 0;
            }
            Assert.True(traffic.Count.Sent + traffic.Count.Refused > sent + refused, "traffic goes on");
        }
        Assert.Equal(20, wentOn);
        Assert.True(traffic.Count is { Sent: > 5000, Refused: > 1000 }, $"{traffic.Count}");
        tap.AssertOnly(2);
        Assert.Empty(node.Failures);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task Not_one_packet_leaves_by_an_uplink_that_comes_and_goes_beside_the_strict_path(IpFamily family)
    {
        using var world = new World();
        var tap = new Tap(world, Port);
        await using var node = new RunningNode(world, Strict);
        await node.UntilUp(World.Id(2));
        using (new Traffic(world, family, Port))
        {
            for (var flap = 0; flap < 50; flap++)
            {
                Fall(world, flap, flap % 2 == 0 ? 1 : 3);
                if (flap % 5 != 0)
                {
                    await node.Until(now => now.World.Paths.Find(World.Id(flap % 2 == 0 ? 1 : 3)) is not { HasCarrier: true, Halves.Count: 2 }, "the other path is lost");
                }
                Rise(world, flap % 2 == 0 ? 1 : 3);
            }
        }
        tap.AssertOnly(2);
        Assert.Empty(node.Failures);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task Strict_flows_go_by_their_path_also_where_the_system_prefers_an_interface_that_is_never_to_be_used(IpFamily family)
    {
        using var world = new World();
        var tap = new Tap(world, Port);
        await using var node = new RunningNode(world, Strict, null, new() { Interfaces = [new("w1", "w1") { IsIgnored = true }] }, []);
        await node.UntilUp(World.Id(2));
        var server = world.Udp(world.Far, family, port: Port);
        Assert.Equal(World.Address(family, 2), World.Ask(world.Udp(world.Node, family), server, family));
        tap.AssertOnly(2);
        world.Unplug(2);
        await node.Until(now => now.World.Paths.Find(World.Id(2)) is null, "the strict path is gone");
        Assert.Null(World.Ask(world.Udp(world.Node, family), server, family, 200));
        tap.AssertOnly(2);
    }

    /// <summary>What keeps the packets in where nobody reacts: the rule on the strict bit, and behind it the guard. Each alone does, which is why there are two.</summary>
    [Theory]
    [InlineData(IpFamily.V4, true, true)]
    [InlineData(IpFamily.V6, true, true)]
    [InlineData(IpFamily.V4, true, false)]
    [InlineData(IpFamily.V6, true, false)]
    [InlineData(IpFamily.V4, false, true)]
    [InlineData(IpFamily.V6, false, true)]
    public void Without_the_guarding_rules_the_same_flaps_leak_and_with_either_they_do_not(IpFamily family, bool isWithoutRule, bool isWithoutGuard)
    {
        using var world = new World();
        var tap = new Tap(world, Port);
        world.Apply(Set([To(Port, Port, 1)], Class(1, Use(2), true, 1, 3)));
        // Nobody puts back what is taken away now.
        world.Installer.Dispose();
        if (isWithoutRule)
        {
            World.Ip(world.NodeName, $"rule del pref {Priority + 20}; -6 rule del pref {Priority + 20}");
        }
        if (isWithoutGuard)
        {
            World.In(world.NodeName, "nft", "flush chain inet waymark guard");
        }
        using (new Traffic(world, family, Port))
        {
            for (var flap = 0; flap < 20; flap++)
            {
                Fall(world, flap);
                TestContext.Current.CancellationToken.WaitHandle.WaitOne(20);
                Rise(world);
            }
        }
        Assert.Equal(isWithoutRule && isWithoutGuard, tap.Leaks(2) > 0);
        if (isWithoutRule && isWithoutGuard)
        {
            // And what strays is named: class and mark of its path.
            Assert.Contains("0x42004000 . 0x42000000", Assert.ThrowsAny<Exception>(() => tap.AssertOnly(2)).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>An uplink that the rules do not know, for it has just come or is never to be used, is the system's choice: what keeps strict flows off it.</summary>
    [Theory]
    [InlineData(IpFamily.V4, true, true)]
    [InlineData(IpFamily.V6, true, true)]
    [InlineData(IpFamily.V4, true, false)]
    [InlineData(IpFamily.V6, true, false)]
    [InlineData(IpFamily.V4, false, true)]
    [InlineData(IpFamily.V6, false, true)]
    [InlineData(IpFamily.V4, false, false)]
    [InlineData(IpFamily.V6, false, false)]
    public void Without_the_rules_for_strays_an_uplink_that_is_no_path_leaks_and_with_them_it_does_not(IpFamily family, bool isFlapping, bool isWithout)
    {
        using var world = new World();
        var tap = new Tap(world, Port);
        world.Apply(Set([To(Port, Port, 1)], Class(1, Use(2), true, 1, 3)), world.Paths(1));
        world.Installer.Dispose();
        if (isWithout)
        {
            World.In(world.NodeName, "nft", "flush chain inet waymark stray");
        }
        using (var traffic = new Traffic(world, family, Port))
        {
            for (var flap = 0; isFlapping && flap < 20; flap++)
            {
                Fall(world, flap, 1);
                TestContext.Current.CancellationToken.WaitHandle.WaitOne(20);
                Rise(world, 1);
            }
            Assert.True(SpinWait.SpinUntil(() => traffic.Count.Sent > 1000, TimeSpan.FromSeconds(10)), "traffic goes on");
        }
        Assert.Equal(isWithout, tap.Leaks(2) > 0);
        Assert.True(isWithout || tap.Counts()[1] > 0);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_strict_path_that_is_held_down_for_its_flaps_leaks_nothing_and_is_used_where_there_is_no_other(IpFamily family)
    {
        using var world = new World();
        var (strict, free) = (new Tap(world, Port), new Tap(world, Port + 1));
        await using var node = new RunningNode(world, Strict + """ udp peer port 1501, tcp peer port 1501 require label "name" = "w2" prefer lowest cost else require label "name" = "w3" else drop;""", null, IpPathOptions.Default, [], isHeldDown: true);
        await node.UntilUp(World.Id(2));
        using (new Traffic(world, family, Port))
        using (new Traffic(world, family, Port + 1))
        {
            for (var flap = 0; flap < 20; flap++)
            {
                Fall(world, flap);
                await node.Until(now => now.Decision.FilterRules.Classes.Any(one => one.Action(family) is FilterRules.FilterAction.Drop), "the class is closed");
                Rise(world);
                await node.UntilUp(World.Id(2));
            }
            Assert.Contains(node.Loop.Current.Decision.Next.Penalties, one => one.Path == World.Id(2) && one.IsSuppressed);
            var (before, others) = (strict.Counts()[1], free.Counts()[2]);
            for (var wait = 0; wait < 200 && (strict.Counts()[1] == before || free.Counts()[2] == others); wait++)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
            Assert.True(strict.Counts()[1] > before, "strict flows go on by the only path that they have");
        }
        strict.AssertOnly(2);
        free.AssertOnly(2, 3);
        Assert.Empty(node.Failures);
    }

    private static uint Priority => Waymark.Linux.FilterRuleEncoding.Territory.Default.Priority;

    private static void Fall(World world, int flap, int n = 2) => World.Ip(world.NodeName, (flap % 4) switch
    {
        0 => $"link set w{n} down",
        1 => $"addr flush dev w{n} scope global",
        2 => $"route del default dev w{n}; -6 route del default dev w{n}",
        _ => $"route del default dev w{n}; -6 addr flush dev w{n} scope global",
    });

    private static void Rise(World world, int n = 2) => World.Ip(world.NodeName,
        $"link set w{n} up; addr replace 10.78.{n}.1/24 dev w{n}; -6 addr replace 2001:db8:{n}::1/64 dev w{n} nodad; "
        + $"route replace 10.78.{n}.0/24 dev w{n}; -6 route replace 2001:db8:{n}::/64 dev w{n}; "
        + $"route replace default via 10.78.{n}.2 dev w{n} metric {100 * n}; -6 route replace default via 2001:db8:{n}::2 dev w{n} metric {100 * n}");
}
