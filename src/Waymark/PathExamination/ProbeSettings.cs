using Waymark.Flows;
using Waymark.Policies;
using Waymark.Units;

namespace Waymark.PathExamination;

/// <summary>How paths are probed (node file, <c>probe</c>).</summary>
public sealed record ProbeSettings
{
    // Before the default, which begins with them.
    private static readonly Predicate UsuallyDegraded = new Predicate.For(
        new Predicate.Or([Loss(Comparison.Greater, 0.10m), RoundTrip(Comparison.Greater, 0.5m)]), TimeSpan.FromSeconds(5));

    private static readonly Predicate UsuallyRestored = new Predicate.For(
        new Predicate.And([Loss(Comparison.Less, 0.05m), RoundTrip(Comparison.Less, 0.4m)]), TimeSpan.FromSeconds(10));

    /// <summary>Two public resolvers in each family, once a second, one answer is enough, <c>down after 3</c>, <c>up after 5</c>.</summary>
    public static ProbeSettings Default { get; } = new()
    {
        Targets = [Icmp("1.1.1.1"), Icmp("9.9.9.9"), Icmp("2606:4700:4700::1111"), Icmp("2620:fe::fe")],
    };

    /// <summary>Who is asked, and how; each family on its own. Empty: nobody, and the link's word has to do.</summary>
    public required EquatableArray<ProbeTarget> Targets { get; init; }

    /// <summary>
    /// Whether the administrator named them: then they are known to answer, and a path over which none ever did is down. Else silence counts only once one has answered
    /// over that path: many networks let no echo through.
    /// </summary>
    public bool AreTargetsNamed { get; init; }

    /// <summary>Time between rounds, from <see cref="LeastEvery"/>.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether the administrator said so: then a metered path is probed as often too.</summary>
    public bool IsPaceNamed { get; init; }

    /// <summary>Time between rounds while nothing is the matter, where a budget stretches it; null: <see cref="Every"/>.</summary>
    public TimeSpan? AtRest { get; init; }

    /// <summary>How many targets of a family have to answer for a round to count as good, from 1; all of them where there are fewer.</summary>
    public int Need { get; init; } = 1;

    /// <summary>
    /// Silent rounds in a row that it takes, from 1: so many, a quarter interval apart, where the path has hardly ever been silent, up to twice as many where it often is
    /// (<see cref="Reachability"/>).
    /// </summary>
    public int DownAfter { get; init; } = 3;

    /// <summary>Good rounds in a row, from 1; they follow each other twice as fast.</summary>
    public int UpAfter { get; init; } = 5;

    /// <summary>Time between trains of packets to a reflector, by which capacity is measured; from <see cref="LeastTrainEvery"/>; null: none are sent.</summary>
    public TimeSpan? TrainEvery { get; init; }

    /// <summary>What makes a path degraded: more than a tenth lost, which no codec and no TCP bears, or half a second of round trip, where talk becomes turns; either for 5 s.</summary>
    public Predicate DegradedWhen { get; init; } = UsuallyDegraded;

    /// <summary>What ends that: half of it or better, for 10 s.</summary>
    public Predicate RestoredWhen { get; init; } = UsuallyRestored;

    /// <summary>What was measured longer ago is unknown again: ten intervals, at least 30 s.</summary>
    public TimeSpan Lifetime => (AtRest ?? Every) * 10 is var ten && ten > LeastLifetime ? ten : LeastLifetime;

    /// <summary>Rounds that follow each other faster would mostly measure how busy this machine is.</summary>
    public static TimeSpan LeastEvery { get; } = TimeSpan.FromMilliseconds(10);

    /// <summary>A train is 24 kB each way, and up to four times as much where its packets are taken apart: more often, and it would be what fills the path.</summary>
    public static TimeSpan LeastTrainEvery { get; } = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan LeastLifetime = TimeSpan.FromSeconds(30);

    private static Predicate.Compare Loss(Comparison comparison, decimal share) => new("loss", comparison, new(share, Dimension.Ratio));

    private static Predicate.Compare RoundTrip(Comparison comparison, decimal seconds) => new("rtt", comparison, new(seconds, Dimension.Duration));

    private static ProbeTarget.Icmp Icmp(string address) => new(IpAddress.Parse(address));
}
