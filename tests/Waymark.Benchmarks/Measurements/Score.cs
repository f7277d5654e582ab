namespace Waymark.Benchmarks.Measurements;

/// <summary>By what a detector is judged: an outage lasts at least so long, and a 'down' is wrong where the path answers again so soon after it. Seconds.</summary>
/// <param name="LeastOutage">A shorter silence is none: moving everything costs more than sitting it out.</param>
/// <param name="Soon">Whoever moved because of it was on the new path before it would have been needed.</param>
internal sealed record Criterion(double LeastOutage, double Soon);

/// <summary>How a detector did on some traces.</summary>
/// <param name="Name">Which one, in which setting.</param>
/// <param name="WrongPerHour">Wrong 'down's per hour of one path.</param>
/// <param name="Median">From the first probe that was lost to the decision, over all outages that began while it held the path to be up; one that was missed counts as never. Seconds.</param>
/// <param name="Tail">The time within which nine of ten outages were seen; seconds.</param>
/// <param name="Missed">The share of outages during which it never said 'down'.</param>
/// <param name="HeldPerHour">Seconds an hour during which the path answered and was held to be down.</param>
/// <param name="ProbesPerMinute">What it costs.</param>
internal sealed record Score(string Name, double WrongPerHour, double Median, double Tail, double Missed, double HeldPerHour, double ProbesPerMinute)
{
    /// <summary>Each trace is watched so often, with the first probe at another time: outages are few, and when the next probe is due is chance.</summary>
    public const int Phases = 5;

    public static Score Of(Detector detector, IReadOnlyList<Trace> traces, Criterion criterion) => Of(detector.Name, Watch(detector, traces), criterion);

    /// <summary>What it made of each trace in each phase.</summary>
    public static List<(Trace Trace, Detection Detection)> Watch(Detector detector, IReadOnlyList<Trace> traces) =>
        [.. traces.SelectMany(trace => Enumerable.Range(0, Phases).Select(phase => (trace, detector.Run(trace, phase / (double)Phases))))];

    public static Score Of(string name, List<(Trace Trace, Detection Detection)> watched, Criterion criterion)
    {
        var (hours, wrong, held, probes, missed) = (0.0, 0, 0.0, 0L, 0);
        var times = new List<double>();
        foreach (var (trace, detection) in watched)
        {
            hours += trace.Length / 3600;
            probes += detection.Probes;
            var downs = Downs(trace, detection);
            foreach (var (from, to) in downs)
            {
                wrong += trace.AnswersBetween(from, from + criterion.Soon) ? 1 : 0;
                held += trace.Answered(from, to);
            }
            foreach (var (from, to) in trace.Outages(criterion.LeastOutage))
            {
                var seen = downs.FindIndex(down => down.To > from && down.From < to);
                if (seen >= 0 && downs[seen].From < from)
                {
                    // A stopped clock is right too: what begins while the path is held to be down anyhow proves nothing.
                    continue;
                }
                missed += seen < 0 ? 1 : 0;
                times.Add(seen < 0 ? double.PositiveInfinity : downs[seen].From - from);
            }
        }
        times.Sort();
        double Rank(double share) => times.Count == 0 ? double.NaN : times[Math.Min(times.Count - 1, (int)(times.Count * share))];
        return new(name, wrong / hours, Rank(0.5), Rank(0.9), times.Count == 0 ? 0 : missed / (double)times.Count, held / hours, probes / hours / 60);
    }

    private static List<(double From, double To)> Downs(Trace trace, Detection detection)
    {
        var downs = new List<(double, double)>();
        for (var i = 0; i < detection.Changes.Count; i++)
        {
            if (!detection.Changes[i].IsUp)
            {
                downs.Add((detection.Changes[i].At, i + 1 < detection.Changes.Count ? detection.Changes[i + 1].At : trace.Length));
            }
        }
        return downs;
    }
}
