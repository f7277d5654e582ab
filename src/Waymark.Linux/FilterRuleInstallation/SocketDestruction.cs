using System.Buffers.Binary;
using Waymark.Flows;
using Waymark.Linux.Netlink;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>Closes TCP sockets of this host by their ends (SOCK_DESTROY of linux/sock_diag.h): their programs see ECONNABORTED and connect anew.</summary>
internal sealed class SocketDestruction : IDisposable
{
    private const ushort SockDestroy = 21;
    private const int Tcp = 6;
    private const int NotSupported = 95;

    private readonly NetlinkSocket socket = new(NetlinkProtocol.SocketDiagnostics);
    private readonly NetlinkWriter writer = new();

    /// <summary>Closes the socket with these ends, seen from here; false where there is none, or the kernel cannot (CONFIG_INET_DIAG_DESTROY).</summary>
    public bool Close(FlowEnds ends)
    {
        Span<byte> request = stackalloc byte[56];
        request.Clear();
        var isV4 = ends.Source.Family == IpFamily.V4;
        (request[0], request[1]) = (isV4 ? (byte)2 : (byte)10, Tcp);
        BinaryPrimitives.WriteUInt32LittleEndian(request[4..], uint.MaxValue);
        BinaryPrimitives.WriteUInt16BigEndian(request[8..], ends.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(request[10..], ends.DestinationPort);
        ends.Source.ToNetworkOrder().CopyTo(request[12..]);
        ends.Destination.ToNetworkOrder().CopyTo(request[28..]);
        // INET_DIAG_NOCOOKIE: whichever socket has these ends.
        request[48..].Fill(0xff);
        writer.Clear();
        writer.BeginMessage(SockDestroy, NetlinkFlags.Request | NetlinkFlags.Ack);
        writer.Raw(request);
        writer.EndMessage();
        var refused = socket.TryRequest(writer.Written);
        return refused.Count == 0 || (refused[0].Error is NetlinkException.NoEntry or NotSupported
            ? false
            : throw new NetlinkException($"close the socket to {ends.Destination}", refused[0].Error, refused[0].Detail));
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();
}
