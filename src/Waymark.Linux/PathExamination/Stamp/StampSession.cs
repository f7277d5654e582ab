using System.Collections.Concurrent;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;
using Waymark.PathExamination.Stamp;

namespace Waymark.Linux.PathExamination.Stamp;

/// <summary>The packets of one session that are under way, and which of its sequence numbers came back. Safe for several threads at once.</summary>
/// <param name="sessionId">Tells it from others of the same ports (RFC 8972 section 3), not 0.</param>
/// <param name="key">Of the authenticated mode; null: unauthenticated.</param>
internal sealed class StampSession(ushort sessionId, StampKey? key)
{
    private readonly ConcurrentDictionary<uint, UnderWay> waiting = new();
    private readonly Lock gate = new();
    private readonly StampLossCount losses = new();
    private int sequence = -1;

    /// <summary>Of the authenticated mode; null: unauthenticated.</summary>
    public StampKey? Key => key;

    /// <summary>Writes the next packet, which from now on is waited for.</summary>
    public UnderWay Begin(DateTimeOffset sentAt, long ticks, ErrorEstimate estimate, Span<byte> packet)
    {
        var request = new StampRequest(unchecked((uint)Interlocked.Increment(ref sequence)), NtpTimestamp.From(sentAt), estimate, sessionId);
        var sent = new UnderWay(request, ticks);
        waiting[request.Sequence] = sent;
        request.Write(packet, key);
        return sent;
    }

    /// <summary>Takes a reply in, and the datagram that held it. One to nothing that is under way, a duplicate or a replay, does not count.</summary>
    public void Take(StampReply reply, Datagram datagram, TimeProvider time)
    {
        var request = reply.Request;
        // A reflector that knows no session identifiers says zero.
        if ((reply.SessionId == sessionId || reply.SessionId == 0)
            && waiting.TryGetValue(request.Sequence, out var sent) && (sent.Request.Timestamp, sent.Request.ErrorEstimate) == (request.Timestamp, request.ErrorEstimate)
            && waiting.TryRemove(request.Sequence, out _))
        {
            DirectionalLoss? loss;
            lock (gate)
            {
                losses.Add(request.Sequence, reply.Sequence);
                loss = losses.Loss;
            }
            sent.Answer.Take(new(reply, datagram.ArrivedAt, datagram.After(sent.Ticks, time), loss));
        }
    }

    /// <summary>It is waited for no longer.</summary>
    public void End(UnderWay sent) => waiting.TryRemove(sent.Request.Sequence, out _);

    /// <summary>A packet that is waited for.</summary>
    /// <param name="Request">What it says.</param>
    /// <param name="Ticks">When it was sent, by the monotonic clock.</param>
    internal sealed record UnderWay(StampRequest Request, long Ticks)
    {
        public AwaitedAnswer<Answer> Answer { get; } = new();
    }

    /// <summary>A reply that came.</summary>
    /// <param name="Reply">What it says.</param>
    /// <param name="ArrivedAt">By the wall clock.</param>
    /// <param name="Elapsed">Since the packet was sent, by a clock that nobody sets.</param>
    /// <param name="Losses">What is known of losses by then.</param>
    internal readonly record struct Answer(StampReply Reply, DateTimeOffset ArrivedAt, TimeSpan Elapsed, DirectionalLoss? Losses);
}
