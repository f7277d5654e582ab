using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;

namespace Waymark.Exchange.NodeCalls;

/// <summary>To the daemon on this host, over its Unix socket. The kernel tells the daemon who we are; nothing is asked for.</summary>
/// <param name="socket">The socket's path.</param>
internal sealed class LocalRoute(string socket) : INodeRoute
{
    public Uri Address { get; } = new("http://localhost");

    public SocketsHttpHandler MakeHandler() => new()
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            if (Encoding.UTF8.GetByteCount(socket) is 0 or > NodeClient.LongestSocket)
            {
                throw new SocketException((int)SocketError.InvalidArgument);
            }
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                return new NetworkStream(connection, ownsSocket: true);
            }
            catch
            {
                // The caller gets the reason; the socket is of no more use.
                connection.Dispose();
                throw;
            }
        },
    };

    public string Unreachable(RpcException failed) => (failed.Status.DebugException?.GetBaseException() as SocketException)?.SocketErrorCode switch
    {
        // Whatever it is that the library noticed first: a daemon that is not there is always the socket's word.
        null or SocketError.ConnectionReset or SocketError.Shutdown =>
            $"the daemon at {socket} closed the connection: it was stopped, or this user holds too many of them; try again",
        SocketError.AccessDenied => $"this user may not connect to {socket}: ask the node's administrator",
        SocketError.InvalidArgument => $"'{socket}' cannot be the path of a socket, which has 1 to {NodeClient.LongestSocket} bytes: name another (--socket, WAYMARK_SOCKET)",
        _ => $"no daemon answers at {socket}: start it ('systemctl start waymarkd', or 'waymarkd' as root), or name another socket (--socket, WAYMARK_SOCKET)",
    };
}
