using Waymark.Flows;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>
/// Packets from the borders of selectors: each bound -1, 0 and +1 of every field that a box restricts, the other fields inside. Which packets are sent is all that is
/// read from the selectors; what becomes of them is not.
/// </summary>
internal sealed class BorderPackets(Random random)
{
    private static readonly byte[] Protocols4 = [1, 6, 6, 17, 17, 33, 47, 50, 51, 132, 136, 253], Protocols6 = [6, 6, 17, 17, 33, 47, 50, 58, 132, 136, 253];

    private static readonly uint[] Ports = [0, 1, 21, 22, 23, 79, 80, 81, 443, 444, 1023, 1024, 8000, 8080, 8081, 65534, 65535];

    private static readonly string[] Sources4 = ["203.0.112.255", "203.0.113.0", "203.0.113.9", "203.0.113.65", "198.51.100.7", "198.51.101.1"],
        Sources6 = ["2001:db8:75::1", "2001:db8:76::1", "2001:db8:77::", "2001:db8:77::9", "2001:db8:77::11", "2001:db8:7a::1"];

    /// <summary>Some packet of the world that policies speak of.</summary>
    public Packet Anything() => Draw(new FlowBox { Family = random.Next(2) == 0 ? IpFamily.V4 : IpFamily.V6 }).ToPacket();

    /// <summary>Packets inside the box and at its borders.</summary>
    public IEnumerable<Packet> Of(FlowBox box)
    {
        for (var draw = 0; draw < 8; draw++)
        {
            var inside = Draw(box);
            if (!box.Matches(inside.ToPacket()))
            {
                // An ordinary value does not fit: of ICMP where ports are asked for, of a user where the packet comes from behind.
                continue;
            }
            yield return inside.ToPacket();
            foreach (var border in Borders(box, inside))
            {
                yield return border.ToPacket();
            }
        }
    }

    /// <summary>Whether the packet can be on this wire and tracking takes it for what it is.</summary>
    public static bool IsOnWire(Packet packet) =>
        packet.Local != packet.Peer && IsUsable(packet.Local) && IsUsable(packet.Peer)
        // Of another family, or an extension header of IPv6 (RFC 8200 section 4), which is no protocol.
        && !(packet.Family == IpFamily.V4 ? packet.Protocol is 0 or 58 : packet.Protocol is 0 or 1 or 43 or 44 or 51 or 59 or 60 or 135 or 139 or 140);

    private static bool IsUsable(IpAddress address) => address.Family == IpFamily.V4
        ? address.Bits >> 24 == 203 || address.Bits >> 24 == 198
        : address.Bits >> 96 == 0x20010db8 && ((address.Bits >> 80) & 0xffff) is var site && site >= 0x70 && site < 0x80;

    private static IEnumerable<Fields> Borders(FlowBox box, Fields inside)
    {
        foreach (var value in Near(box.Protocol, 255))
        {
            yield return inside with { Protocol = (byte)value };
        }
        foreach (var value in Near(box.Local, IpAddress.Highest(box.Family)))
        {
            yield return inside with { Local = value };
        }
        foreach (var value in Near(box.Peer, IpAddress.Highest(box.Family)))
        {
            yield return inside with { Peer = value };
        }
        foreach (var value in Near(box.LocalPort, 65535))
        {
            yield return inside with { LocalPort = (ushort)value };
        }
        foreach (var value in Near(box.PeerPort, 65535))
        {
            yield return inside with { PeerPort = (ushort)value };
        }
        foreach (var value in Near(box.IcmpType, 255))
        {
            yield return inside with { IcmpType = (byte)value };
        }
        foreach (var value in Near(box.IcmpCode, 255))
        {
            yield return inside with { IcmpCode = (byte)value };
        }
        foreach (var value in Near(box.Spi, uint.MaxValue))
        {
            yield return inside with { Spi = (uint)value };
        }
        foreach (var value in Near(box.Dscp, 63))
        {
            yield return inside with { Dscp = (byte)value };
        }
        foreach (var value in Near(box.FlowLabel, 0xfffff))
        {
            yield return inside with { Label = (uint)value };
        }
        // Users, groups and sides have no neighbours but each other.
        if (box.User is not null || box.Group is not null || box.FromInterface is not null || box.Started != StartedBy.Anyone)
        {
            yield return inside with { Sender = 0 };
            yield return inside with { Sender = 1 };
            yield return inside with { Sender = 2 };
        }
    }

    private static IEnumerable<UInt128> Near(RangeSet? set, UInt128 highest) => set is null
        ? []
        : set.Ranges.SelectMany(range => new[] { range.Low, range.High }).Where(bound => bound <= highest)
            .SelectMany(bound => new[] { bound == 0 ? 0 : bound - 1, bound, bound == highest ? highest : bound + 1 }).Distinct();

