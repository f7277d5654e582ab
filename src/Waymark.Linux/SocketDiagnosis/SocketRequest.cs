using System.Buffers.Binary;
using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;

namespace Waymark.Linux.SocketDiagnosis;

/// <summary>
/// Writes requests about TCP sockets (struct inet_diag_req_v2 of linux/inet_diag.h, 56 bytes).
/// <code>
/// 0 family, 1 protocol, 2 attributes asked for, 4 states, 8 source port, 10 destination port, 12 source, 28 destination, 44 device, 48 cookie
/// </code>
/// </summary>
internal static class SocketRequest
{
    public const ushort ByFamily = 20, Destroy = 21;

    private const int Length = 56;
    private const byte Tcp = 6;

    /// <summary>Asks for all sockets of a family in state ESTABLISHED, with struct tcp_info.</summary>
    public static void WriteDump(NetlinkWriter writer, IpFamily family)
    {
        Span<byte> request = stackalloc byte[Length];
        request.Clear();
        (request[0], request[1], request[2]) = (RoutingMessages.Number(family), Tcp, 1 << (SocketMessages.TcpState - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(request[4..], 1 << SocketMessages.Established);
        Write(writer, ByFamily, NetlinkFlags.Dump, request);
    }

    /// <summary>Has the socket closed that has these ends.</summary>
    public static void WriteDestroy(NetlinkWriter writer, FlowEnds ends)
    {
        Span<byte> request = stackalloc byte[Length];
        request.Clear();
        (request[0], request[1]) = (RoutingMessages.Number(ends.Source.Family), Tcp);
        BinaryPrimitives.WriteUInt32LittleEndian(request[4..], uint.MaxValue);
        BinaryPrimitives.WriteUInt16BigEndian(request[8..], ends.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(request[10..], ends.DestinationPort);
        ends.Source.ToNetworkOrder().CopyTo(request[12..]);
        ends.Destination.ToNetworkOrder().CopyTo(request[28..]);
        // INET_DIAG_NOCOOKIE: whichever socket has these ends.
        request[48..].Fill(0xff);
        Write(writer, Destroy, NetlinkFlags.Ack, request);
    }

    private static void Write(NetlinkWriter writer, ushort type, NetlinkFlags flags, ReadOnlySpan<byte> request)
    {
        writer.Clear();
        writer.BeginMessage(type, NetlinkFlags.Request | flags);
        writer.Raw(request);
        writer.EndMessage();
    }
}
