using System.Buffers.Binary;
using Waymark.Flows;
using Waymark.Linux.Netlink;

namespace Waymark.Linux.Routing;

/// <summary>rtnetlink messages to values and back (linux/rtnetlink.h, linux/if_addr.h, linux/fib_rules.h).</summary>
internal static class RoutingMessages
{
    public const ushort NewLink = 16, DeleteLink = 17, NewAddress = 20, DeleteAddress = 21, NewRoute = 24, DeleteRoute = 25, NewRule = 32, DeleteRule = 33;

    /// <summary>The table of this host's own addresses (RT_TABLE_LOCAL).</summary>
    public const uint LocalTable = 255;

    public static byte Number(IpFamily family) => family == IpFamily.V4 ? (byte)2 : (byte)10;

    public static Link? ReadLink(NetlinkMessage message)
    {
        if (message.Type != NewLink || message.Body.Length < 16)
        {
            return null;
        }
        var index = BinaryPrimitives.ReadInt32LittleEndian(message.Body[4..]);
        var flags = BinaryPrimitives.ReadUInt32LittleEndian(message.Body[8..]);
        string name = "", kind = "";
        string? hardware = null, permanent = null;
        uint mtu = 0;
        byte status = 0;
        foreach (var attribute in message.Attributes(16))
        {
            switch (attribute.Type)
            {
                case 1:
                    hardware = HardwareAddress(attribute.Value);
                    break;
                case 3:
                    name = attribute.Text;
                    break;
                case 4:
                    mtu = attribute.U32;
                    break;
                case 16:
                    status = attribute.U8;
                    break;
                case 18:
                    foreach (var inner in attribute.Nested)
                    {
                        kind = inner.Type == 1 ? inner.Text : kind;
                    }
                    break;
                case 54:
                    permanent = HardwareAddress(attribute.Value);
                    break;
            }
        }
        var isUp = (flags & 1) != 0;
        return new(index, name, isUp, isUp && (flags & 0x40) != 0 && status is 0 or 6, (flags & 8) != 0, (flags & 0x10) != 0, mtu, kind.Length == 0 ? null : kind)
        {
            HardwareAddress = hardware,
            PermanentHardwareAddress = permanent,
        };
    }

    /// <summary>Of a device that has one of the common length; tunnels carry an IP address in its place.</summary>
    private static string? HardwareAddress(ReadOnlySpan<byte> value) =>
        value.Length == 6 ? string.Join(':', Convert.ToHexStringLower(value).Chunk(2).Select(pair => new string(pair))) : null;

    public static InterfaceAddress? ReadAddress(NetlinkMessage message)
    {
        if (message.Type != NewAddress || message.Body.Length < 8 || Family(message.Body[0]) is not { } family)
        {
            return null;
        }
        int length = message.Body[1], index = BinaryPrimitives.ReadInt32LittleEndian(message.Body[4..]);
        uint flags = message.Body[2], preferred = uint.MaxValue;
        IpAddress? address = null, local = null;
        foreach (var attribute in message.Attributes(8))
        {
            switch (attribute.Type)
            {
                case 1:
                    address = Address(attribute, family);
                    break;
                case 2:
                    local = Address(attribute, family);
                    break;
                case 6 when attribute.Value.Length >= 8:
                    preferred = BinaryPrimitives.ReadUInt32LittleEndian(attribute.Value);
                    break;
                case 8:
                    flags = attribute.U32;
                    break;
            }
        }
        // On point-to-point devices the "address" is the peer's.
        if ((local ?? address) is not { } own || length > IpAddress.Width(family))
        {
            return null;
        }
        var state = (flags & (0x40 | 0x08)) != 0 && (flags & 4) == 0 ? AddressState.Tentative : (flags & 0x20) != 0 ? AddressState.Deprecated : AddressState.Preferred;
        return new(index, own, new(address ?? own, length), state, family == IpFamily.V6 && (flags & 1) != 0) { PreferredSeconds = preferred };
    }

