namespace Waymark.PathExamination;

/// <summary>Percentiles of round trips (RFC 2681 section 4), by nearest rank: each is a round trip that was measured.</summary>
public sealed class RoundTripPercentiles
{
    private readonly double[] roundTrips;
    private bool isSorted;

    /// <summary>Takes round trips in seconds, in any order.</summary>
    public RoundTripPercentiles(IEnumerable<double> roundTrips) => this.roundTrips = [.. roundTrips];

    /// <summary>The round trip that <paramref name="rank"/> per cent (1 to 99) of all did not exceed, seconds; null where there is none.</summary>
    public double? Of(int rank)
    {
        if (!isSorted)
        {
            // Hardly anybody asks for one.
            Array.Sort(roundTrips);
            isSorted = true;
        }
        return roundTrips.Length == 0 ? null : roundTrips[Math.Clamp(((rank * roundTrips.Length) + 99) / 100, 1, roundTrips.Length) - 1];
    }
}
