using System.Buffers.Binary;
using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>The header bytes of a packet that this node sends, as far as a selector sees them.</summary>
internal static class PacketHeaders
{
    /// <summary>IPv4 (RFC 791) or IPv6 (RFC 8200).</summary>
    public static byte[] Network(Packet packet)
    {
        if (packet.Family == IpFamily.V4)
        {
            var v4 = new byte[20];
            (v4[0], v4[1], v4[9]) = (0x45, (byte)(packet.Dscp << 2), packet.Protocol);
            packet.Local.ToNetworkOrder().CopyTo(v4, 12);
            packet.Peer.ToNetworkOrder().CopyTo(v4, 16);
            return v4;
        }
        var v6 = new byte[40];
        BinaryPrimitives.WriteUInt32BigEndian(v6, (6u << 28) | ((uint)packet.Dscp << 22) | (packet.FlowLabel ?? 0));
        v6[6] = packet.Protocol;
        packet.Local.ToNetworkOrder().CopyTo(v6, 8);
        packet.Peer.ToNetworkOrder().CopyTo(v6, 24);
        return v6;
    }

    /// <summary>The first bytes of the transport header; empty where a selector sees none of it.</summary>
    public static byte[] Transport(Packet packet)
    {
        var header = new byte[8];
        if (packet is { LocalPort: { } local, PeerPort: { } peer })
        {
            BinaryPrimitives.WriteUInt16BigEndian(header, local);
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), peer);
        }
        else if (packet.IcmpType is { } type)
        {
            (header[0], header[1]) = (type, packet.IcmpCode ?? 0);
        }
        else if (packet.Spi is { } spi)
        {
            BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(packet.Protocol == 51 ? 4 : 0), spi);
        }
        else
        {
            return [];
        }
        return header;
    }
}
