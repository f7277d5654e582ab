namespace Waymark.PathExamination;

/// <summary>Percentiles of round trips (RFC 2681 section 4), by nearest rank: each is a round trip that was measured.</summary>
public sealed class RoundTripPercentiles
{
    private readonly double[] sorted;

    /// <summary>Takes round trips in seconds, in any order.</summary>
    public RoundTripPercentiles(IEnumerable<double> roundTrips) => sorted = [.. roundTrips.Order()];

    /// <summary>The round trip that <paramref name="rank"/> per cent (1 to 99) of all did not exceed, seconds; null where there is none.</summary>
    public double? Of(int rank) => sorted.Length == 0 ? null : sorted[Math.Clamp(((rank * sorted.Length) + 99) / 100, 1, sorted.Length) - 1];
}
