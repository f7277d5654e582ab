using System.Buffers.Binary;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Nftables;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>
/// Courses of packets at the bounds of everything that rules compare: the first of a flow, what follows it with the mark that its connection then has, its way out, answers, packets under other rules, of
/// older connections and of none. Two tables are held against each other, packet by packet.
/// </summary>
/// <param name="table">The table that is right.</param>
/// <param name="paths">How many paths it has, w1 and up.</param>
internal sealed class PacketTrials(NftablesTable table, int paths)
{
    private static readonly byte[] Protocols = [1, 6, 17, 33, 58, 132, 136, 50, 89];

    private readonly PacketMachine right = new(table);
    private readonly ushort[] ports = [.. Enumerable.Range(10, 6).SelectMany(hundred => new[] { (hundred * 100) - 1, hundred * 100, (hundred * 100) + 49, (hundred * 100) + 50 }).Select(port => (ushort)port)];

    /// <summary>A packet that the two do not treat alike; null: none was found in so many courses.</summary>
    public string? Difference(NftablesTable other, int courses, int seed)
    {
        var (wrong, random) = (new PacketMachine(other), new Random(seed));
        for (var course = 0; course < courses; course++)
        {
            foreach (var packet in Course(random))
            {
                var (one, two) = (Plain(packet, right.Run(packet)), Plain(packet, wrong.Run(packet)));
                if (one != two)
                {
                    return $"{packet}: {one}, not {two}";
                }
            }
        }
        return null;
    }

    private IEnumerable<SeenPacket> Course(Random random)
    {
        var family = random.Next(2) == 0 ? IpFamily.V4 : IpFamily.V6;
        var protocol = Protocols[random.Next(Protocols.Length)];
        var (local, peer) = (Local(random, family), Peer(random, family));
        var isBehind = random.Next(3) == 0;
        var first = Packet(random, family, protocol, local, peer) with
        {
            Hook = isBehind ? 0 : 3,
            InputDevice = isBehind ? "l0" : null,
            OutputDevice = isBehind ? null : Device(random),
            // Bits of other programs, now and then.
            Mark = random.Next(4) == 0 ? (uint)random.Next(1 << 24) : 0,
            ConnectionMark = random.Next(4) == 0 ? (uint)random.Next(1 << 14) : 0,
            Destinations = (peer, local),
            DestinationType = random.Next(6) == 0 ? (uint)random.Next(1, 6) : 1,
        };
        yield return first;
        yield return first with { ConnectionMark = null };
        var pinned = (uint)random.Next(paths + 1) << 24;
        var back = first with { IsConfirmed = true, IsReply = random.Next(2) == 0 };
        // Behind translation the peer may know another address.
        yield return back with { Destinations = back.IsReply ? (Local(random, family), peer) : (peer, Local(random, family)) };
        yield return back with { ConnectionMark = first.ConnectionMark | pinned };
        // Classified under other rules: whatever stands there.
        if (right.Run(first) is { IsRefused: false } fate)
        {
            var later = first with { IsConfirmed = true, ConnectionMark = fate.ConnectionMark };
            yield return later;
            yield return later with { Hook = 0, InputDevice = "l0", OutputDevice = null };
            yield return later with { ConnectionMark = later.ConnectionMark ^ (uint)random.Next(1, 4) << 30 };
            yield return first with { Hook = 4, OutputDevice = Device(random), Mark = fate.Mark, ConnectionMark = fate.ConnectionMark, InputDevice = isBehind ? "l0" : null };
        }
        var device = Device(random);
        var inbound = Packet(random, family, protocol, peer, local) with { Hook = 0, InputDevice = device, ConnectionMark = first.ConnectionMark, Destinations = (local, peer) };
        yield return inbound;
        yield return inbound with { DestinationType = 2, IsForWildcard = random.Next(2) == 0 };
        yield return inbound with { IsConfirmed = true, IsReply = random.Next(2) == 0, ConnectionMark = first.ConnectionMark | pinned | (uint)random.Next(4) << 30 | (uint)random.Next(8) << 14 };
    }

    private SeenPacket Packet(Random random, IpFamily family, byte protocol, IpAddress source, IpAddress destination)
    {
        var network = PacketHeaders.Network(new() { Protocol = protocol, Local = source, Peer = destination, FlowLabel = family == IpFamily.V6 ? 0 : null });
        var transport = new byte[8];
        if (protocol is 6 or 17 or 33 or 132 or 136)
        {
            BinaryPrimitives.WriteUInt16BigEndian(transport, ports[random.Next(ports.Length)]);
            BinaryPrimitives.WriteUInt16BigEndian(transport.AsSpan(2), ports[random.Next(ports.Length)]);
        }
        else
        {
            random.NextBytes(transport);
        }
        return new(network, transport, family, protocol, 0);
    }

    private string Device(Random random) => random.Next(paths + 2) switch { var n when n < paths => $"w{n + 1}", var n when n == paths => "l0", _ => "x9" };

    private IpAddress Local(Random random, IpFamily family) => random.Next(3) switch
    {
        0 => IpAddress.Parse(family == IpFamily.V4 ? "192.168.50.2" : "2001:db8:50::2"),
        _ => IpAddress.Parse(World.Address(family, random.Next(1, paths + 1))),
    };

    private static IpAddress Peer(Random random, IpFamily family)
    {
        var server = IpAddress.From(World.Server(family));
        return random.Next(6) switch
        {
            0 => server with { Bits = server.Bits + 1 },
            1 => IpAddress.Parse(family == IpFamily.V4 ? "10.78.2.77" : "2001:db8:2::77"),
            2 => IpAddress.Parse(family == IpFamily.V4 ? "224.0.0.1" : "ff02::1"),
            _ => server,
        };
    }

    /// <summary>Nothing is told of what is gone; an address that becomes itself has not become another.</summary>
    private static PacketFate Plain(SeenPacket packet, PacketFate fate)
    {
        var source = packet.Network.AsSpan(packet.Family == IpFamily.V4 ? 12 : 8, packet.Family == IpFamily.V4 ? 4 : 16);
        return fate.IsRefused ? new(true, 0, 0, null) : packet.Hook == 4 && fate.Translation is { } to && source.SequenceEqual(to.ToNetworkOrder()) ? fate with { Translation = null } : fate;
    }
}
