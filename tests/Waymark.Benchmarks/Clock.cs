using System.Diagnostics;

namespace Waymark.Benchmarks;

/// <summary>Times things.</summary>
internal static class Clock
{
    /// <summary>Milliseconds that <paramref name="work"/> takes.</summary>
    public static double Time(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>Milliseconds, the median of several rounds after some that do not count.</summary>
    public static double Median(int rounds, Action work, int unheeded = 1)
    {
        for (var i = 0; i < unheeded; i++)
        {
            work();
        }
        return Rank([.. Enumerable.Range(0, rounds).Select(_ => Time(work))], 50);
    }

    /// <summary>The value that <paramref name="percent"/> of all are not above.</summary>
    public static double Rank(IReadOnlyList<double> values, int percent) => values.Order().ElementAt(Math.Min(values.Count - 1, values.Count * percent / 100));
}
