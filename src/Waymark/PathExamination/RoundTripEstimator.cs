namespace Waymark.PathExamination;

/// <summary>Smoothed round trip and its variation (RFC 6298 section 2), and interarrival jitter (RFC 3550 section 6.4.1) over the round trips. Seconds.</summary>
public sealed class RoundTripEstimator
{
    private double last;

    /// <summary>Smoothed round trip (SRTT).</summary>
    public double Smoothed { get; private set; }

    /// <summary>Mean deviation (RTTVAR).</summary>
    public double Variation { get; private set; }

    /// <summary>Interarrival jitter; that of the round trip, for one end cannot tell the ways apart.</summary>
    public double Jitter { get; private set; }

    /// <summary>How many round trips went in.</summary>
    public int Samples { get; private set; }

    /// <summary>How long to wait for an answer before it counts as lost: SRTT + 4 RTTVAR (RFC 6298 2.3, without the one-second floor, which is TCP's).</summary>
    public double Timeout => Smoothed + (4 * Variation);

    /// <summary>Takes one round trip in.</summary>
    public void Add(TimeSpan roundTrip)
    {
        var now = roundTrip.TotalSeconds;
        if (Samples == 0)
        {
            (Smoothed, Variation) = (now, now / 2);
        }
        else
        {
            Variation += (Math.Abs(Smoothed - now) - Variation) / 4;
            Smoothed += (now - Smoothed) / 8;
            Jitter += (Math.Abs(now - last) - Jitter) / 16;
        }
        last = now;
        Samples = Samples == int.MaxValue ? Samples : Samples + 1;
    }
}