    public static void ReadRoutes(NetlinkMessage message, List<Route> routes)
    {
        if (message.Type != NewRoute || message.Body.Length < 12 || Family(message.Body[0]) is not { } family)
        {
            return;
        }
        int length = message.Body[1];
        uint table = message.Body[4], metric = 0;
        var flags = BinaryPrimitives.ReadUInt32LittleEndian(message.Body[8..]);
        var destination = new IpAddress(family, 0);
        IpAddress? gateway = null, source = null;
        var index = 0;
        ReadOnlySpan<byte> hops = default;
        foreach (var attribute in message.Attributes(12))
        {
            switch (attribute.Type)
            {
                case 1:
                    destination = Address(attribute, family) ?? destination;
                    break;
                case 4:
                    index = attribute.I32;
                    break;
                case 5:
                    gateway = Address(attribute, family);
                    break;
                case 6:
                    metric = attribute.U32;
                    break;
                case 7:
                    source = Address(attribute, family);
                    break;
                case 9:
                    hops = attribute.Value;
                    break;
                case 15:
                    table = attribute.U32;
                    break;
                case 18:
                    gateway = Via(attribute);
                    break;
            }
        }
        if (length > IpAddress.Width(family) || (flags & 0x200) != 0)
        {
            return;
        }
        var route = new Route
        {
            Table = table,
            Destination = new(destination, length),
            Type = (RouteType)message.Body[7],
            LinkIndex = index,
            Gateway = gateway,
            Metric = metric,
            Protocol = message.Body[5],
            PreferredSource = source,
            IsOnLink = (flags & 4) != 0,
            IsDead = (flags & 1) != 0,
            IsLinkDown = (flags & 0x10) != 0,
        };
        if (hops.IsEmpty)
        {
            routes.Add(route);
            return;
        }
        while (hops.Length >= 8)
        {
            int size = BinaryPrimitives.ReadUInt16LittleEndian(hops);
            if (size < 8 || size > hops.Length)
            {
                return;
            }
            IpAddress? hop = null;
            foreach (var attribute in new NetlinkAttributes(hops[8..size]))
            {
                hop = attribute.Type switch
                {
                    5 => Address(attribute, family),
                    18 => Via(attribute),
                    _ => hop,
                };
            }
            routes.Add(route with { LinkIndex = BinaryPrimitives.ReadInt32LittleEndian(hops[4..]), Gateway = hop, IsDead = (hops[2] & 1) != 0, IsLinkDown = (hops[2] & 0x10) != 0 });
            hops = hops[Math.Min(hops.Length, (size + 3) & ~3)..];
        }
    }

    public static RoutingRule? ReadRule(NetlinkMessage message)
    {
        if (message.Type != NewRule || message.Body.Length < 12 || Family(message.Body[0]) is not { } family)
        {
            return null;
        }
        var rule = new RoutingRule
        {
            Family = family,
            Priority = 0,
            Table = message.Body[4],
            Action = (RuleAction)message.Body[7],
            IsInverted = (BinaryPrimitives.ReadUInt32LittleEndian(message.Body[8..]) & 2) != 0,
            // Length of the destination, type of service.
            HasOtherSelectors = message.Body[1] != 0 || message.Body[3] != 0,
        };
        int length = message.Body[2];
        uint? mark = null, mask = null;
        foreach (var attribute in message.Attributes(12))
        {
            rule = attribute.Type switch
            {
                2 when Address(attribute, family) is { } source && length <= IpAddress.Width(family) => rule with { Source = new(source, length) },
                3 => rule with { InputDevice = attribute.Text },
                6 => rule with { Priority = attribute.U32 },
                14 when attribute.U32 != uint.MaxValue => rule with { SuppressPrefixLength = attribute.U32 },
                15 => rule with { Table = attribute.U32 },
                17 => rule with { OutputDevice = attribute.Text },
                21 => rule with { Protocol = attribute.U8 },
                // FRA_TUN_ID, FRA_L3MDEV, FRA_UID_RANGE, and from FRA_IP_PROTO on all that has been added since.
                12 or 19 or 20 or >= 22 => rule with { HasOtherSelectors = true },
                _ => rule,
            };
            mark = attribute.Type == 10 ? attribute.U32 : mark;
            mask = attribute.Type == 16 ? attribute.U32 : mask;
        }
        return mask is { } bits ? rule with { Mark = mark ?? 0, MarkMask = bits } : rule;
    }

