namespace Waymark.PathExamination;

/// <summary>The last probes of a path, as many as fit: loss (RFC 6673) and percentiles of the round trip (RFC 2681 section 4) over them. Constant memory.</summary>
/// <param name="capacity">How many probes it remembers, from 1.</param>
public sealed class ProbeWindow(int capacity = 100)
{
    private readonly double[] roundTrips = new double[capacity];
    private long added;

    /// <summary>How many probes are in it.</summary>
    public int Count { get; private set; }

    /// <summary>How many of them were answered.</summary>
    public int Answered { get; private set; }

    /// <summary>Lost of sent, 0 to 1; null where nothing was sent.</summary>
    public double? Loss => Count == 0 ? null : (Count - Answered) / (double)Count;

    /// <summary>The standard error of the mean round trip, seconds; 0 for fewer than two.</summary>
    public double RoundTripError
    {
        get
        {
            if (Answered < 2)
            {
                return 0;
            }
            double mean = 0, squares = 0;
            foreach (var one in Window())
            {
                mean += double.IsNaN(one) ? 0 : one / Answered;
            }
            foreach (var one in Window())
            {
                squares += double.IsNaN(one) ? 0 : (one - mean) * (one - mean);
            }
            return Math.Sqrt(squares / (Answered - 1) / Answered);
        }
    }

    /// <summary>Takes one in: its round trip, or null where it was lost. Gives its number, for <see cref="Amend"/>.</summary>
    public long Add(TimeSpan? roundTrip)
    {
        ref var slot = ref Slot(added);
        if (Count == capacity && !double.IsNaN(slot))
        {
            Answered--;
        }
        slot = roundTrip?.TotalSeconds ?? double.NaN;
        Answered += roundTrip is null ? 0 : 1;
        Count = Math.Min(Count + 1, capacity);
        return added++;
    }

    /// <summary>A probe that had counted as lost was answered after all; nothing where newer ones have taken its place.</summary>
    /// <param name="number">What <see cref="Add"/> gave.</param>
    /// <param name="roundTrip">How long it took.</param>
    public void Amend(long number, TimeSpan roundTrip)
    {
        if (added - number <= Count && double.IsNaN(Slot(number)))
        {
            Slot(number) = roundTrip.TotalSeconds;
            Answered++;
        }
    }

    /// <summary>The round trips of now, for any number of percentiles.</summary>
    public RoundTripPercentiles Percentiles()
    {
        var answered = new double[Answered];
        var i = 0;
        foreach (var one in Window())
        {
            if (!double.IsNaN(one))
            {
                answered[i++] = one;
            }
        }
        return new(answered);
    }

    private ref double Slot(long number) => ref roundTrips[number % capacity];

    private ReadOnlySpan<double> Window() => roundTrips.AsSpan(0, Count);
}
