using System.Globalization;

namespace Waymark.Benchmarks.Measurements;

/// <summary>
/// BFD in asynchronous mode (RFC 5880), as a model. Each end sends a control packet an interval; down when none has come for so many intervals (6.8.4), whichever end sees it, so a
/// packet comes as late as the whole excess of the round trip in the trace, which most often is of one direction. While it is down, packets are a second apart (6.8.3), and it
/// takes two of them (down, init, up: 6.2) to be up again.
/// </summary>
internal static class BfdModel
{
    /// <summary>FRR's defaults: 300 ms, three.</summary>
    public static Detector Default => Of(0.3, 3);

    public static IEnumerable<Detector> Grid() =>
        from interval in new[] { 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 0.8, 0.9, 1 }
        from multiplier in new[] { 2, 3, 4, 5, 6, 8, 10 }
        select Of(interval, multiplier);

    public static Detector Of(double interval, int multiplier) =>
        new(string.Create(CultureInfo.InvariantCulture, $"BFD {multiplier} x {interval * 1000:0} ms"), (trace, phase) => Run(trace, interval, multiplier, phase));

    private static Detection Run(Trace trace, double interval, int multiplier, double phase)
    {
        var changes = new List<(double, bool)>();
        var arrivals = new PriorityQueue<double, double>();
        var (send, last, isUp, heard, probes) = (phase * interval, 0.0, true, 0, 0);
        while (true)
        {
            var arrival = arrivals.TryPeek(out var next, out _) ? next : double.PositiveInfinity;
            var expiry = isUp ? last + (multiplier * interval) : double.PositiveInfinity;
            var now = Math.Min(send, Math.Min(arrival, expiry));
            if (now >= trace.Length)
            {
                return new(changes, probes);
            }
            if (now == send)
            {
                probes++;
                if (trace.At(now) is { } roundTrip)
                {
                    var at = now + roundTrip - (trace.Base / 2);
                    arrivals.Enqueue(at, at);
                }
                send = now + (isUp ? interval : Math.Max(interval, 1));
            }
            else if (now == arrival)
            {
                arrivals.Dequeue();
                heard = now - last < 2.5 ? heard + 1 : 1;
                last = now;
                if (!isUp && heard >= 2)
                {
                    isUp = true;
                    changes.Add((now, true));
                    send = Math.Min(send, now + interval);
                }
            }
            else
            {
                (isUp, heard) = (false, 0);
                changes.Add((now, false));
            }
        }
    }
}
