using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.SocketDiagnosis;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>Which path connections of the host are on is what the kernel has pinned them to.</summary>
public sealed class PinnedFlowTests
{
    public static readonly TheoryData<IpFamily> Families = [IpFamily.V4, IpFamily.V6];

    [Theory]
    [MemberData(nameof(Families))]
    public void A_connection_is_on_the_path_it_was_steered_to_though_its_address_is_anothers(IpFamily family)
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2))));
        var steered = world.Connect(world.Node, family, world.Listen(family, 1500));
        Assert.Equal(World.Address(family, 2), World.From(steered.Accepted));
        var ends = Ends(steered.Client);
        Assert.Equal(IpAddress.Parse(World.Address(family, 1)), ends.Source);
        Assert.Equal(World.Id(2), world.Installer.PathsOf([ends])[ends]);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_connection_that_came_in_is_on_the_path_it_came_by(IpFamily family)
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2))));
        var listener = world.Listen(family, 1500, world.Node);
        var client = world.Tcp(world.Far, family);
        client.Connect(new IPEndPoint(IPAddress.Parse(World.Address(family, 3)), 1500));
        var ends = Ends(world.Opened(listener.Accept()));
        Assert.Equal(World.Id(3), world.Installer.PathsOf([ends])[ends]);
    }

    [Fact]
    public void Many_are_asked_for_at_once_and_those_that_nobody_knows_are_left_out()
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2))));
        var listener = world.Listen(IpFamily.V4, 1500);
        var known = Enumerable.Range(0, 300).Select(_ => Ends(world.Connect(world.Node, IpFamily.V4, listener).Client)).ToList();
        var paths = world.Installer.PathsOf([.. known, known[0] with { SourcePort = 1 }]);
        Assert.All(known, ends => Assert.Equal(World.Id(2), paths[ends]));
        Assert.False(paths.ContainsKey(known[0] with { SourcePort = 1 }));
    }

    private static FlowEnds Ends(Socket socket)
    {
        var (own, peer) = ((IPEndPoint)socket.LocalEndPoint!, (IPEndPoint)socket.RemoteEndPoint!);
        return new(IpAddress.From(own.Address), (ushort)own.Port, IpAddress.From(peer.Address), (ushort)peer.Port);
    }
}
