using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.Netlink;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>What becomes of connections that are there when something changes (findings F6, F7).</summary>
public sealed class EstablishedFlowTests
{
    public static readonly TheoryData<IpFamily, bool> Sides = new() { { IpFamily.V4, false }, { IpFamily.V4, true }, { IpFamily.V6, false }, { IpFamily.V6, true } };

    [Theory]
    [MemberData(nameof(Sides))]
    public void A_connection_keeps_its_path_and_address_while_new_ones_take_the_new_path(IpFamily family, bool isForwarded)
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2))));
        var listener = world.Listen(family, 1500);
        var (client, accepted) = world.Connect(Side(world, isForwarded), family, listener);
        Assert.Equal(World.Address(family, 2), World.From(accepted));
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(3))));
        Assert.True(World.Passes(client, accepted));
        var before = world.Seen();
        Assert.True(World.Passes(client, accepted));
        Assert.Equal(before[2], world.Seen()[2]);
        var (_, second) = world.Connect(Side(world, isForwarded), family, listener);
        Assert.Equal(World.Address(family, 3), World.From(second));
    }

    /// <summary>On another path it would leave with an address that is not that path's, and hang.</summary>
    [Theory]
    [MemberData(nameof(Sides))]
    public void A_connection_that_was_there_before_its_policy_stays_on_its_path_and_is_reset_where_that_is_prohibited(IpFamily family, bool isForwarded)
    {
        using var world = new World();
        // Hosts behind get the address of the system's own path, as a home router's rule does it.
        World.In(world.NodeName, "nft", "table inet router {\nchain post {\ntype nat hook postrouting priority 90\noifname w1 iifname l0 masquerade\n}\n}");
        var listener = world.Listen(family, 1500);
        var (client, accepted) = world.Connect(Side(world, isForwarded), family, listener);
        Assert.Equal(World.Address(family, 1), World.From(accepted));
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2))));
        Assert.True(World.Passes(client, accepted));
        Assert.True(World.Passes(accepted, client));
        var (_, young) = world.Connect(Side(world, isForwarded), family, listener);
        Assert.Equal(World.Address(family, 2), World.From(young));
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2), isStrict: true, 1, 3)));
        Assert.False(World.Passes(client, accepted));
        Assert.True(World.Ends(client));
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void A_connection_that_was_left_to_the_system_stays_where_it_is_when_its_class_finds_a_path(IpFamily family, bool isForwarded)
    {
        using var world = new World();
        World.In(world.NodeName, "nft", "table inet router {\nchain post {\ntype nat hook postrouting priority 90\noifname w1 iifname l0 masquerade\n}\n}");
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Leave)));
        var listener = world.Listen(family, 1500);
        var (client, accepted) = world.Connect(Side(world, isForwarded), family, listener);
        Assert.Equal(World.Address(family, 1), World.From(accepted));
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(3))));
        Assert.True(World.Passes(client, accepted));
        Assert.True(World.Passes(accepted, client));
        var (_, young) = world.Connect(Side(world, isForwarded), family, listener);
        Assert.Equal(World.Address(family, 3), World.From(young));
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void A_lost_path_resets_the_next_packet_of_each_of_its_connections(IpFamily family, bool isForwarded)
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1), To(2000, 2999, 2)], Class(1, Use(2)), Class(2, Use(3))));
        var (first, second) = (world.Listen(family, 1500), world.Listen(family, 2500));
        var (client, accepted) = world.Connect(Side(world, isForwarded), family, first);
        var (other, otherAccepted) = world.Connect(Side(world, isForwarded), family, second);
        world.Installer.KillPath(World.Id(2));
        client.Send([1]);
        Assert.True(World.Ends(client, 1000));
        Assert.True(World.Passes(other, otherAccepted));
        world.Apply(Set([To(1000, 1999, 1), To(2000, 2999, 2)], Class(1, Use(1)), Class(2, Use(3))), world.Paths(2));
        var (_, third) = world.Connect(Side(world, isForwarded), family, first);
        Assert.Equal(World.Address(family, 1), World.From(third));
        accepted.Dispose();
    }

    [Fact]
    public void Flows_are_counted_by_the_path_that_they_are_on()
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1), To(2000, 2999, 2)], Class(1, Use(2)), Class(2, Use(3))));
        Socket first = world.Udp(world.Far, IpFamily.V4, port: 1500), second = world.Udp(world.Far, IpFamily.V6, port: 2500);
        World.Ask(world.Udp(world.Node, IpFamily.V4), first, IpFamily.V4);
        World.Ask(world.Udp(world.Host, IpFamily.V4), first, IpFamily.V4);
        World.Ask(world.Udp(world.Node, IpFamily.V6), second, IpFamily.V6);
        Assert.Equal([(World.Id(2), 2), (World.Id(3), 1)], world.Installer.CountFlows().OrderBy(one => one.Key).Select(one => (one.Key, one.Value)));
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void The_backup_of_a_class_takes_its_flows_over_before_anything_is_decided(IpFamily family, bool isForwarded)
    {
        using var world = new World();
        var backed = Class(1, Use(2), isStrict: true) with { Backup4 = World.Id(3), Backup6 = World.Id(3) };
        world.Apply(Set([To(1000, 1999, 1), To(2000, 2999, 2)], backed, Class(2, Use(2))));
        Socket server = world.Udp(world.Far, family, port: 1500), other = world.Udp(world.Far, family, port: 2500);
        Socket client = world.Udp(Side(world, isForwarded), family), second = world.Udp(Side(world, isForwarded), family);
        Assert.Equal(World.Address(family, 2), World.Ask(client, server, family));
        Assert.Equal(World.Address(family, 2), World.Ask(second, other, family));
        Assert.Equal(World.Id(2), MarkedPath(world, 1, family));
        world.Installer.KillPath(World.Id(2));
        world.Installer.ForgetFlows(World.Id(2));
        Assert.Equal(World.Id(3), MarkedPath(world, 1, family));
        // One that was there, one that is new; both of a class without a backup are refused.
        Assert.Equal(World.Address(family, 3), World.Ask(client, server, family));
        Assert.Equal(World.Address(family, 3), World.Ask(world.Udp(Side(world, isForwarded), family), server, family));
        Assert.Null(World.Ask(second, other, family, 100));
        Assert.Null(World.Ask(world.Udp(Side(world, isForwarded), family), other, family, 100));
        world.Installer.KillPath(World.Id(3));
        Assert.Null(World.Ask(world.Udp(Side(world, isForwarded), family), server, family, 100));
        Assert.Equal(0, world.Seen()[0]);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void Datagrams_of_the_same_socket_move_when_their_class_may_not_stay(IpFamily family, bool isForwarded)
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2))));
        var server = world.Udp(world.Far, family, port: 1500);
        var client = world.Udp(Side(world, isForwarded), family);
        Assert.Equal(World.Address(family, 2), World.Ask(client, server, family));
        Assert.Equal(1, world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(3), false, 2))).Reset);
        Assert.Equal(World.Address(family, 3), World.Ask(client, server, family));
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void An_idle_connection_is_closed_when_its_class_may_not_stay_and_no_other(IpFamily family)
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1), To(2000, 2999, 2)], Class(1, Use(2)), Class(2, Use(2))));
        var (client, _) = world.Connect(world.Node, family, world.Listen(family, 1500));
        var (other, otherAccepted) = world.Connect(world.Node, family, world.Listen(family, 2500));
        Assert.Equal(1, world.Apply(Set([To(1000, 1999, 1), To(2000, 2999, 2)], Class(1, Use(3), false, 2), Class(2, Use(3)))).Reset);
        Assert.True(World.Ends(client, 500));
        Assert.True(World.Passes(other, otherAccepted));
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void A_flow_that_was_there_before_the_policy_comes_under_it(IpFamily family, bool isForwarded)
    {
        using var world = new World();
        world.Options = world.Options with { Masquerade = true };
        world.Apply(Set([]));
        var server = world.Udp(world.Far, family, port: 1500);
        var client = world.Udp(Side(world, isForwarded), family);
        World.Ask(client, server, family);
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Drop)));
        Assert.Null(World.Ask(client, server, family, 300));
        world.Apply(Set([To(5000, 5999, 1)], Class(1, Drop)));
        Assert.NotNull(World.Ask(client, server, family));
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void Pinned_datagrams_that_a_new_policy_forbids_their_path_move_after_a_sweep(IpFamily family, bool isForwarded)
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(1))));
        var server = world.Udp(world.Far, family, port: 1500);
        var client = world.Udp(Side(world, isForwarded), family);
        Assert.Equal(World.Address(family, 1), World.Ask(client, server, family));
        world.Apply(Set([To(1000, 1999, 2)], Class(2, Use(2), true, 1, 3)));
        Assert.Null(World.Ask(client, server, family, 200));
        Assert.Equal(1, world.Installer.SweepFlows());
        Assert.Equal(World.Address(family, 2), World.Ask(client, server, family));
    }

    private static Waymark.Paths.PathId? MarkedPath(World world, int number, IpFamily family) =>
        world.Installer.MarkOf(number, family) is { } mark ? World.Id((int)(mark >> 24) & 63) : null;

    private static NetworkNamespace Side(World world, bool isForwarded) => isForwarded ? world.Host : world.Node;
}
