using System.Diagnostics;
using Waymark.Lab.Links;
using Waymark.PathExamination;
using Waymark.PathExamination.Capacity;
using Waymark.Paths;

namespace Waymark.Lab.Accuracy;

/// <summary>Holds what was told of a link against what it did to the packets of one asker.</summary>
/// <param name="ways">What it was told to do.</param>
/// <param name="asker">Who asked.</param>
/// <param name="log">What it did, in the order of sending.</param>
/// <param name="told">What the examiner says.</param>
/// <param name="clock">Of both.</param>
/// <param name="every">Time between probes.</param>
internal sealed class LinkTruth(LinkWays ways, Asker asker, IReadOnlyList<LoggedProbe> log, PathCharacteristics told, ClockPair clock, TimeSpan every)
{
    /// <summary>How many probes the examiner's window holds.</summary>
    private const int Window = 100;

    private const int EthernetBytes = 14;

    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(10);

    /// <summary>Whose way there is delayed, and how much, no other than STAMP can tell.</summary>
    private bool IsOneWay => asker == Asker.Stamp;

    /// <summary>Round trip, its median, jitter and loss; by STAMP the delay of the way there.</summary>
    public IEnumerable<AccuracyRow> Delays()
    {
        if (!told.TryGet("rtt", out var roundTrip))
        {
            yield return new(ways, asker, "rtt", (ways.Up.Delay + ways.Down.Delay).TotalSeconds, null, 0);
            yield break;
        }
        // What had come by the newest answer that is in the estimate.
        var end = clock.Ticks(roundTrip.At);
        var answered = Answered(end);
        if (answered.Count == 0)
        {
            yield return new(ways, asker, "rtt", double.NaN, roundTrip.Value.Number, roundTrip.Samples);
            yield break;
        }
        var trips = Trips(answered);
        // Its instant is that of sending and the round trip, from which STAMP and TCP take off what is not the path's: the newest may have left the link a little later.
        if (Answered(end + (long)(Late.TotalSeconds * Stopwatch.Frequency)) is var more && more.Count > answered.Count && Trips(more[..(answered.Count + 1)]) is var other
            && Math.Abs(other.Smoothed - roundTrip.Value.Number) < Math.Abs(trips.Smoothed - roundTrip.Value.Number))
        {
            (answered, trips) = (more[..(answered.Count + 1)], other);
        }
        yield return Row("rtt", trips.Smoothed);
        var overdue = ProbePace.Overdue(trips.Timeout).TotalSeconds * Stopwatch.Frequency;
        // In the order in which it was known what had become of them: that a probe is lost is known later than that the next one is not, and sooner where what was sent again is answered.
        var window = Samples().Select(one => (Probe: one, At: one.IsAnswered ? one.Known : Math.Min(one.Arrived + overdue, one.Told ?? double.MaxValue))).Where(one => one.At <= end)
            .OrderBy(one => one.At).TakeLast(Window).Select(one => one.Probe).ToList();
        yield return Row("loss", window.Count(one => !one.IsAnswered) / (double)window.Count);
        yield return Row("rtt.p50", Middle(window.Where(one => one.IsAnswered).Select(one => IsOneWay ? one.Flight : one.RoundTrip)));
        var course = IsOneWay ? TrueCourse.Of([.. answered.Select(one => one.Forward)]) : trips;
        if (IsOneWay)
        {
            yield return Row("delay", course.Smoothed);
        }
        yield return Row("jitter", course.Jitter);
    }

    /// <summary>Capacity each way (RFC 5136 section 2.3): of the link's time a packet takes what its whole frame is long.</summary>
    public IEnumerable<AccuracyRow> Capacities()
    {
        yield return Row("bandwidth.up", Capacity(ways.Up));
        // Replies come no faster than the way there lets the requests through.
        yield return Row("bandwidth", Math.Min(Capacity(ways.Up), Capacity(ways.Down)));
    }

    /// <summary>What <c>iperf3</c> says of the way there.</summary>
    public static AccuracyRow OfIperf(LinkWays ways, double? told) => new(ways, Asker.Iperf, "bandwidth.up", Capacity(ways.Up), told, 1);

    private static double Capacity(LinkShape shape) => shape.Rate * (double)PacketTrain.UsualBytes / (PacketTrain.UsualBytes + EthernetBytes);

    /// <summary>Mean round trip and loss, by all of its packets.</summary>
    public static IEnumerable<AccuracyRow> OfPing(LinkWays ways, IReadOnlyList<LoggedProbe> log, PingReport told)
    {
        var answered = log.Where(one => one.IsAnswered).ToList();
        if (answered.Count > 0)
        {
            yield return new(ways, Asker.Ping, "rtt", answered.Average(one => one.RoundTrip), told.Mean, told.Received);
        }
        yield return new(ways, Asker.Ping, "loss", 1 - (answered.Count / (double)log.Count), 1 - (told.Received / (double)told.Sent), told.Sent);
    }

    private List<LoggedProbe> Answered(long end) => [.. log.Where(one => one.IsAnswered && one.Known <= end).OrderBy(one => one.Known)];

    private TrueCourse Trips(List<LoggedProbe> answered) => TrueCourse.Of([.. answered.Select(one => IsOneWay ? one.Flight : one.RoundTrip)]);

    private AccuracyRow Row(string what, double truth) => told.TryGet(what, out var measured) ? new(ways, asker, what, truth, measured.Value.Number, measured.Samples) : new(ways, asker, what, truth, null, 0);

    /// <summary>Those that were sent whatever the link did, once it had answered.</summary>
    private IEnumerable<LoggedProbe> Samples()
    {
        var pace = new ProbePace(new() { Targets = [], Every = every });
        TimeSpan? last = null;
        foreach (var one in log.SkipWhile(one => !one.IsAnswered).Where(one => !one.IsUnfinished))
        {
            var now = TimeSpan.FromSeconds(one.Arrived / (double)Stopwatch.Frequency);
            if (pace.IsSample(last, now))
            {
                last = now;
                yield return one;
            }
        }
    }

    /// <summary>By nearest rank, as the examiner's percentiles.</summary>
    private static double Middle(IEnumerable<double> values) => values.Order().ToList() is { Count: > 0 } sorted ? sorted[(sorted.Count - 1) / 2] : double.NaN;
}
