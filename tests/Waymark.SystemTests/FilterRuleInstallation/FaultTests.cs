using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.Netlink;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>Death between any two calls of the kernel, and others' hands in what is ours.</summary>
public sealed class FaultTests
{
    private static readonly FilterRuleSet Before = Set([To(1000, 1999, 1), To(2000, 2999, 2)], Class(1, Use(2), true, 1, 3), Class(2, Use(2)));
    private static readonly FilterRuleSet After = Set([To(1000, 1999, 1), To(2000, 2500, 3), To(2501, 2999, 2)], Class(1, Use(2), true, 1, 3), Class(2, Use(3)), Class(3, Use(1)));

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void Death_at_every_point_of_a_change_leaves_the_old_rules_or_the_new_and_the_next_life_ends_it(IpFamily family)
    {
        var points = 0;
        for (var deadly = 1; deadly <= points + 1; deadly++)
        {
            using var world = new World();
            world.Apply(Before, world.Paths(3));
            var server = world.Udp(world.Far, family, port: 1500);
            var moved = world.Udp(world.Far, family, port: 2100);
            world.Installer.Dispose();
            var at = 0;
            var dying = world.NewInstaller(step =>
            {
                at = step;
                if (step == deadly)
                {
                    throw new OperationCanceledException("death");
                }
            });
            world.Memory = dying.Adopt();
            var next = world.Encode(After);
            var died = false;
            try
            {
                dying.Apply(next);
            }
            catch (OperationCanceledException)
            {
                died = true;
            }
            points = Math.Max(points, at);
            dying.Dispose();
            // Strict on path 2, whatever was in force; the other class is on its old path or its new one, never anywhere else.
            Assert.Equal(World.Address(family, 2), World.Ask(world.Udp(world.Node, family), server, family));
            Assert.Contains(World.Ask(world.Udp(world.Node, family), moved, family), new[] { World.Address(family, 2), World.Address(family, 1) });
            world.Installer = world.NewInstaller();
            world.Memory = world.Installer.Adopt();
            world.Apply(After);
            Assert.Equal(World.Address(family, 2), World.Ask(world.Udp(world.Node, family), server, family));
            Assert.Equal(World.Address(family, 1), World.Ask(world.Udp(world.Node, family), moved, family));
            Assert.False(world.Apply(After).IsChanged);
            if (!died)
            {
                Assert.True(points > 8, $"only {points} points");
                return;
            }
        }
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void A_path_that_is_lost_at_any_point_of_a_change_is_not_opened_by_it(IpFamily family)
    {
        FilterRuleSet Backed(int from) => Set([To(1000, 1999, 1), To(from, 2999, 2)], Class(1, Use(2), true, 1, 3), Class(2, Use(2)) with { Backup4 = World.Id(3), Backup6 = World.Id(3) });
        var points = 0;
        for (var lossy = 1; lossy <= points + 1; lossy++)
        {
            using var world = new World();
            world.Apply(Backed(2000));
            var server = world.Udp(world.Far, family, port: 2600);
            world.Installer.Dispose();
            var (at, isLost) = (0, false);
            world.Installer = world.NewInstaller(step =>
            {
                at = step;
                if (step == lossy && !isLost)
                {
                    isLost = true;
                    world.Installer.KillPath(World.Id(2), loss: 1);
                }
            });
            world.Memory = world.Installer.Adopt();
            var next = world.Encode(Backed(2500));
            world.Installer.Apply(next, losses: 0);
            points = Math.Max(points, at);
            Assert.Equal(World.Address(family, isLost ? 3 : 2), World.Ask(world.Udp(world.Node, family), server, family));
            // Once it is counted in, it is as the decision says.
            world.Installer.Apply(next, losses: 1);
            Assert.Equal(World.Address(family, 2), World.Ask(world.Udp(world.Node, family), server, family));
            if (!isLost)
            {
                Assert.True(points > 4, $"only {points} points");
                return;
            }
        }
    }

    [Theory]
    [InlineData(IpFamily.V4, true)]
    [InlineData(IpFamily.V6, true)]
    [InlineData(IpFamily.V4, false)]
    [InlineData(IpFamily.V6, false)]
    public void A_flow_that_sleeps_through_a_failure_at_any_point_is_classified_anew_when_its_generation_comes_again(IpFamily family, bool isDeath)
    {
        var points = 0;
        for (var failing = 1; failing <= points + 1; failing++)
        {
            using var world = new World();
            FilterRuleSet Round(int last, params int[] denied) => Set([To(1000, last, 1), To(2000, 2999, 3)], Class(1, Leave), Class(3, denied is [] ? Use(2) : Use(3), false, denied));
            world.Apply(Round(1999));
            var (server, other) = (world.Udp(world.Far, family, port: 1500), world.Udp(world.Far, family, port: 2500));
            var (sleeping, moving) = (world.Udp(world.Node, family), world.Udp(world.Node, family));
            Assert.NotNull(World.Ask(sleeping, server, family));
            Assert.Equal(World.Address(family, 2), World.Ask(moving, other, family));
            world.Apply(Round(1998));
            // It shows its class to the generation in force: what comes next forbids its path, and has to end it.
            Assert.Equal(World.Address(family, 2), World.Ask(moving, other, family));
            world.Installer.Dispose();
            var (at, isArmed) = (0, true);
            world.Installer = world.NewInstaller(step =>
            {
                at = step;
                if (isArmed && step == failing)
                {
                    isArmed = false;
                    throw isDeath ? new OperationCanceledException("death") : new NetlinkException("go on", 12, "");
                }
            });
            world.Memory = world.Installer.Adopt();
            var failed = Record.Exception(() => world.Apply(Round(1997, 2)));
            (points, isArmed) = (Math.Max(points, at), false);
            if (isDeath)
            {
                world.Installer.Dispose();
                world.Installer = world.NewInstaller();
            }
            world.Memory = world.Installer.Adopt();
            world.Apply(Round(1997, 2));
            Assert.Equal(3, world.Memory.Generation);
            // Whoever was not told to begin anew is found by the sweep.
            World.Ask(moving, other, family, 50);
            world.Installer.SweepFlows();
            Assert.Equal(World.Address(family, 3), World.Ask(moving, other, family));
            world.Apply(Set([To(1000, 1400, 1), To(1401, 1996, 2), To(2000, 2999, 3)], Class(1, Leave), Class(2, Drop, true, 1, 2, 3), Class(3, Use(3))));
            Assert.Equal(1, world.Memory.Generation);
            Assert.Null(World.Ask(sleeping, server, family, 200));
            if (failed is null)
            {
                Assert.True(points > 7, $"only {points} points");
                return;
            }
        }
    }

    [Fact]
    public void Selectors_that_would_pass_for_those_in_force_are_refused()
    {
        using var world = new World();
        var before = world.Memory;
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Leave)));
        world.Memory = before;
        Assert.Contains("Generation 1 is in force", Assert.Throws<ArgumentException>(() => world.Apply(Set([To(1000, 1998, 1)], Class(1, Leave)))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(IpFamily.V4, "-4", "7120", "rule del pref 7120; route flush table 27102")]
    [InlineData(IpFamily.V6, "-6", "7120", "-6 rule del pref 7120; -6 route flush table 27102")]
    [InlineData(IpFamily.V4, "-4", "7105", "rule del pref 7105")]
    [InlineData(IpFamily.V6, "-6", "7105", "-6 rule del pref 7105")]
    public void What_others_remove_comes_back_but_never_faster_than_the_limit(IpFamily family, string ip, string rule, string removal)
    {
        using var world = new World();
        world.Apply(Before);
        Assert.Null(world.Installer.Repair());
        World.Ip(world.NodeName, removal);
        Assert.True(world.Installer.Repair()?.IsChanged);
        Assert.Null(world.Installer.Repair());
        Assert.Contains($"{rule}:", World.In(world.NodeName, "ip", ip, "rule"), StringComparison.Ordinal);
        Assert.Contains("default", World.In(world.NodeName, "ip", ip, "route", "show", "table", "27102"), StringComparison.Ordinal);
        Assert.Equal(World.Address(family, 2), World.Ask(world.Udp(world.Node, family), world.Udp(world.Far, family, port: 1500), family));
        World.Ip(world.NodeName, $"{ip} rule del pref {rule}");
        Assert.Null(world.Installer.Repair());
        Assert.True(world.Apply(Before).IsChanged);
        Assert.False(world.Apply(Before).IsChanged);
    }

    [Fact]
    public void What_was_removed_while_we_were_dead_is_put_back_at_adoption()
    {
        using var world = new World();
        world.Apply(Before);
        world.Installer.Dispose();
        World.In(world.NodeName, "nft", "delete", "element", "inet", "waymark", "pin_path", "{ 0x02000000 }");
        World.In(world.NodeName, "nft", "flush", "chain", "inet", "waymark", "guard");
        world.Installer = world.NewInstaller();
        world.Memory = world.Installer.Adopt();
        Assert.True(world.Apply(Before).IsChanged);
        var text = World.In(world.NodeName, "nft", "list", "table", "inet", "waymark");
        Assert.Contains("0x02000000 : goto p2", text, StringComparison.Ordinal);
        Assert.Contains("oifname != @path_device counter", text, StringComparison.Ordinal);
    }
}
