using System.Diagnostics.Metrics;
using Waymark.Daemon.Loop;
using Waymark.PathDecision;

namespace Waymark.Daemon.Metrics;

/// <summary>
/// What the loop does, as OpenTelemetry names it; <c>docs/metrics.md</c> is the reference. Static, as instruments of .NET are: one daemon is one process, and without a listener a measurement
/// costs a comparison.
/// </summary>
internal static class LoopInstruments
{
    /// <summary>The name of every meter of the daemon.</summary>
    public const string MeterName = "Waymark";

    /// <summary>The meter of these instruments.</summary>
    public static Meter Source { get; } = new(MeterName, DaemonVersion.Text);

    /// <summary>From a tenth of a millisecond, a decision of nothing new, to ten seconds, 100,000 policies under load.</summary>
    private static readonly InstrumentAdvice<double> Buckets = new() { HistogramBucketBoundaries = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] };

    private static readonly Histogram<double> DecisionDuration = Source.CreateHistogram("waymark.decision.duration", "s", "How long a decision took.", advice: Buckets);

    private static readonly Counter<long> Predicates = Source.CreateCounter<long>("waymark.decision.predicates", "{predicate}", "Claims about paths that decisions evaluated.");

    private static readonly Counter<long> Classes = Source.CreateCounter<long>("waymark.decision.classes", "{class}", "Classes of flows that were decided, each time that one was.");

    private static readonly Histogram<double> ApplyDuration = Source.CreateHistogram(
        "waymark.apply.duration", "s", "How long it took to have the kernel follow a decision, from what led to it.", advice: Buckets);

    private static readonly Counter<long> ApplyFailures = Source.CreateCounter<long>("waymark.apply.failures", "{failure}", "Changes that the kernel refused.");

    private static readonly Counter<long> Transitions = Source.CreateCounter<long>("waymark.path.transitions", "{transition}", "How often a path turned up or down.");

    /// <summary>A decision was taken.</summary>
    public static void Decided(Snapshot before, Snapshot after, DecisionEffort effort, TimeSpan took)
    {
        DecisionDuration.Record(took.TotalSeconds);
        Predicates.Add(effort.Predicates);
        Classes.Add(effort.Classes);
        if (!Transitions.Enabled || (before.World.Paths == after.World.Paths && before.World.Characteristics == after.World.Characteristics && before.World.Disabled == after.World.Disabled))
        {
            return;
        }
        foreach (var path in after.World.Paths.Paths)
        {
            var isUp = EventStream.IsUp(path, after.World);
            if (before.World.Paths.Find(path.Id) is { } was && EventStream.IsUp(was, before.World) != isUp)
            {
                Transitions.Add(1, [.. StateInstruments.Tags(path), new("waymark.path.state", isUp ? "up" : "down")]);
            }
        }
    }

    /// <summary>The kernel follows.</summary>
    public static void Applied(TimeSpan took, bool isRepair) => ApplyDuration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("waymark.apply.reason", isRepair ? "repair" : "decision"));

    /// <summary>The kernel refused a change.</summary>
    public static void Failed() => ApplyFailures.Add(1);
}