    public static RouteAnswer? ReadAnswer(NetlinkMessage message)
    {
        if (message.Type != NewRoute || message.Body.Length < 12 || Family(message.Body[0]) is not { } family)
        {
            return null;
        }
        uint table = message.Body[4];
        IpAddress? gateway = null, source = null;
        var index = 0;
        foreach (var attribute in message.Attributes(12))
        {
            switch (attribute.Type)
            {
                case 4:
                    index = attribute.I32;
                    break;
                case 5:
                    gateway = Address(attribute, family);
                    break;
                case 7:
                    source = Address(attribute, family);
                    break;
                case 15:
                    table = attribute.U32;
                    break;
                case 18:
                    gateway = Via(attribute);
                    break;
            }
        }
        return new(index, gateway, source, table, (RouteType)message.Body[7]);
    }

    public static void Write(NetlinkWriter writer, Route route, ushort type, NetlinkFlags flags)
    {
        var family = route.Destination.Family;
        writer.BeginMessage(type, NetlinkFlags.Request | NetlinkFlags.Ack | flags);
        // Scope: the universe where there is a next hop, the link otherwise; a removal matches any scope as 255.
        var scope = type == 25 ? (byte)255 : route.Type is RouteType.Unreachable or RouteType.Prohibit or RouteType.Blackhole || route.Gateway is not null || family == IpFamily.V6 ? (byte)0 : (byte)253;
        writer.Raw([Number(family), (byte)route.Destination.Length, 0, 0, route.Table < 256 ? (byte)route.Table : (byte)0, route.Protocol, scope, (byte)route.Type]);
        writer.U32(route.IsOnLink ? 4u : 0);
        if (route.Destination.Length > 0)
        {
            writer.Attribute(1, route.Destination.First.ToNetworkOrder());
        }
        if (route.LinkIndex != 0)
        {
            writer.U32(4, (uint)route.LinkIndex);
        }
        if (route.Gateway is { } hop)
        {
            if (hop.Family == family)
            {
                writer.Attribute(5, hop.ToNetworkOrder());
            }
            else
            {
                // RFC 8950: an IPv4 route by an IPv6 next hop.
                writer.Attribute(18, [Number(hop.Family), 0, .. hop.ToNetworkOrder()]);
            }
        }
        if (route.Metric != 0)
        {
            writer.U32(6, route.Metric);
        }
        if (route.PreferredSource is { } source)
        {
            writer.Attribute(7, source.ToNetworkOrder());
        }
        writer.U32(15, route.Table);
        writer.EndMessage();
    }

    public static void Write(NetlinkWriter writer, RoutingRule rule, ushort type, NetlinkFlags flags)
    {
        writer.BeginMessage(type, NetlinkFlags.Request | NetlinkFlags.Ack | flags);
        writer.Raw([Number(rule.Family), 0, (byte)(rule.Source?.Length ?? 0), 0, rule.Table < 256 ? (byte)rule.Table : (byte)0, 0, 0, (byte)rule.Action]);
        writer.U32(rule.IsInverted ? 2u : 0);
        writer.U32(6, rule.Priority);
        if (rule.Source is { } source)
        {
            writer.Attribute(2, source.First.ToNetworkOrder());
        }
        if (rule.InputDevice is { } input)
        {
            writer.Text(3, input);
        }
        if (rule.OutputDevice is { } output)
        {
            writer.Text(17, output);
        }
        if (rule.Mark is { } mark)
        {
            writer.U32(10, mark);
            writer.U32(16, rule.MarkMask);
        }
        if (rule.SuppressPrefixLength is { } length)
        {
            writer.U32(14, length);
        }
        if (rule.Table != 0)
        {
            writer.U32(15, rule.Table);
        }
        writer.U8(21, rule.Protocol);
        writer.EndMessage();
    }

    public static IpFamily? Family(byte number) => number switch
    {
        2 => IpFamily.V4,
        10 => IpFamily.V6,
        _ => null,
    };

    /// <summary>RTA_VIA: a next hop of another family (RFC 8950).</summary>
    private static IpAddress? Via(NetlinkAttribute attribute) =>
        attribute.Value.Length is 6 or 18 ? IpAddress.FromNetworkOrder(attribute.Value[2..]) : null;

    private static IpAddress? Address(NetlinkAttribute attribute, IpFamily family) =>
        attribute.Value.Length == IpAddress.Width(family) / 8 ? IpAddress.FromNetworkOrder(attribute.Value) : null;
}
