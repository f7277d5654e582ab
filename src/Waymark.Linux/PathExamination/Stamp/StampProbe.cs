using System.Collections.Concurrent;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;
using Waymark.PathExamination.Capacity;
using Waymark.PathExamination.Stamp;

namespace Waymark.Linux.PathExamination.Stamp;

/// <summary>
/// Session-sender of STAMP (RFC 8762 section 4.2) out of one device: bound to it and marked, so that neither routing nor the filter rules lead it elsewhere. Each target is a session of its
/// own, and its trains another, so that what they lose is no loss of the probes. A reply counts once, and only with its target's address and port, our session identifier, and the sequence number and timestamp of a packet under way.
/// </summary>
internal sealed class StampProbe : ITrainProbe
{
    /// <summary>Of a UDP header.</summary>
    internal const int UdpBytes = 8;

    private readonly DatagramSocket socket;
    private readonly PacketThread thread;
    private readonly Func<ErrorEstimate> clock;
    private readonly ushort sessionId;
    private readonly int packetBytes;
    private readonly ConcurrentDictionary<(ProbeTarget.Stamp Target, bool IsTrain), StampSession> sessions = new();
    private readonly AnswerDeadlines deadlines;

    /// <summary>Opens a socket in the thread's network namespace; throws <see cref="SocketException"/>, without the right for example.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="device">The device by which probes leave and answers come.</param>
    /// <param name="seed">Makes the session identifier.</param>
    /// <param name="thread">On which answers are taken in.</param>
    /// <param name="clock">What is known of the wall clock.</param>
    public StampProbe(IpFamily family, string device, ulong seed, PacketThread thread, Func<ErrorEstimate> clock)
    {
        // Zero would mean that there is none (RFC 8972 section 3); trains have the number behind it.
        (this.thread, this.clock, sessionId) = (thread, clock, (ushort)Math.Clamp(seed >> 48, 1, ushort.MaxValue - 1));
        packetBytes = PacketTrain.UsualBytes - (family == IpFamily.V4 ? 20 : 40) - UdpBytes;
        deadlines = new(thread);
        socket = new(family, SocketType.Dgram, ProtocolType.Udp, thread);
        socket.Attach(device);
        socket.MaximizeTtl();
        socket.Bind(0);
        socket.Receive(Take);
    }

    /// <inheritdoc/>
    public uint Mark
    {
        get => socket.Mark;
        set => socket.Mark = value;
    }

    /// <inheritdoc/>
    public async Task<ProbeResult> ProbeAsync(ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var asked = (ProbeTarget.Stamp)target;
        if (Session(asked, isTrain: false, out var refusal) is not { } session)
        {
            return new(thread.GetUtcNow(), null, refusal);
        }
        var packet = new byte[StampRequest.BytesOf(session.Key)];
        var estimate = clock();
        var sentAt = thread.GetUtcNow();
        var sent = session.Begin(sentAt, thread.GetTimestamp(), estimate, packet);
        try
        {
            socket.Send(packet, DatagramSocket.NameOf(asked.Address, asked.Port));
            if (await deadlines.WaitAsync(sent.Answer, timeout, cancellationToken) is not var (reply, arrivedAt, elapsed, losses))
            {
                return new(sentAt, null, null);
            }
            return new StampExchange(sent.Request.Timestamp, NtpTimestamp.From(arrivedAt), elapsed, estimate, reply).Evaluate(sentAt) with { Losses = losses };
        }
        catch (SocketException refused)
        {
            return new(sentAt, null, SendingFault.Of(refused));
        }
        finally
        {
            session.End(sent);
        }
    }

    /// <inheritdoc/>
    public async Task<PacketTrain?> SendTrainAsync(ProbeTarget target, int packets, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var asked = (ProbeTarget.Stamp)target;
        if (Session(asked, isTrain: true, out _) is not { } session)
        {
            return null;
        }
        var sent = new List<StampSession.UnderWay>();
        try
        {
            Send(asked, session, packets, sent);
            var all = await Task.WhenAll(sent.Select(one => deadlines.WaitAsync(one.Answer, timeout, cancellationToken)));
            var came = all.Select((answer, number) => (answer, number)).Where(one => one.answer is not null).Select(one => (Answer: one.answer!.Value, one.number)).ToList();
            return came.Count == 0 ? null : new(PacketTrain.UsualBytes, came.Select(one => new TrainPacket(
                one.number, thread.GetElapsedTime(sent[0].Ticks, sent[one.number].Ticks), one.Answer.Reply.Received - came[0].Answer.Reply.Received, one.Answer.Reply.Sent - came[0].Answer.Reply.Received,
                one.Answer.ArrivedAt - came[0].Answer.ArrivedAt)).ToEquatableArray());
        }
        catch (SocketException)
        {
            // One never left.
            return null;
        }
        finally
        {
            sent.ForEach(session.End);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        socket.Dispose();
        deadlines.Dispose();
    }

    /// <summary>Nothing is waited for in between: packets have to be faster than the path.</summary>
    private void Send(ProbeTarget.Stamp target, StampSession session, int packets, List<StampSession.UnderWay> sent)
    {
        var packet = new byte[packetBytes];
        var name = DatagramSocket.NameOf(target.Address, target.Port);
        var estimate = clock();
        for (var i = 0; i < packets; i++)
        {
            sent.Add(session.Begin(thread.GetUtcNow(), thread.GetTimestamp(), estimate, packet));
            socket.Send(packet, name);
        }
    }

    private StampSession? Session(ProbeTarget.Stamp target, bool isTrain, out string? refusal)
    {
        refusal = null;
        if (sessions.TryGetValue((target, isTrain), out var session))
        {
            return session;
        }
        StampKey? key = null;
        if (target.KeyFile is { } file && (key = StampKeyFile.Read(file, out refusal)) is null)
        {
            return null;
        }
        return sessions.GetOrAdd((target, isTrain), new StampSession((ushort)(sessionId + (isTrain ? 1 : 0)), key));
    }

    private void Take(Datagram datagram)
    {
        foreach (var ((target, _), session) in sessions)
        {
            if (target.Address == datagram.From && target.Port == datagram.FromPort && StampReply.TryRead(datagram.Bytes, session.Key, out var reply))
            {
                session.Take(reply, datagram, thread);
            }
        }
    }
}
