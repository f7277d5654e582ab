namespace Waymark.PathExamination;

/// <summary>
/// Delay and interarrival jitter (RFC 3550 section 6.4.1) of the way from this node, over what probes tell of both ways. Jitter is of differences and needs no clocks that agree. Seconds;
/// constant memory.
/// </summary>
internal sealed class OneWayEstimator
{
    private TimeSpan last;
    private TimeSpan lastRoundTrip;

    /// <summary>Smoothed delay; means something where <see cref="IsMeasured"/>.</summary>
    public double Smoothed { get; private set; }

    /// <summary>Mean deviation of the delay.</summary>
    public double Variation { get; private set; }

    /// <summary>Interarrival jitter.</summary>
    public double Jitter { get; private set; }

    /// <summary>How many differences are in the jitter.</summary>
    public int Differences { get; private set; }

    /// <summary>Whether the newest probe measured the delay itself.</summary>
    public bool IsMeasured { get; private set; }

    /// <summary>The delays of now, where measured.</summary>
    public ProbeWindow Window { get; private set; } = new();

    /// <summary>Takes a probe in.</summary>
    public void Add(OneWayDelays delays, TimeSpan roundTrip)
    {
        var difference = (delays.Forward - last).Duration();
        // No way's delay changes by more than the whole round trip took: that is a clock that was set.
        if (lastRoundTrip > TimeSpan.Zero && difference <= (roundTrip > lastRoundTrip ? roundTrip : lastRoundTrip))
        {
            Jitter += (difference.TotalSeconds - Jitter) / 16;
            Variation += (difference.TotalSeconds - Variation) / 4;
            Differences = Differences == int.MaxValue ? Differences : Differences + 1;
        }
        (last, lastRoundTrip) = (delays.Forward, roundTrip);
        if (delays.IsMeasured)
        {
            // Within the clocks' error a packet may seem to arrive before it left.
            var now = delays.Forward > TimeSpan.Zero ? delays.Forward : TimeSpan.Zero;
            Smoothed = IsMeasured ? Smoothed + ((now.TotalSeconds - Smoothed) / 8) : now.TotalSeconds;
            Window.Add(now);
        }
        else if (IsMeasured)
        {
            Window = new();
        }
        IsMeasured = delays.IsMeasured;
    }
}
