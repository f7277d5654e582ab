using System.Buffers.Binary;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Waymark.Lab.Traffic;

/// <summary>
/// The far end of the lab's flows: takes numbered datagrams and byte streams on one port, both families, echoes what interactive flows send, and reports each
/// flow that begins or moves. Runs until cancelled; a connection that breaks is what the lab is about and ends only itself.
/// </summary>
/// <param name="watch">What notices moves.</param>
/// <param name="report">Where arrivals are written, a line each.</param>
public sealed class TrafficServer(FlowWatch watch, TextWriter report)
{
    private readonly Lock gate = new();

    /// <summary>Serves UDP and TCP on <paramref name="port"/> of every address.</summary>
    public async Task RunAsync(int port, CancellationToken cancellationToken)
    {
        using var datagrams = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
        using var streams = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        datagrams.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        streams.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        streams.Listen();
        await Task.WhenAll(ReceiveAsync(datagrams, cancellationToken), AcceptAsync(streams, cancellationToken)).ConfigureAwait(false);
    }

    private async Task ReceiveAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[2048];
        var any = new IPEndPoint(IPAddress.IPv6Any, 0);
        while (!cancellationToken.IsCancellationRequested)
        {
            var received = await socket.ReceiveFromAsync(buffer, any, cancellationToken).ConfigureAwait(false);
            if (Datagram.TryRead(buffer.AsSpan(0, received.ReceivedBytes), out var flow, out var sequence))
            {
                Note(flow, ((IPEndPoint)received.RemoteEndPoint).Address, sequence);
                // The answer lets the sender hear that its path is refused (an ICMP error comes to a socket that has peers).
                await socket.SendToAsync(buffer.AsMemory(0, Datagram.HeaderLength), received.RemoteEndPoint, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task AcceptAsync(Socket listener, CancellationToken cancellationToken)
    {
        var connections = new List<Task>();
        while (!cancellationToken.IsCancellationRequested)
        {
            var connection = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
            connections.RemoveAll(task => task.IsCompletedSuccessfully);
            connections.Add(ServeAsync(connection, cancellationToken));
        }
        await Task.WhenAll(connections).ConfigureAwait(false);
    }

    private async Task ServeAsync(Socket connection, CancellationToken cancellationToken)
    {
        using (connection)
        {
            connection.NoDelay = true;
            var source = ((IPEndPoint)connection.RemoteEndPoint!).Address;
            var buffer = new byte[65536];
            try
            {
                var length = await connection.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
                var end = Array.IndexOf(buffer, (byte)'\n', 0, length);
                if (end <= 0)
                {
                    return;
                }
                var words = Encoding.ASCII.GetString(buffer, 0, end).Split(' ');
                var echoes = words is [_, "echo"];
                do
                {
                    Note(words[0], source, null);
                    if (echoes)
                    {
                        await connection.SendAsync(buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
                    }
                    length = await connection.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
                }
                while (length > 0);
            }
            catch (SocketException)
            {
                // Reset by the other side, or its path died: the sender connects again, and that is what is measured.
            }
        }
    }

    private void Note(string flow, IPAddress source, long? sequence)
    {
        var address = source.IsIPv4MappedToIPv6 ? source.MapToIPv4() : source;
        if (watch.Arrived(flow, address, sequence) is { } arrival)
        {
            lock (gate)
            {
                report.WriteLine(arrival);
                report.Flush();
            }
        }
    }
}

/// <summary>The lab's datagram: length of name, name, number of the packet (big endian), padding.</summary>
internal static class Datagram
{
    /// <summary>Bytes that carry meaning; a sender pads to the size that it wants.</summary>
    public const int HeaderLength = 32;

    private const int LongestName = HeaderLength - 9;

    /// <summary>Writes name and number into the first <see cref="HeaderLength"/> bytes.</summary>
    public static void Write(Span<byte> buffer, string flow, long sequence)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(flow.Length, LongestName, nameof(flow));
        buffer[..HeaderLength].Clear();
        buffer[0] = (byte)Encoding.ASCII.GetBytes(flow, buffer[1..]);
        BinaryPrimitives.WriteInt64BigEndian(buffer[(HeaderLength - 8)..], sequence);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; false for anything else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> buffer, out string flow, out long sequence)
    {
        (flow, sequence) = ("", 0);
        if (buffer.Length < HeaderLength || buffer[0] is 0 or > LongestName)
        {
            return false;
        }
        flow = Encoding.ASCII.GetString(buffer.Slice(1, buffer[0]));
        sequence = BinaryPrimitives.ReadInt64BigEndian(buffer[(HeaderLength - 8)..]);
        return true;
    }
}
