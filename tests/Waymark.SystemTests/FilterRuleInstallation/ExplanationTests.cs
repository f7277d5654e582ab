using System.Net;
using System.Net.Sockets;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Policies;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>What the kernel does with real packets is what the explanation reads out of it.</summary>
public sealed class ExplanationTests
{
    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void The_explanation_names_the_path_that_a_packet_takes(IpFamily family)
    {
        using var world = new World();
        var spread = new FilterAction.Spread([new(World.Id(1), 6), new(World.Id(2), 5), new(World.Id(3), 5)], BalancePer.Flow);
        world.Apply(Set([To(1000, 1099, 1), To(1100, 1199, 2), To(1200, 1299, 3), To(1300, 1399, 4)], Class(1, Use(2)), Class(2, Drop), Class(3, Leave), Class(4, spread)));
        foreach (var port in new[] { 999, 1000, 1099, 1100, 1199, 1200, 1299, 1300, 1301, 1302, 1303, 1304, 1350, 1399, 1400 })
        {
            var server = world.Udp(world.Far, family, port: port);
            var client = world.Udp(world.Node, family);
            client.Connect(new IPEndPoint(World.Server(family), port));
            var local = (IPEndPoint)client.LocalEndPoint!;
            var told = world.Installer.PathsOf(
                [new()
                {
                    Protocol = 17,
                    Local = IpAddress.From(local.Address),
                    Peer = IpAddress.From(World.Server(family)),
                    LocalPort = (ushort)local.Port,
                    PeerPort = (ushort)port,
                }],
                world.Options.Cgroups)[0];
            string? seen;
            try
            {
                client.Send([1]);
                seen = World.Heard(server, family)?.Address.ToString();
            }
            catch (SocketException)
            {
                // Refused.
                seen = null;
            }
            Assert.Equal(port is >= 1100 and < 1200 ? FlowFate.Refused : port is >= 1000 and < 1100 or >= 1300 and < 1400 ? FlowFate.Steered : FlowFate.LeftAlone, told.Fate);
            Assert.Equal(told is { Class: not 4, Path: { } only } ? 0x40000000u | ((uint)(only.LocalId[1] - '0') << 24) : null, world.Installer.MarkOf(told.Class, family));
            Assert.Equal(told.Path is { } taken ? 0x40000000u | ((uint)(taken.LocalId[1] - '0') << 24) : 0, told.Mark);
            Assert.Equal(told.Fate == FlowFate.Refused ? null : World.Address(family, told.Path is { } path ? path.LocalId[1] - '0' : 1), seen);
        }
    }
}
