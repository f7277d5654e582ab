using System.Diagnostics;
using Waymark.Lab;

namespace Waymark.Benchmarks;

/// <summary>How well the lab's relay keeps the delays that it emulates: what every measurement over an emulated link is wrong by.</summary>
internal static class LabRows
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Nap = TimeSpan.FromMilliseconds(1);

    public static void Add(Results results)
    {
        results.Section($"The lab's relay (ms later than due, of links of 20 ms that carry 20 Mbit/s each way; {Duration.TotalSeconds:0} s)");
        var late = RelayMeasurement.RunAsync(Duration, CancellationToken.None).GetAwaiter().GetResult();
        results.Add("a packet, p50", late.Median.TotalMilliseconds, "ms");
        results.Add("a packet, p99", late.P99.TotalMilliseconds, "ms", "below 1");
        results.Add("a packet, worst", late.Most.TotalMilliseconds, "ms");
        results.Add("not counted, for the sender was stopped in the middle of sending", 100.0 * late.Doubtful / (late.Packets + late.Doubtful), "%");
        results.Add("for comparison: a thread that sleeps a millisecond with nothing else to do, p99", SleepLateness(), "ms");
    }

    /// <summary>What the machine does to any thread that waits for an instant.</summary>
    private static double SleepLateness()
    {
        using var never = new ManualResetEventSlim();
        var late = new List<double>();
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Duration / 4;)
        {
            late.Add(Clock.Time(() => never.WaitHandle.WaitOne(Nap)) - Nap.TotalMilliseconds);
        }
        return Clock.Rank(late, 99);
    }
}
