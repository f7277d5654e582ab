using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>Packets with headers of our own making, so that every field can be at a border.</summary>
internal static class RawPacket
{
    /// <summary>A raw socket that takes whole packets.</summary>
    public static Socket Open(IpFamily family) => family == IpFamily.V4
        ? new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Raw)
        : new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, (ProtocolType)255);

    /// <summary>Sends a packet; its total length and IPv4 checksum are filled in.</summary>
    public static void Send(Socket socket, Packet packet)
    {
        var body = Body(packet);
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
        socket.SendTo([.. network, .. body], new IPEndPoint(packet.Peer.ToIPAddress(), 0));
    }

    /// <summary>What connection tracking takes for a new connection of the protocol.</summary>
    private static byte[] Body(Packet packet)
    {
        var header = PacketHeaders.Transport(packet);
        switch (packet.Protocol)
        {
            case 6:
                // A SYN.
                return [.. header.AsSpan(0, 4), 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0];
            case 17:
                return [.. header.AsSpan(0, 4), 0, 8, 0, 0];
            case 132:
                // An INIT with tag 1.
                return [.. header.AsSpan(0, 4), 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 20, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1];
            case 136:
                return [.. header.AsSpan(0, 4), 0, 8, 0xff, 0xff];
            case 1 or 58:
                return [.. header.AsSpan(0, 2), 0, 0, 0, 7, 0, 1];
            default:
                return [.. header, .. new byte[16]];
        }
    }
}
