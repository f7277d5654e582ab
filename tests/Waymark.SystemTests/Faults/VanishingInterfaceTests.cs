using Waymark.Daemon.Loop;
using Waymark.Flows;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Faults;

/// <summary>An interface is deleted between any two calls of the kernel while rules are being applied: nothing leaks, and all is as decided in the end.</summary>
public sealed class VanishingInterfaceTests
{
    private const int Port = 1500;

    /// <summary>In milliseconds: the neighbour on a link that is new may have to be asked again, which the kernel does after a second; the datagram waits.</summary>
    private const int Patience = 4000;

    [Theory]
    [InlineData(IpFamily.V4, 2)]
    [InlineData(IpFamily.V6, 2)]
    [InlineData(IpFamily.V4, 3)]
    [InlineData(IpFamily.V6, 3)]
    public async Task An_interface_that_goes_at_any_point_of_an_apply_costs_its_own_flows_and_nothing_else(IpFamily family, int victim)
    {
        using var world = new World();
        var (strict, free) = (new Tap(world, Port), new Tap(world, Port + 1));
        // Passes of fault points until the interface goes; 0: it went.
        var countdown = -1;
        await using var node = new RunningNode(world, Policies(0), _ =>
        {
            if (countdown > 0 && Interlocked.Decrement(ref countdown) == 0 && !world.TryUnplug(victim))
            {
                // The apply has overtaken the test, which has not made it yet: at the next point, then.
                Volatile.Write(ref countdown, 1);
            }
        });
        var server = world.Udp(world.Far, family, port: Port + 1);
        await node.UntilUp(World.Id(3));
        using var traffic = new Traffic(world, family, Port);
        // How many points there are depends on how much of the arrival is read together: the end is where three times none was reached.
        var (reached, missed) = (0, 0);
        for (var point = 1; missed < 3; point++)
        {
            // The third uplink comes while the policies change: routes, rules and maps have to be installed.
            world.Unplug(3);
            await node.Until(now => IsGone(now, 3), "the third uplink is gone");
            countdown = point;
            node.Say(Policies(point));
            try
            {
                world.Plug(3);
            }
            catch (InvalidOperationException) when (victim == 3)
            {
                // It went while it was being set up.
            }
            await node.Until(now => Volatile.Read(ref countdown) == 0 || IsUp(now, 3), "the third uplink is there, or the victim gone");
            if (Interlocked.Exchange(ref countdown, -1) > 0)
            {
                await node.UntilUp(World.Id(3));
                missed++;
                continue;
            }
            reached++;
            await node.Until(now => IsGone(now, victim), "the victim is gone");
            if (victim != 3)
            {
                // It was on its way: its IPv6 half comes behind the other.
                await node.UntilUp(World.Id(3));
            }
            await node.UntilWhole();
            // The other class of flows goes on, by the path that is left for it.
            Assert.Equal(World.Address(family, victim == 3 ? 1 : 3), World.Ask(world.Udp(world.Node, family), server, family, Patience));
            world.Plug(victim);
            await node.UntilUp(World.Id(victim));
            await node.UntilWhole();
            Assert.Equal(World.Address(family, 3), World.Ask(world.Udp(world.Node, family), server, family, Patience));
        }
        Assert.True(reached > 12, $"only {reached} points");
        var before = strict.Counts()[1];
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.True(strict.Counts()[1] > before, "the strict flow goes on");
        strict.AssertOnly(2);
        Assert.True(free.Counts()[2] > 10);
        Assert.Empty(node.Failures);
    }

    private static bool IsGone(Snapshot now, int n) => now.World.Paths.Find(World.Id(n)) is null && now.Kernel.State == KernelState.InStep;

    private static bool IsUp(Snapshot now, int n) => now.World.Paths.Find(World.Id(n)) is { HasCarrier: true, Halves.Count: 2 } && now.Kernel.State == KernelState.InStep;

    private static string Policies(int variant) => $"""
        udp peer port 1500, tcp peer port 1500 require label "name" = "w2" else drop;
        udp peer port 1501 require label "name" = "w3" else require label "name" = "w1" else drop;
        udp peer port {2000 + variant} require label "name" = "w{1 + (variant % 3)}" else default;
        """;
}
