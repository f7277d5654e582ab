namespace Waymark.PathExamination.Stamp;

/// <summary>
/// A request and its reply with their four times (RFC 8762 section 4): T1 sent, T2 received there, T3 sent there, T4 received here. The round trip is (T4 - T1) - (T3 - T2), of which the
/// first part is taken from a clock that nobody sets.
/// </summary>
/// <param name="Sent">T1, by our wall clock.</param>
/// <param name="Arrived">T4, by our wall clock.</param>
/// <param name="Elapsed">From T1 to T4 by the monotonic clock.</param>
/// <param name="Clock">What is known of our wall clock.</param>
/// <param name="Reply">What came back.</param>
public readonly record struct StampExchange(NtpTimestamp Sent, NtpTimestamp Arrived, TimeSpan Elapsed, ErrorEstimate Clock, StampReply Reply)
{
    /// <summary>Two clocks of one machine, read one after the other on a busy machine; and a wall clock that is being slewed (500 ppm).</summary>
    private static readonly TimeSpan ReadingError = TimeSpan.FromMilliseconds(1);

    /// <summary>What it tells. An answer whose times cannot be true is a fault and no round trip.</summary>
    /// <param name="sentAt">T1, as the result says it.</param>
    public ProbeResult Evaluate(DateTimeOffset sentAt)
    {
        var residence = Reply.Sent - Reply.Received;
        if (residence < TimeSpan.Zero)
        {
            return new(sentAt, null, "the reflector says that it answered before it was asked");
        }
        if (residence > Elapsed)
        {
            return new(sentAt, null, "the reflector says that it held the packet for longer than the round trip took");
        }
        return new(sentAt, Elapsed - residence, null) { OneWay = Ways() };
    }

    /// <summary>Null where our wall clock was set meanwhile.</summary>
    private OneWayDelays? Ways()
    {
        var step = (Arrived - Sent) - Elapsed;
        if (step.Duration() > ReadingError + (Elapsed / 1000))
        {
            return null;
        }
        var (forward, backward) = (Reply.Received - Sent, Arrived - Reply.Sent);
        if (Clock.IsSynchronized && Reply.ErrorEstimate is { IsSynchronized: true, IsPtp: false })
        {
            // Clocks that are in step put no packet's arrival before its departure: one of them claims too much.
            var error = Clock.Error + Reply.ErrorEstimate.Error;
            if (forward >= -error && backward >= -error)
            {
                return new(forward, backward, IsMeasured: true);
            }
        }
        return new(forward, backward, IsMeasured: false);
    }
}
