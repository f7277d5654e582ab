using System.Net;
using System.Net.Sockets;
using CsCheck;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.PathDecision;
using Waymark.Policies;
using Waymark.Tests.Flows;
using Waymark.Tests.Naive;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>What the kernel does with real packets is what the explanation reads out of it.</summary>
public sealed class ModelTests
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

    [Fact]
    public void The_kernel_classifies_ten_thousand_packets_as_the_naive_reading_of_random_policies_says()
    {
        using var world = new World();
        World.In(world.NodeName, "sysctl", "-qw", "net.netfilter.nf_conntrack_checksum=0", "net.netfilter.nf_conntrack_max=262144");
        world.Options = world.Options with { Cgroups = [new("a", 11), new("a/b", 12)] };
        using var tracking = world.Node.Run(() => new ConnectionTracking());
        var sockets = new Dictionary<(IpFamily, StartedBy), Socket>();
        foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
        {
            sockets[(family, StartedBy.Here)] = world.Opened(world.Node.Run(() => RawPacket.Open(family)));
            sockets[(family, StartedBy.Forwarded)] = world.Opened(world.Host.Run(() => RawPacket.Open(family)));
        }
        var compared = 0;
        var differences = new List<string>();
        Gen.Select(FlowSamples.Flow.Array[2, 8], FlowSamples.Packet.Array[1200]).Sample(
            sample =>
            {
                var flows = sample.Item1.Where(flow => world.Encode(Policies([flow])).Refused.IsEmpty).ToArray();
                world.Apply(Policies(flows));
                World.In(world.NodeName, "conntrack", "-F");
                var sent = Distinct(sample.Item2.Select(OnTheWire).OfType<Packet>()).ToList();
                foreach (var packet in sent)
                {
                    try
                    {
                        RawPacket.Send(sockets[(packet.Family, packet.Started)], packet);
                    }
                    catch (SocketException)
                    {
                        // Translated to the same ends as another connection of a protocol without ports, it has no entry and is not compared.
                    }
                }
                var entries = Entries(tracking, sent.Count);
                foreach (var packet in sent)
                {
                    if (!entries.TryGetValue(Key(packet), out var mark))
                    {
                        continue;
                    }
                    compared++;
                    var expected = 1 + Array.FindIndex(flows, flow => NaiveEvaluator.Matches(flow, [], packet));
                    if ((int)((mark >> 14) & 1023) != expected)
                    {
                        differences.Add($"{packet} is class {(mark >> 14) & 1023} (mark {mark:x8}), not {expected} of {string.Join(" | ", flows.AsEnumerable())}");
                    }
                }
                return true;
            },
            iter: 50, threads: 1);
        Assert.Empty(differences.Take(3));
        Assert.True(compared >= 10_000, $"only {compared} packets");
    }

    private static FilterRuleSet Policies(Flow[] flows) => new(
        flows.Select((flow, i) => new FilterRule(FlowResolution.Resolve([flow], [], NodeNames.None).Selector, i + 1, Origin, null)).ToEquatableArray(),
        flows.Select((_, i) => Class(i + 1, i % 4 == 3 ? Leave : Use(1 + (i % 3)))).ToEquatableArray());

    /// <summary>The packet as it can be on this wire; null where connection tracking would not know it.</summary>
    private static Packet? OnTheWire(Packet packet)
    {
        var isV6 = packet.Family == IpFamily.V6;
        if (packet.Local == packet.Peer || packet.Protocol == 0 || (isV6 && packet.Protocol is 1 or 51) || (!isV6 && packet.Protocol == 58))
        {
            return null;
        }
        var started = packet.Started == StartedBy.Forwarded ? StartedBy.Forwarded : StartedBy.Here;
        return packet with
        {
            Started = started,
            User = started == StartedBy.Here ? 0 : null,
            Group = started == StartedBy.Here ? 0 : null,
            App = null,
            Cgroup = null,
            FromInterface = started == StartedBy.Forwarded ? "l0" : null,
            IcmpType = packet.IcmpType is null ? null : isV6 ? (byte)128 : (byte)8,
        };
    }

    private static IEnumerable<Packet> Distinct(IEnumerable<Packet> packets)
    {
        var taken = new HashSet<string>();
        foreach (var packet in packets)
        {
            var back = packet with { Local = packet.Peer, Peer = packet.Local, LocalPort = packet.PeerPort, PeerPort = packet.LocalPort };
            if (!taken.Contains(Key(back)) && taken.Add(Key(packet)))
            {
                yield return packet;
            }
        }
    }

    /// <summary>By what tracking tells connections apart; only some protocols have ports there.</summary>
    private static string Key(Packet packet) => packet.Protocol is 6 or 17 or 132 or 136
        ? $"{packet.Protocol} {packet.Local} {packet.LocalPort} {packet.Peer} {packet.PeerPort}"
        : $"{packet.Protocol} {packet.Local} 0 {packet.Peer} 0";

    private static Dictionary<string, uint> Entries(ConnectionTracking tracking, int wanted)
    {
        Dictionary<string, uint> found = [];
        // What the host sends arrives a moment later.
        var start = TimeProvider.System.GetTimestamp();
        while (found.Count < wanted && TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromMilliseconds(300))
        {
            found = tracking.Entries(0, 0).DistinctBy(entry => EntryKey(entry)).ToDictionary(EntryKey, entry => entry.Mark);
        }
        return found;
    }

    private static string EntryKey(ConnectionEntry entry) => entry.Protocol is 6 or 17 or 132 or 136
        ? $"{entry.Protocol} {entry.Original.Source} {entry.Original.SourcePort} {entry.Original.Destination} {entry.Original.DestinationPort}"
        : $"{entry.Protocol} {entry.Original.Source} 0 {entry.Original.Destination} 0";
}
