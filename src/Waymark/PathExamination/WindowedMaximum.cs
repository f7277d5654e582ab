namespace Waymark.PathExamination;

/// <summary>The largest of the values of the last while; older ones are forgotten a twelfth of that time at once. Constant memory. Not safe for several threads at once.</summary>
/// <param name="window">How long a value counts, at least.</param>
public sealed class WindowedMaximum(TimeSpan window)
{
    private const int Parts = 12;

    private readonly Part[] parts = new Part[Parts + 1];

    /// <summary>Takes a value in.</summary>
    /// <param name="at">When it was measured; what is older than the window counts for nothing.</param>
    /// <param name="value">The value, from 0.</param>
    public void Add(DateTimeOffset at, double value)
    {
        var number = Number(at);
        ref var part = ref parts[number % parts.Length];
        if (number > part.Number)
        {
            part = new(number, value, at, 1);
        }
        else if (number == part.Number)
        {
            part = new(number, Math.Max(value, part.Value), value >= part.Value ? at : part.At, part.Count + 1);
        }
    }

    /// <summary>The largest at <paramref name="now"/>, when it was measured, and how many values it is the largest of; null where there is none.</summary>
    public (double Value, DateTimeOffset At, int Count)? At(DateTimeOffset now)
    {
        (double Value, DateTimeOffset At, int Count)? largest = null;
        var newest = Number(now);
        foreach (var part in parts)
        {
            if (part.Count > 0 && newest - part.Number is >= 0 and <= Parts)
            {
                var count = part.Count + (largest?.Count ?? 0);
                largest = largest is { } before && before.Value > part.Value ? before with { Count = count } : (part.Value, part.At, count);
            }
        }
        return largest;
    }

    private long Number(DateTimeOffset at) => at.UtcTicks / (window.Ticks / Parts);

    private readonly record struct Part(long Number, double Value, DateTimeOffset At, int Count);
}
