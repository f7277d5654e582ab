using Waymark.Linux.Netlink;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>What is ours comes and goes as a whole; what is others' stays.</summary>
public sealed class ErasureTests
{
    [Fact]
    public void Erase_removes_everything_and_nothing_else_also_after_our_death()
    {
        using var world = new World();
        World.Ip(world.NodeName, "rule add pref 7105 fwmark 0x10 lookup 7120; route add 198.51.100.0/24 dev w3 table 27102");
        var before = State(world);
        world.Apply(Set([To(1000, 1999, 1), To(3000, 3999, 2)], Class(1, Use(2)), Class(2, Drop)));
        Assert.NotEqual(before, State(world));
        world.Installer.Dispose();
        Assert.Contains("table inet waymark", World.In(world.NodeName, "nft", "list", "ruleset"), StringComparison.Ordinal);
        world.NewInstaller().Erase();
        Assert.Equal(before, State(world));
        world.NewInstaller().Erase();
    }

    [Fact]
    public void The_same_set_again_touches_nothing_also_after_a_restart()
    {
        using var world = new World();
        var rules = Set([To(1000, 1999, 1), To(3000, 3999, 2)], Class(1, Use(2)), Class(2, Drop));
        Assert.True(world.Apply(rules).IsChanged);
        Assert.False(world.Apply(rules).IsChanged);
        var handles = Handles(world);
        world.Installer.Dispose();
        world.Installer = world.NewInstaller();
        var memory = world.Installer.Adopt();
        Assert.Equal(world.Memory with { Encoded = null }, memory);
        Assert.False(world.Apply(rules).IsChanged);
        Assert.Equal(handles, Handles(world));
    }

    [Fact]
    public void While_we_live_another_program_can_neither_flush_nor_delete_the_table()
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2))));
        World.In(world.NodeName, "nft", "flush", "ruleset");
        Assert.Contains("table inet waymark", World.In(world.NodeName, "nft", "list", "ruleset"), StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => World.In(world.NodeName, "nft", "delete", "table", "inet", "waymark"));
    }

    [Fact]
    public void Two_installers_do_not_share_a_table()
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2))));
        var second = world.NewInstaller();
        world.Memory = second.Adopt();
        var refusal = Assert.Throws<NetlinkException>(() => second.Apply(world.Encode(Set([To(1000, 1999, 1)], Class(1, Use(3))))));
        Assert.Equal(NetlinkException.NotPermitted, refusal.Error);
    }

    private static string State(World world) => string.Join('\n', new[] { "-4", "-6" }.SelectMany(family => new[]
    {
        World.In(world.NodeName, "ip", family, "rule"), World.In(world.NodeName, "ip", family, "route", "show", "table", "all"),
    }).Append(World.In(world.NodeName, "nft", "list", "tables")));

    /// <summary>Everything with the kernel's handles, which would be others had anything been made anew.</summary>
    private static string Handles(World world) => World.In(world.NodeName, "nft", "-a", "list", "table", "inet", "waymark");
}
