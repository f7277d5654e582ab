namespace Waymark.PathExamination;

/// <summary>The last probes of a path, as many as fit: loss (RFC 6673) and percentiles of the round trip (RFC 2681 section 4) over them. Constant memory.</summary>
/// <param name="capacity">How many probes it remembers, from 1.</param>
public sealed class ProbeWindow(int capacity = 100)
{
    private readonly double[] roundTrips = new double[capacity];
    private int next;

    /// <summary>How many probes are in it.</summary>
    public int Count { get; private set; }

    /// <summary>Takes one in: its round trip, or null where it was lost.</summary>
    public void Add(TimeSpan? roundTrip)
    {
        roundTrips[next] = roundTrip?.TotalSeconds ?? double.NaN;
        next = (next + 1) % capacity;
        Count = Math.Min(Count + 1, capacity);
    }

    /// <summary>Lost of sent, 0 to 1; null where nothing was sent.</summary>
    public double? Loss => Count == 0 ? null : Lost / (double)Count;

    /// <summary>The standard error of <see cref="Loss"/>: sqrt(p (1 - p) / n).</summary>
    public double LossError => Loss is { } loss ? Math.Sqrt(loss * (1 - loss) / Count) : 0;

    /// <summary>The round trip that <paramref name="rank"/> per cent of the answered probes did not exceed (nearest rank), seconds; null where none was answered.</summary>
    public double? Percentile(int rank)
    {
        var answered = Window().ToArray().Where(one => !double.IsNaN(one)).Order().ToArray();
        return answered.Length == 0 ? null : answered[Math.Clamp((int)Math.Ceiling(rank / 100.0 * answered.Length) - 1, 0, answered.Length - 1)];
    }

    /// <summary>The standard error of the mean round trip, seconds; 0 for fewer than two.</summary>
    public double RoundTripError
    {
        get
        {
            var answered = Window().ToArray().Where(one => !double.IsNaN(one)).ToArray();
            if (answered.Length < 2)
            {
                return 0;
            }
            var mean = answered.Average();
            return Math.Sqrt(answered.Sum(one => (one - mean) * (one - mean)) / (answered.Length - 1) / answered.Length);
        }
    }

    private int Lost
    {
        get
        {
            var lost = 0;
            foreach (var one in Window())
            {
                lost += double.IsNaN(one) ? 1 : 0;
            }
            return lost;
        }
    }

    private ReadOnlySpan<double> Window() => roundTrips.AsSpan(0, Count);
}
