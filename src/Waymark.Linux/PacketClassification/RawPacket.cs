using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;

namespace Waymark.Linux.PacketClassification;

/// <summary>Packets with headers of our own making, so that every field can be at a border.</summary>
internal static class RawPacket
{
    /// <summary>The identifier of requests that need not be told apart.</summary>
    public const ushort Echo = 1;

    /// <summary>A raw socket that takes whole packets.</summary>
    public static Socket Open(IpFamily family) => family == IpFamily.V4
        ? new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Raw)
        : new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, (ProtocolType)255);

    /// <summary>A packet as bytes, without its IPv4 checksum, which the kernel fills in.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="flow">Tells ICMP requests apart: the low half is their identifier.</param>
    /// <param name="tail">What the packet ends with, behind all headers.</param>
    public static byte[] Bytes(Packet packet, uint flow, ReadOnlySpan<byte> tail)
    {
        var body = Body(packet, (ushort)(flow & 0xffff), tail);
        var network = PacketHeaders.Network(packet);
        if (packet.Family == IpFamily.V4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(network.AsSpan(2), (ushort)(20 + body.Length));
            network[8] = 64;
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(network.AsSpan(4), (ushort)body.Length);
            network[7] = 64;
        }
        return [.. network, .. body];
    }

    /// <summary>Sends a whole packet; gives the kernel's refusal, null where there was none.</summary>
    public static SocketException? Send(Socket socket, Packet packet, byte[] bytes)
    {
        try
        {
            socket.SendTo(bytes, new IPEndPoint(packet.Peer.ToIPAddress(), 0));
            return null;
        }
        catch (SocketException refusal)
        {
            // Dropped by a rule, which a program hears as EPERM, or nothing that this kernel sends.
            return refusal;
        }
    }

    /// <summary>What connection tracking takes for a new connection of the protocol.</summary>
    private static byte[] Body(Packet packet, ushort identifier, ReadOnlySpan<byte> tail)
    {
        var header = PacketHeaders.Transport(packet);
        switch (packet.Protocol)
        {
            case 6:
                // A SYN.
                return [.. header.AsSpan(0, 4), 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0, .. tail];
            case 17:
                return [.. header.AsSpan(0, 4), 0, (byte)(8 + tail.Length), 0, 0, .. tail];
            case 132:
                // An INIT with tag 1; the tail is a parameter of it, for the chunk has to be alone.
                return [.. header.AsSpan(0, 4), 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, (byte)(20 + tail.Length), 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, .. tail];
            case 136:
                // Its checksum covers the header.
                return [.. header.AsSpan(0, 4), 0, 8, 0xff, 0xff, .. tail];
            case 1 or 58:
                return [.. header.AsSpan(0, 2), 0, 0, (byte)(identifier >> 8), (byte)(identifier & 0xff), 0, 1, .. tail];
            default:
                return [.. header, .. new byte[16], .. tail];
        }
    }
}
