using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.Linux.PathExamination.Stamp;
using Waymark.PathExamination;
using Waymark.PathExamination.Stamp;

namespace Waymark.Lab.Accuracy;

/// <summary>Who answers what is asked: a STAMP reflector, and a TCP server that ends each connection at once. Its kernel answers echoes.</summary>
internal sealed class FarEnd : IAsyncDisposable
{
    public const int TcpPort = 8080;

    private const int Waiting = 512;

    private readonly StampReflector reflector;
    private readonly Socket listener;
    private readonly Task accepting;

    /// <param name="where">Its namespace.</param>
    /// <param name="clock">What it says of its clock.</param>
    public FarEnd(NetworkNamespace where, ErrorEstimate clock)
    {
        reflector = where.Run(() => new StampReflector(new(ProbeTarget.Stamp.UsualPort, null, [new(IpAddress.Parse("0.0.0.0"), 0), new(IpAddress.Parse("::"), 0)]), TimeProvider.System, () => clock));
        listener = where.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, TcpPort));
            socket.Listen(Waiting);
            return socket;
        });
        accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        await accepting;
        await reflector.DisposeAsync();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                (await listener.AcceptAsync()).Dispose();
            }
            catch (SocketException closed) when (closed.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                // Disposed between two connections.
                return;
            }
        }
    }
}
