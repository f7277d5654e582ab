using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;
using Waymark.PathExamination.Stamp;

namespace Waymark.Linux.PathExamination.Stamp;

/// <summary>
/// Session-reflector of STAMP (RFC 8762 section 4.3), stateful, for senders of STAMP and TWAMP Light in both families. Answers only whom it is told to, no more than is fair, never with more
/// bytes than came, from the address that was asked and by the device by which the question came: over a path that flows are steered to, its reply measures that path both ways.
/// </summary>
public sealed class StampReflector : IAsyncDisposable
{
    private readonly StampReflectorOptions options;
    private readonly TimeProvider time;
    private readonly Func<ErrorEstimate> clock;
    private readonly long start;
    private readonly List<DatagramSocket> sockets = [];
    private readonly ReflectorSessions sessions = new();
    private readonly Lock gate = new();
    private readonly PacketThread thread;

    /// <summary>Opens its sockets in the thread's network namespace; throws <see cref="SocketException"/>, where the port is taken for example.</summary>
    /// <param name="options">Whom it answers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="clock">What is known of the wall clock; null: what the kernel says.</param>
    public StampReflector(StampReflectorOptions options, TimeProvider time, Func<ErrorEstimate>? clock = null)
    {
        (this.options, this.time, this.clock, start) = (options, time, clock ?? ClockReading.Now, time.GetTimestamp());
        thread = new(time, "reflector");
        try
        {
            foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
            {
                var socket = new DatagramSocket(family, SocketType.Dgram, ProtocolType.Udp, thread);
                sockets.Add(socket);
                socket.TellPlaces();
                socket.MaximizeTtl();
                socket.Bind(Port);
            }
        }
        catch
        {
            // Half a reflector is none; the caller gets the reason.
            sockets.ForEach(socket => socket.Dispose());
            thread.Dispose();
            throw;
        }
        foreach (var socket in sockets)
        {
            var reply = new byte[Math.Max(2048, StampRequest.BytesOf(options.Key))];
            socket.Receive(datagram => Answer(socket, datagram, reply));
        }
    }

    /// <summary>The port that it listens on.</summary>
    public int Port => options.Port == 0 && sockets.Count > 1 ? sockets[0].Port : options.Port;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // Where they are read, so that no packet is just being answered and the port is free afterwards.
        await using var closing = thread.CreateTimer(_ =>
        {
            sockets.ForEach(socket => socket.Dispose());
            closed.SetResult();
        }, null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await closed.Task;
        thread.Dispose();
    }

    private void Answer(DatagramSocket socket, Datagram datagram, byte[] packet)
    {
        // Where it came in must be known, for there it has to leave; who is asked together with others (multicast) keeps silent.
        if (datagram.Place is not { } place || !IsServed(datagram.From) || !StampRequest.TryRead(datagram.Bytes, options.Key, out var request))
        {
            return;
        }
        // Replies of other reflectors are read as requests of TWAMP Light: two of them would answer each other for ever.
        if (request.IsForeign && (datagram.FromPort == Port || datagram.FromPort == ProbeTarget.Stamp.UsualPort))
        {
            return;
        }
        uint? number;
        lock (gate)
        {
            number = sessions.Next(new(datagram.From, datagram.FromPort, place.Address, request.SessionId), time.GetElapsedTime(start));
        }
        if (number is { } sequence)
        {
            var reply = new StampReply(
                sequence, NtpTimestamp.From(time.GetUtcNow()), clock(), request.SessionId, NtpTimestamp.From(datagram.ArrivedAt), request, datagram.Ttl ?? 0);
            socket.SendFrom(place, datagram.From, datagram.FromPort, packet.AsSpan(0, reply.Write(datagram.Bytes, packet, options.Key)));
        }
    }

    private bool IsServed(IpAddress sender)
    {
        if (options.From.IsEmpty)
        {
            return true;
        }
        foreach (var prefix in options.From)
        {
            if (prefix.Contains(sender))
            {
                return true;
            }
        }
        return false;
    }
}
