using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Waymark.Flows;
using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination.Tcp;

/// <summary>
/// Asks for TCP connections (RFC 9293) out of one device: each socket is bound to it and marked, so that neither routing nor the filter rules lead it elsewhere. Safe for several
/// calls at once.
/// </summary>
internal sealed class TcpCaller : IDisposable
{
    private const int SocketLevel = 1;
    private const int BindToDevice = 25;
    private const int MarkOption = 36;

    /// <summary>IPPROTO_TCP and TCP_INFO (tcp(7)), of whose structure the smoothed round trip, microseconds, and the segments sent again are read.</summary>
    private const int TcpLevel = 6, InfoOption = 11, InfoBytes = 104, RoundTripAt = 68, SentAgainAt = 100;

    /// <summary>The first SYN is sent again after a second (RFC 6298 section 2); an answer that came so much later than its round trip is that of a later one.</summary>
    private static readonly TimeSpan SentAgainAfter = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<(IpAddress, int), RepeatedRequests> repeated = new();

    /// <summary>When Linux sends the first SYN again.</summary>
    private static readonly TimeSpan RepeatedAfter = TimeSpan.FromSeconds(1);

    private const int ReceiveBytes = 16 * 1024;

    private readonly SocketOrigin origin = new();
    private readonly IpFamily family;
    private readonly byte[] device;
    private readonly TimeProvider time;

    /// <summary>Throws <see cref="SocketException"/> where no socket can be opened by that device.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="device">The device by which connections leave.</param>
    /// <param name="time">The clock.</param>
    public TcpCaller(IpFamily family, string device, TimeProvider time)
    {
        (this.family, this.device, this.time) = (family, Encoding.UTF8.GetBytes(device + "\0"), time);
        try
        {
            origin.Open(Open).Dispose();
        }
        catch
        {
            // Nobody gets to dispose of what was never made.
            origin.Dispose();
            throw;
        }
    }

    /// <summary>The firewall mark of the connections' packets; 0: none.</summary>
    public uint Mark { get; set; }

    /// <summary>
    /// Asks for a connection and waits for the answer, at most <paramref name="timeout"/>. Faults come as results; only cancellation throws.
    /// </summary>
    public async Task<TcpCall> CallAsync(IpAddress address, int port, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var sentAt = time.GetUtcNow();
        Socket? socket = null;
        try
        {
            socket = origin.Open(Open);
            var (error, taken, isImmediate) = await ConnectAsync(socket, new(address.ToIPAddress(), port), timeout, cancellationToken);
            switch (error)
            {
                case SocketError.Success:
                    var call = new TcpCall(sentAt, RoundTrip(socket, taken, Repeated(address, port)), socket, null);
                    socket = null;
                    return call;
                case SocketError.ConnectionRefused:
                    return new(sentAt, Repeated(address, port).Add(taken >= RepeatedAfter) ? null : taken, null, null);
                default:
                    // What the call itself says never left this host. What is said later, a router or a neighbour that does not answer says: that is silence.
                    return new(sentAt, null, null, isImmediate ? SendingFault.Of(new((int)error)) : null);
            }
        }
        catch (TimeoutException)
        {
            return new(sentAt, null, null, null);
        }
        catch (SocketException refused)
        {
            // No socket: the device has gone, the right is lacking, or too many are open.
            return new(sentAt, null, null, $"no socket can be opened: {SendingFault.Of(refused)}");
        }
        finally
        {
            socket?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => origin.Dispose();

    private async Task<(SocketError Error, TimeSpan Taken, bool IsImmediate)> ConnectAsync(Socket socket, IPEndPoint to, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var answered = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var call = new SocketAsyncEventArgs { RemoteEndPoint = to };
        call.Completed += (_, _) => answered.TrySetResult(time.GetTimestamp());
        var sent = time.GetTimestamp();
        if (!socket.ConnectAsync(call))
        {
            return (call.SocketError, time.GetElapsedTime(sent), true);
        }
        try
        {
            var taken = time.GetElapsedTime(sent, await answered.Task.WaitAsync(timeout, time, cancellationToken));
            return (call.SocketError, taken, false);
        }
        finally
        {
            if (!answered.Task.IsCompleted)
            {
                // What is under way ends before what it was called with.
                socket.Dispose();
                await answered.Task;
            }
        }
    }

    private RepeatedRequests Repeated(IpAddress address, int port) => repeated.GetOrAdd((address, port), _ => new());

    /// <summary>
    /// As the kernel measured it from the SYN to its answer, which does not wait for this process to get a processor. Null where the first SYN or the answer to it was lost: timestamps (RFC 7323) tell where another SYN was
    /// answered, but an answer that is sent again still bears the first one's.
    /// </summary>
    private static TimeSpan? RoundTrip(Socket socket, TimeSpan taken, RepeatedRequests repeated)
    {
        Span<byte> told = stackalloc byte[InfoBytes];
        if (socket.GetRawSocketOption(TcpLevel, InfoOption, told) < InfoBytes)
        {
            return taken;
        }
        var roundTrip = TimeSpan.FromMicroseconds(BinaryPrimitives.ReadUInt32LittleEndian(told[RoundTripAt..]));
        if (roundTrip == TimeSpan.Zero)
        {
            roundTrip = taken;
        }
        var isSentAgain = BinaryPrimitives.ReadUInt32LittleEndian(told[SentAgainAt..]) > 0;
        if (isSentAgain && taken - roundTrip > SentAgainAfter)
        {
            repeated.Add(isRepeated: false);
            return null;
        }
        return repeated.Add(isSentAgain) ? null : roundTrip;
    }

    private Socket Open()
    {
        var socket = new Socket(family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Closed by RST (RFC 9293 section 3.10.4): neither end keeps any state of it.
            socket.LingerState = new(enable: true, 0);
            // Before it connects: it is what the other end may send at most while nobody reads.
            socket.ReceiveBufferSize = ReceiveBytes;
            socket.SetRawSocketOption(SocketLevel, BindToDevice, device);
            if (Mark != 0)
            {
                Span<byte> bytes = stackalloc byte[4];
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, Mark);
                socket.SetRawSocketOption(SocketLevel, MarkOption, bytes);
            }
            return socket;
        }
        catch
        {
            // Not ours to keep: the caller gets the reason.
            socket.Dispose();
            throw;
        }
    }
}