    /// <summary>A value for every field: one of the box's bounds where it restricts the field, an ordinary one elsewhere.</summary>
    private Fields Draw(FlowBox box)
    {
        var isV4 = box.Family == IpFamily.V4;
        var protocols = isV4 ? Protocols4 : Protocols6;
        var fitting = protocols.Where(number => box.Protocol?.Contains(number) != false).ToArray();
        var withPorts = fitting.Where(number => number is 6 or 17 or 132 or 136).ToArray();
        var isOfPorts = box.LocalPort?.Contains(FlowBox.AbsentPort) == false || box.PeerPort?.Contains(FlowBox.AbsentPort) == false;
        var choice = isOfPorts && withPorts.Length > 0 ? withPorts : fitting;
        UInt128 Address(RangeSet? set) => Bound(set, bits => IsUsable(new(box.Family, bits)), IpAddress.Parse(Pick(isV4 ? Sources4 : Sources6)).Bits);
        return new(box.Family)
        {
            Protocol = choice.Length > 0 ? Pick(choice) : (byte)Bound(box.Protocol, bits => bits <= 255, 6),
            Local = Address(box.Local),
            Peer = box.Peer is null && random.Next(2) == 0 ? IpAddress.Parse(isV4 ? "203.0.113.0" : "2001:db8:77::").Bits + (UInt128)random.Next(256) : Address(box.Peer),
            LocalPort = (ushort)Bound(box.LocalPort, bits => bits <= 65535, box.LocalPort is null && random.Next(2) == 0 ? (uint)random.Next(2000, 60000) : Pick(Ports)),
            PeerPort = (ushort)Bound(box.PeerPort, bits => bits <= 65535, Pick(Ports)),
            IcmpType = (byte)Bound(box.IcmpType, bits => bits <= 255, isV4 ? 8u : 128u),
            IcmpCode = (byte)Bound(box.IcmpCode, bits => bits <= 255, (uint)random.Next(3)),
            Spi = (uint)Bound(box.Spi, bits => bits <= uint.MaxValue, (uint)random.Next(300)),
            Dscp = (byte)Bound(box.Dscp, bits => bits <= 63, Pick([0u, 0u, 8u, 10u, 46u, 63u])),
            Label = (uint)Bound(box.FlowLabel, bits => bits <= 0xfffff, (uint)random.Next(12)),
            Sender = random.Next(3),
        };
    }

    private UInt128 Bound(RangeSet? set, Func<UInt128, bool> isUsable, UInt128 ordinary)
    {
        if (set is null || (set.Contains(ordinary) && random.Next(3) == 0))
        {
            return ordinary;
        }
        var bounds = set.Ranges.SelectMany(range => new[] { range.Low, range.High }).Where(isUsable).ToArray();
        return bounds.Length > 0 ? Pick(bounds) : ordinary;
    }

    private T Pick<T>(T[] choices) => choices[random.Next(choices.Length)];

    /// <summary>A value for every field, also for those that the packet's protocol does not have.</summary>
    private readonly record struct Fields(IpFamily Family)
    {
        public byte Protocol { get; init; }

        public UInt128 Local { get; init; }

        public UInt128 Peer { get; init; }

        public ushort LocalPort { get; init; }

        public ushort PeerPort { get; init; }

        public byte IcmpType { get; init; }

        public byte IcmpCode { get; init; }

        public uint Spi { get; init; }

        public byte Dscp { get; init; }

        public uint Label { get; init; }

        /// <summary>0: root on the node; 1: another user there; 2: a host behind it.</summary>
        public int Sender { get; init; }

        public Packet ToPacket()
        {
            var hasPorts = Protocol is 6 or 17 or 33 or 132 or 136;
            var isIcmp = Protocol is 1 or 58;
            return new()
            {
                Protocol = Protocol,
                Local = new(Family, Local),
                Peer = new(Family, Peer),
                LocalPort = hasPorts ? LocalPort : null,
                PeerPort = hasPorts ? PeerPort : null,
                IcmpType = isIcmp ? IcmpType : null,
                IcmpCode = isIcmp ? IcmpCode : null,
                Spi = Protocol is 50 or 51 ? Spi : null,
                Dscp = Dscp,
                FlowLabel = Family == IpFamily.V6 ? Label : null,
                User = Sender switch { 0 => 0, 1 => NumberedPackets.OtherUser, _ => null },
                Group = Sender switch { 0 => 0, 1 => NumberedPackets.OtherGroup, _ => null },
                FromInterface = Sender == 2 ? "l0" : null,
                Started = Sender == 2 ? StartedBy.Forwarded : StartedBy.Here,
            };
        }
    }
}
