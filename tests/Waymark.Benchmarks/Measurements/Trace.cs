namespace Waymark.Benchmarks.Measurements;

/// <summary>What a path was like, moment by moment, as somebody recorded it. Times are seconds from its beginning.</summary>
/// <param name="Name">Whose, and of which day.</param>
/// <param name="Slot">The time between samples, seconds.</param>
/// <param name="IsNearest">Whether a sample stands for the moments around it, not for those after it.</param>
/// <param name="RoundTrips">Of each sample, seconds; null: nothing came back.</param>
internal sealed record Trace(string Name, double Slot, bool IsNearest, double?[] RoundTrips)
{
    private readonly List<(double From, double To)> silences = Silences(RoundTrips, Slot);

    /// <summary>How long it is.</summary>
    public double Length => RoundTrips.Length * Slot;

    /// <summary>The least round trip in it.</summary>
    public double Base { get; } = RoundTrips.Min() ?? 0;

    /// <summary>What a probe that is sent at a moment meets.</summary>
    public double? At(double moment)
    {
        var index = (int)((moment / Slot) + (IsNearest ? 0.5 : 0));
        return RoundTrips[Math.Min(index, RoundTrips.Length - 1)];
    }

    /// <summary>Whether a probe that was sent from one moment to another would have been answered.</summary>
    public bool AnswersBetween(double from, double to)
    {
        for (var index = (int)(from / Slot) + 1; index <= (int)(to / Slot) && index < RoundTrips.Length; index++)
        {
            if (RoundTrips[index] is not null)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>From when to when nothing came back for at least so many seconds.</summary>
    public IEnumerable<(double From, double To)> Outages(double least) => silences.Where(one => one.To - one.From >= least - 1e-9);

    private static List<(double From, double To)> Silences(double?[] roundTrips, double slot)
    {
        var silences = new List<(double, double)>();
        for (var i = 0; i < roundTrips.Length; i++)
        {
            var from = i;
            while (i < roundTrips.Length && roundTrips[i] is null)
            {
                i++;
            }
            if (i > from)
            {
                silences.Add((from * slot, i * slot));
            }
        }
        return silences;
    }

    /// <summary>How many seconds of it were answered between two moments.</summary>
    public double Answered(double from, double to)
    {
        var seconds = 0.0;
        for (var i = (int)(from / Slot); i < (int)(to / Slot) && i < RoundTrips.Length; i++)
        {
            seconds += RoundTrips[i] is null ? 0 : Slot;
        }
        return seconds;
    }
}
