using System.Globalization;

namespace Waymark.Benchmarks.Measurements;

/// <summary>
/// dpinger as pfSense and OPNsense run it, as a model: pings at a fixed pace, loss and mean round trip over a window, a look at them every so often. An answer that is missing counts
/// as lost after the loss interval. Down while the loss or the mean is above its threshold, up while neither is.
/// </summary>
internal static class DpingerModel
{
    /// <summary>pfSense's defaults: a ping every 500 ms, loss after 2 s, a window of 60 s, a look every second, 20 %, 500 ms.</summary>
    public static Detector Default => Of(0.5, 2, 60, 1, 0.2, 0.5);

    public static IEnumerable<Detector> Grid() =>
        from every in new[] { 0.2, 0.5, 0.9, 1 }
        from lost in new[] { 0.5, 1, 2 }
        from window in new double[] { 2, 3, 5, 10, 20 }
        // The program refuses shorter windows.
        where window > (2 * every) + lost
        from loss in new[] { 0.2, 0.3, 0.4, 0.5, 0.6, 0.8 }
        from delay in new[] { 0.5, double.PositiveInfinity }
        select Of(every, lost, window, Math.Max(0.5, every), loss, delay);

    private static Detector Of(double every, double lost, double window, double look, double loss, double delay) =>
        new(string.Create(CultureInfo.InvariantCulture, $"dpinger {every * 1000:0} ms, lost after {lost} s, window {window} s, alarm at {loss:0 %}{(double.IsFinite(delay) ? $" or {delay * 1000:0} ms" : "")}"),
            (trace, phase) => Run(trace, every, lost, window, look, loss, delay, phase));

    private static Detection Run(Trace trace, double every, double lost, double window, double look, double loss, double delay, double phase)
    {
        var changes = new List<(double, bool)>();
        var probes = new List<(double Sent, double? RoundTrip)>();
        var (send, isUp, first) = (phase * every, true, 0);
        for (var now = look * (1 + phase); now < trace.Length; now += look)
        {
            for (; send <= now; send += every)
            {
                probes.Add((send, trace.At(send)));
            }
            while (first < probes.Count && probes[first].Sent <= now - window)
            {
                first++;
            }
            var (missing, answered, sum) = (0, 0, 0.0);
            for (var i = first; i < probes.Count; i++)
            {
                if (probes[i].RoundTrip is { } roundTrip && probes[i].Sent + roundTrip <= now)
                {
                    answered++;
                    sum += roundTrip;
                }
                else if (now - probes[i].Sent > lost)
                {
                    missing++;
                }
            }
            var isAlarm = missing > loss * (missing + answered) || (answered > 0 && sum / answered > delay);
            if (isAlarm == isUp)
            {
                isUp = !isAlarm;
                changes.Add((now, isUp));
            }
        }
        return new(changes, probes.Count);
    }
}
