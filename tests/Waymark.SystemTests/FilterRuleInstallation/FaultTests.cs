using Waymark.FilterRules;
using Waymark.Flows;
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

    [Fact]
    public void What_others_remove_comes_back_but_never_faster_than_the_limit()
    {
        using var world = new World();
        world.Apply(Before);
        Assert.Null(world.Installer.Repair());
        World.Ip(world.NodeName, "rule del pref 7120; -6 rule del pref 7100; route flush table 27102");
        Assert.True(world.Installer.Repair()?.IsChanged);
        Assert.Null(world.Installer.Repair());
        Assert.Contains("7120", World.In(world.NodeName, "ip", "rule"), StringComparison.Ordinal);
        Assert.Contains("7100", World.In(world.NodeName, "ip", "-6", "rule"), StringComparison.Ordinal);
        World.Ip(world.NodeName, "rule del pref 7120");
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
