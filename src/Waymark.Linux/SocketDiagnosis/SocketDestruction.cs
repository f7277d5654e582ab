using Waymark.Linux.Netlink;

namespace Waymark.Linux.SocketDiagnosis;

/// <summary>Closes TCP sockets of this host by their ends (SOCK_DESTROY of linux/sock_diag.h): their programs see ECONNABORTED and connect anew.</summary>
internal sealed class SocketDestruction : IDisposable
{
    private const int NotSupported = 95;

    private readonly NetlinkSocket socket = new(NetlinkProtocol.SocketDiagnostics);
    private readonly NetlinkWriter writer = new();

    /// <summary>Closes the socket with these ends, seen from here; false where there is none, or the kernel cannot (CONFIG_INET_DIAG_DESTROY).</summary>
    public bool Close(FlowEnds ends)
    {
        SocketRequest.WriteDestroy(writer, ends);
        var refused = socket.TryRequest(writer.Written);
        return refused.Count == 0 || (refused[0].Error is NetlinkException.NoEntry or NotSupported
            ? false
            : throw new NetlinkException($"close the socket to {ends.Destination}", refused[0].Error, refused[0].Detail));
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();
}
