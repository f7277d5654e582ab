using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Waymark.Lab.Traffic;

/// <summary>
/// The near end of the lab's flows, built like the programs that they stand for: a voice call's datagrams on one socket that is never connected, a terminal's few bytes
/// that wait for their echo, a bulk upload. A stream that breaks is opened again at once, as a well-made program does.
/// </summary>
/// <param name="time">Paces the packets.</param>
public sealed class TrafficClient(TimeProvider time)
{
    /// <summary>How long a terminal waits for a new connection before it tries again.</summary>
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(1);

    /// <summary>A call: a datagram of 160 bytes every 20 ms (G.711), until cancelled. A refused datagram is lost, the call goes on.</summary>
    public async Task CallAsync(string flow, IPEndPoint peer, CancellationToken cancellationToken)
    {
        using var socket = new Socket(peer.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), time);
        var packet = new byte[160];
        for (long sequence = 0; await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false); sequence++)
        {
            Datagram.Write(packet, flow, sequence);
            try
            {
                await socket.SendToAsync(packet, peer, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // Refused by a rule, or no route at the moment: a lost packet of the call, seen as a gap at the receiver.
            }
        }
    }

    /// <summary>A terminal: a few bytes every 50 ms that are echoed, until cancelled; a dead connection is opened again.</summary>
    public Task TypeAsync(string flow, IPEndPoint peer, CancellationToken cancellationToken) =>
        StreamAsync(flow, peer, "echo", 16, TimeSpan.FromMilliseconds(50), cancellationToken);

    /// <summary>An upload of <paramref name="bytesPerSecond"/>, until cancelled; a dead connection is opened again.</summary>
    public Task UploadAsync(string flow, IPEndPoint peer, int bytesPerSecond, CancellationToken cancellationToken) =>
        StreamAsync(flow, peer, "sink", bytesPerSecond / 20, TimeSpan.FromMilliseconds(50), cancellationToken);

    private async Task StreamAsync(string flow, IPEndPoint peer, string kind, int length, TimeSpan interval, CancellationToken cancellationToken)
    {
        var greeting = Encoding.ASCII.GetBytes($"{flow} {kind}\n");
        var chunk = new byte[Math.Max(1, length)];
        using var timer = new PeriodicTimer(interval, time);
        while (!cancellationToken.IsCancellationRequested)
        {
            using var socket = new Socket(peer.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(ConnectPatience);
            try
            {
                await socket.ConnectAsync(peer, patience.Token).ConfigureAwait(false);
                patience.CancelAfter(Timeout.InfiniteTimeSpan);
                await socket.SendAsync(greeting, cancellationToken).ConfigureAwait(false);
                var drain = DrainAsync(socket, patience.Token);
                while (!drain.IsCompleted)
                {
                    await socket.SendAsync(chunk, cancellationToken).ConfigureAwait(false);
                    await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
                }
                await drain.ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // The connection was reset or refused: connect again, after a tick so that a path that refuses is not hammered.
                await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // No answer within patience: connect again.
            }
        }
    }

    /// <summary>Reads echoes until the stream ends or breaks; its end is how a sender learns of a reset while it waits.</summary>
    private static async Task DrainAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[65536];
        while (await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false) > 0)
        {
        }
    }
}
