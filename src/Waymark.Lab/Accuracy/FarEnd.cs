using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.Linux.PathExamination.Stamp;
using Waymark.PathExamination;
using Waymark.PathExamination.Stamp;

namespace Waymark.Lab.Accuracy;

/// <summary>Who answers what is asked: a STAMP reflector, a TCP server that ends each connection at once, one that gives each a page, and a name server that knows nothing. Its kernel answers echoes.</summary>
internal sealed class FarEnd : IAsyncDisposable
{
    public const int TcpPort = 8080, HttpPort = 8081;

    private const int DnsPort = 53;

    private static readonly byte[] Page = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"u8.ToArray();

    private const int Waiting = 512;

    private readonly StampReflector reflector;
    private readonly Socket listener;
    private readonly Socket pages;
    private readonly Socket names;
    private readonly Task serving;

    /// <param name="where">Its namespace.</param>
    /// <param name="clock">What it says of its clock.</param>
    public FarEnd(NetworkNamespace where, ErrorEstimate clock)
    {
        reflector = where.Run(() => new StampReflector(new(ProbeTarget.Stamp.UsualPort, null, [new(IpAddress.Parse("0.0.0.0"), 0), new(IpAddress.Parse("::"), 0)]), TimeProvider.System, () => clock));
        listener = where.Run(() => Listen(TcpPort));
        pages = where.Run(() => Listen(HttpPort));
        names = where.Run(() => Bound(new(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true }, DnsPort));
        serving = Task.WhenAll(AcceptAsync(listener, End), AcceptAsync(pages, socket => _ = GivePageAsync(socket)), AnswerNamesAsync());
    }

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        pages.Dispose();
        names.Dispose();
        await serving;
        await reflector.DisposeAsync();
    }

    private static Socket Listen(int port)
    {
        var socket = Bound(new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true }, port);
        socket.Listen(Waiting);
        return socket;
    }

    private static Socket Bound(Socket socket, int port)
    {
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        return socket;
    }

    private static void End(Socket socket) => socket.Dispose();

    /// <summary>One page, whatever is asked for in one packet.</summary>
    private static async Task GivePageAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                if (await socket.ReceiveAsync(new byte[2048]) > 0)
                {
                    await socket.SendAsync(Page);
                    // Until the other end has it, and closes.
                    await socket.ReceiveAsync(new byte[1]);
                }
            }
            catch (SocketException)
            {
                // The other end has had enough.
            }
        }
    }

    /// <summary>Says of each name that nothing is known of it: the question again, as an answer (RFC 1035 section 4.1.1: QR and RA).</summary>
    private async Task AnswerNamesAsync()
    {
        var message = new byte[512];
        while (true)
        {
            try
            {
                var asked = await names.ReceiveFromAsync(message, new IPEndPoint(IPAddress.IPv6Any, 0));
                (message[2], message[3]) = ((byte)(message[2] | 0x80), 0x80);
                await names.SendToAsync(message.AsMemory(0, asked.ReceivedBytes), asked.RemoteEndPoint);
            }
            catch (SocketException closed) when (closed.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                // Disposed between two questions.
                return;
            }
        }
    }

    private static async Task AcceptAsync(Socket listener, Action<Socket> serve)
    {
        while (true)
        {
            try
            {
                serve(await listener.AcceptAsync());
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
