using CsCheck;
using Waymark.Flows;
using Waymark.Policies;

namespace Waymark.Tests.Flows;

/// <summary>Generators of flows and of packets, over small domains so that they meet: a few addresses, a few ports, every kind of part.</summary>
public static class FlowSamples
{
    private static readonly IpPrefix[] Prefixes =
    [
        .. new[] { "203.0.113.0", "203.0.113.8", "203.0.113.9" }.SelectMany(a => new[] { 24, 28, 30, 32 }.Select(length => new IpPrefix(IpAddress.Parse(a), length))),
        .. new[] { "2001:db8:77::", "2001:db8:77::8", "2001:db8:77::9" }.SelectMany(a => new[] { 48, 124, 126, 128 }.Select(length => new IpPrefix(IpAddress.Parse(a), length))),
    ];

    private static readonly uint[] Interesting = [0, 1, 21, 22, 23, 79, 80, 81, 443, 65534, 65535];

    public static readonly Gen<IntegerRange> Ports = Gen.Select(One(Interesting), One(Interesting), (a, b) => new IntegerRange(Math.Min(a, b), Math.Max(a, b)));

    private static readonly Gen<EquatableArray<IntegerRange>> PortList = Ports.Array[0, 2].Select(ports => ports.ToEquatableArray());

    private static readonly Gen<FlowEnd?> End = Gen.Select(One(Prefixes).Array[0, 2], PortList, Gen.Int[0, 3])
        .Select((prefixes, ports, pick) => pick == 0 || (prefixes.Length == 0 && ports.IsEmpty) ? null : new FlowEnd { Addresses = prefixes.ToEquatableArray(), Ports = ports });

    private static readonly Gen<IntegerRange> Byte = Gen.Select(One<uint>(0, 1, 6, 8, 17, 50, 58, 255), One<uint>(0, 1, 6, 8, 17, 50, 58, 255),
        (a, b) => new IntegerRange(Math.Min(a, b), Math.Max(a, b)));

    private static readonly Gen<FlowProtocol?> Protocol = Gen.OneOf(
        Gen.Const((FlowProtocol?)null),
        Gen.Const((FlowProtocol?)new FlowProtocol.Any()),
        Gen.Select(One(Enum.GetValues<TransportProtocol>()), PortList, (p, ports) => (FlowProtocol?)new FlowProtocol.Transport(p, ports)),
        Ports.Select(ports => (FlowProtocol?)new FlowProtocol.Port([ports])),
        Gen.Select(Byte.Array[0, 1], Byte.Array[0, 1], (t, c) => (FlowProtocol?)new FlowProtocol.Icmp(t.ToEquatableArray(), t.Length == 0 ? [] : c.ToEquatableArray())),
        Gen.Select(Gen.Int[1, 3], Byte.Array[0, 1], (kind, spi) => (FlowProtocol?)new FlowProtocol.Security((kind & 1) != 0, (kind & 2) != 0, spi.ToEquatableArray())),
        Byte.Select(range => (FlowProtocol?)new FlowProtocol.Numbers([range])));

    public static readonly Gen<Flow> Flow = Make(2);

    public static readonly Gen<Packet> Packet =
        Gen.Select(One(Prefixes), One(Prefixes), One<byte>(0, 1, 6, 17, 33, 47, 50, 51, 58, 132, 136, 255), One(Interesting), One(Interesting), Gen.Int[0, 1 << 20], Gen.Int[-1, 1], Gen.Int[-1, 1])
            .Select((local, peer, protocol, localPort, peerPort, rest, down, up) => Build(local, peer, protocol, (ushort)localPort, (ushort)peerPort, rest, down, up));

    private static Gen<T> One<T>(params T[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    private static Gen<Flow> Make(int depth)
    {
        var extra = Gen.OneOf(
            One<uint>(0, 10, 46, 63).Select(d => (FlowExtra)new FlowExtra.Dscp([new(d, 63)])),
            Gen.Const((FlowExtra)new FlowExtra.Label([new(7, 9)])),
            One("0", "1000").Select(u => (FlowExtra)new FlowExtra.User(u)),
            Gen.Const((FlowExtra)new FlowExtra.Group("100")),
            Gen.Const((FlowExtra)new FlowExtra.App("ssh")),
            One("a", "a/b").Select(c => (FlowExtra)new FlowExtra.Cgroup(c)),
            One("lan0", "lan").Select(i => (FlowExtra)new FlowExtra.FromInterface(i)),
            One(StartedBy.Here, StartedBy.Peer, StartedBy.Forwarded).Select(s => (FlowExtra)new FlowExtra.Started(s)));
        if (depth > 0)
        {
            extra = Gen.OneOf(extra, extra, Make(depth - 1).Array[1, 2].Select(flows => (FlowExtra)new FlowExtra.Not(flows.ToEquatableArray())));
        }
        return Gen.Select(One<IpFamily?>(null, null, IpFamily.V4, IpFamily.V6), Protocol, End, End, extra.Array[0, 2])
            .Select((family, protocol, local, peer, extras) => new Flow { Family = family, Protocol = protocol, Local = local, Peer = peer, Extras = extras.ToEquatableArray() });
    }

    private static Packet Build(IpPrefix local, IpPrefix peer, byte protocol, ushort localPort, ushort peerPort, int rest, int down, int up)
    {
        var l = Near(local, down);
        var p = peer.Family == local.Family ? Near(peer, up) : l;
        var ports = protocol is 6 or 17 or 33 or 132 or 136;
        var started = (StartedBy)(1 << (rest % 3));
        var socket = started != StartedBy.Forwarded;
        return new()
        {
            Protocol = protocol,
            Local = l,
            Peer = p,
            LocalPort = ports ? localPort : null,
            PeerPort = ports ? peerPort : null,
            IcmpType = protocol is 1 or 58 ? (byte)(localPort & 0xff) : null,
            IcmpCode = protocol is 1 or 58 ? (byte)(peerPort & 0xff) : null,
            Spi = protocol is 50 or 51 ? localPort : null,
            Dscp = (byte)((rest >> 4) & 63),
            FlowLabel = l.Family == IpFamily.V6 ? (uint)((rest >> 10) & 15) : null,
            User = socket ? ((rest >> 14) & 1) == 0 ? 0u : 1000u : null,
            Group = socket ? 100 : null,
            App = socket && ((rest >> 15) & 1) == 0 ? "ssh" : null,
            Cgroup = socket ? ((rest >> 16) & 3) switch { 0 => "a", 1 => "a/b", 2 => "ab", _ => null } : null,
            FromInterface = socket ? null : ((rest >> 16) & 1) == 0 ? "lan0" : "lan",
            Started = started,
        };
    }

    /// <summary>An address at the border of a prefix: one before, the first, or one after the last, kept in the family.</summary>
    private static IpAddress Near(IpPrefix prefix, int where) => where switch
    {
        < 0 => prefix.First with { Bits = prefix.First.Bits == 0 ? 0 : prefix.First.Bits - 1 },
        0 => prefix.First,
        _ => prefix.Last.Bits == IpAddress.Highest(prefix.Family) ? prefix.Last : prefix.Last with { Bits = prefix.Last.Bits + 1 },
    };
}
