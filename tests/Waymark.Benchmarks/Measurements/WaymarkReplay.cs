using System.Globalization;
using Waymark.Flows;
using Waymark.PathExamination;

namespace Waymark.Benchmarks.Measurements;

/// <summary>Waymark's own estimators, reachability and pace over a trace, with a clock of their own.</summary>
internal static class WaymarkReplay
{
    private enum Act
    {
        Answer,
        Decide,
        Overdue,
    }

    /// <summary>As without a node file: every second, down after 3, up after 5.</summary>
    public static Detector Default => Of(ProbeSettings.Default.Every.TotalSeconds, ProbeSettings.Default.DownAfter, ProbeSettings.Default.UpAfter);

    public static Detector Of(double every, int downAfter, int upAfter) =>
        new(string.Create(CultureInfo.InvariantCulture, $"Waymark every {every * 1000:0} ms, down after {downAfter}, up after {upAfter}"),
            (trace, phase) => Run(trace, new() { Targets = [], AreTargetsNamed = true, Every = TimeSpan.FromSeconds(every), DownAfter = downAfter, UpAfter = upAfter }, phase));

    private static Detection Run(Trace trace, ProbeSettings settings, double phase)
    {
        var changes = new List<(double, bool)>();
        var estimates = new ProbeEstimates(settings);
        var (state, pace) = (estimates.Of(IpFamily.V4), new ProbePace(settings));
        var events = new PriorityQueue<(Act Act, Round Round), (double, int)>();
        var (last, probes, isUp) = ((TimeSpan?)null, 0, true);
        while (true)
        {
            var next = last is { } before ? pace.Next(state, before) : settings.Every * phase;
            var at = events.TryPeek(out _, out var key) ? key.Item1 : double.PositiveInfinity;
            var review = state.ReviewAt?.TotalSeconds ?? double.PositiveInfinity;
            var now = Math.Max(last?.TotalSeconds ?? 0, Math.Min(next.TotalSeconds, Math.Min(at, review)));
            if (now >= trace.Length)
            {
                return new(changes, probes);
            }
            var moment = TimeSpan.FromSeconds(now);
            if (at <= now)
            {
                var (act, round) = events.Dequeue();
                moment = TimeSpan.FromSeconds(at);
                Take(act, round, estimates, state, moment);
            }
            else if (review <= now)
            {
                // Seconds are rounded; the instant itself is not.
                state.Review(state.ReviewAt!.Value);
            }
            else
            {
                probes++;
                var roundTrip = trace.At(now);
                var round = new Round(moment, roundTrip, last is not { } previous || moment - previous >= settings.Every * 0.9);
                last = moment;
                if (roundTrip is { } time && time <= ProbePace.Patience.TotalSeconds)
                {
                    events.Enqueue((Act.Answer, round), (now + time, probes));
                }
                events.Enqueue((Act.Decide, round), (now + pace.Wait(estimates.Timeout).TotalSeconds, probes));
                events.Enqueue((Act.Overdue, round), (now + ProbePace.Overdue(estimates.Timeout).TotalSeconds, probes));
            }
            if (state.IsUp != isUp)
            {
                isUp = state.IsUp;
                changes.Add((now, isUp));
            }
        }
    }

    private static void Take(Act act, Round round, ProbeEstimates estimates, Reachability state, TimeSpan now)
    {
        switch (act)
        {
            case Act.Answer:
                estimates.Add(IpFamily.V4, "it", "icmp", new(round.At, TimeSpan.FromSeconds(round.RoundTrip!.Value), null), round.Overdue, round.IsSample);
                if (round.IsDecided)
                {
                    state.Hear(now, isTraffic: false);
                }
                else
                {
                    state.Add(new(round.At, round.Sent, 1, 1, "icmp"), now);
                }
                (round.IsDecided, round.IsAnswered) = (true, true);
                break;
            case Act.Decide when !round.IsDecided:
                round.IsDecided = true;
                state.Add(new(round.At, round.Sent, 0, 1, "icmp"), now);
                break;
            case Act.Overdue when !round.IsAnswered && round.IsSample:
                round.Overdue = estimates.AddOverdue(IpFamily.V4, "it", "icmp", round.At);
                break;
        }
    }

    private sealed class Round(TimeSpan sent, double? roundTrip, bool isSample)
    {
        public TimeSpan Sent { get; } = sent;

        public DateTimeOffset At { get; } = DateTimeOffset.UnixEpoch + sent;

        public double? RoundTrip { get; } = roundTrip;

        public bool IsSample { get; } = isSample;

        public bool IsDecided { get; set; }

        public bool IsAnswered { get; set; }

        public long? Overdue { get; set; }
    }
}
