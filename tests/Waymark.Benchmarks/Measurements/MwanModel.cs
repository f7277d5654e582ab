using System.Globalization;

namespace Waymark.Benchmarks.Measurements;

/// <summary>
/// mwan3's tracker with one target, as a model: it sends so many pings a second apart and waits for them, counts a score, and sleeps. After a failure it sleeps for the failure
/// interval until the path is down; down after so many failures in a row, up after so many successes.
/// </summary>
internal static class MwanModel
{
    /// <summary>Its documented defaults: interval 10 s, failure interval the same, one ping, 4 s, down 5, up 5.</summary>
    public static Detector Default => Of(10, 10, 1, 4, 5, 5);

    public static IEnumerable<Detector> Grid() =>
        from interval in new double[] { 1, 2, 5 }
        from failure in new double[] { 1, 2 }
        where failure <= interval
        from count in new[] { 1, 2 }
        from timeout in new double[] { 1, 2 }
        from down in new[] { 1, 2, 3, 4, 5 }
        from up in new[] { 1, 3 }
        select Of(interval, failure, count, timeout, down, up);

    private static Detector Of(double interval, double failure, int count, double timeout, int down, int up) =>
        new(string.Create(CultureInfo.InvariantCulture, $"mwan3 interval {interval} s, failure {failure} s, count {count}, timeout {timeout} s, down {down}, up {up}"),
            (trace, phase) => Run(trace, interval, failure, count, timeout, down, up, phase));

    private static Detection Run(Trace trace, double interval, double failure, int count, double timeout, int down, int up, double phase)
    {
        var changes = new List<(double, bool)>();
        var (now, failures, successes, isUp, probes) = (phase * interval, 0, 0, true, 0);
        while (now < trace.Length)
        {
            var isGood = false;
            var end = now;
            for (var i = 0; i < count; i++)
            {
                probes++;
                var answer = trace.At(now + i) is { } roundTrip && roundTrip <= timeout ? roundTrip : (double?)null;
                isGood |= answer is not null;
                end = Math.Max(end, now + i + (answer ?? (i == count - 1 ? timeout : 0)));
            }
            now = end;
            (failures, successes) = isGood ? (0, successes + 1) : (failures + 1, 0);
            if (isUp ? failures >= down : successes >= up)
            {
                isUp = !isUp;
                changes.Add((now, isUp));
            }
            now += isUp && failures > 0 ? failure : interval;
        }
        return new(changes, probes);
    }
}
