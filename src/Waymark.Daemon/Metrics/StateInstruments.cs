using System.Diagnostics.Metrics;
using System.Globalization;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Peers;
using Waymark.Daemon.Remote;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Paths;

namespace Waymark.Daemon.Metrics;

/// <summary>
/// How things stand, as OpenTelemetry names it; <c>docs/metrics.md</c> is the reference. Each instrument looks at the last decision when it is asked, and at no other time.
/// </summary>
internal sealed class StateInstruments : IDisposable
{
    /// <summary>Characteristics that have an instrument, with its unit (UCUM; in braces: an annotation). Others, which programs name themselves, share one.</summary>
    private static readonly (string Characteristic, string Instrument, string Unit, string Description, string? Direction)[] Numbers =
    [
        ("delay", "waymark.path.delay", "s", "One-way delay; half of the round trip where only that can be measured.", null),
        ("rtt", "waymark.path.rtt", "s", "Smoothed round trip.", null),
        ("jitter", "waymark.path.jitter", "s", "Interarrival jitter.", null),
        ("loss", "waymark.path.loss", "1", "Lost probes, as a share.", null),
        ("bandwidth", "waymark.path.bandwidth", "bit/s", "Capacity.", "receive"),
        ("bandwidth.up", "waymark.path.bandwidth", "bit/s", "Capacity.", "transmit"),
        ("available", "waymark.path.available", "bit/s", "Capacity that is not in use.", "receive"),
        ("available.up", "waymark.path.available", "bit/s", "Capacity that is not in use.", "transmit"),
        ("utilization", "waymark.path.utilization", "1", "Capacity in use, as a share.", null),
        ("cost", "waymark.path.cost", "{currency}/GBy", "Price of the next byte.", null),
        ("quota", "waymark.path.quota", "By", "Volume left before the tariff changes.", null),
        ("mtu", "waymark.path.mtu", "By", "Path MTU.", null),
        ("signal", "waymark.path.signal", "{dBm}", "Radio signal.", null),
        ("mos", "waymark.path.mos", "{score}", "Voice quality, 1 to 5.", null),
    ];

    private static readonly string[] States = ["up", "down", "held", "disabled"];

    private readonly ReconcileLoop loop;

    /// <summary>Makes them.</summary>
    /// <param name="loop">Whose decisions are looked at.</param>
    /// <param name="probes">What became of probes.</param>
    /// <param name="remote">The listener for requesters of other hosts.</param>
    /// <param name="peers">How this node stands to others.</param>
    /// <param name="time">The clock.</param>
    public StateInstruments(ReconcileLoop loop, ProbeCounts probes, RemoteStanding remote, PeerStanding peers, TimeProvider time)
    {
        this.loop = loop;
        foreach (var one in Numbers.GroupBy(one => one.Instrument))
        {
            Source.CreateObservableGauge(one.Key, () => one.SelectMany(number => Measure(number.Characteristic, number.Direction)), one.First().Unit, one.First().Description);
        }
        Source.CreateObservableGauge("waymark.path.rtt.percentile", Percentiles, "s", "Percentiles of the round trip over the window.");
        Source.CreateObservableGauge("waymark.path.characteristic", Open, null, "What other programs say under names of their own.");
        Source.CreateObservableGauge("waymark.path.up", Up, "{path}", "Whether a path can be used in a family: 1 or 0.");
        Source.CreateObservableGauge("waymark.path.state", State, "{path}", "1 for the state that a path is in, 0 for the others.");
        Source.CreateObservableGauge("waymark.path.penalty", Penalties, "{point}", "Flap penalty.");
        Source.CreateObservableCounter("waymark.probes", probes.Measure, "{probe}", "Probes by what became of them.");
        Source.CreateObservableUpDownCounter("waymark.rules", () => (long)Now.Decision.FilterRules.Rules.Count, "{rule}", "Filter rules in force.");
        Source.CreateObservableUpDownCounter("waymark.classes", () => (long)Now.Decision.FilterRules.Classes.Count, "{class}", "Classes of flows.");
        Source.CreateObservableUpDownCounter("waymark.policies", Policies, "{policy}", "Policies by how they stand.");
        Source.CreateObservableUpDownCounter("waymark.requesters", () => (long)loop.Inputs.Node.Requesters.Count, "{requester}", "Who may ask for policies.");
        Source.CreateObservableGauge("waymark.remote.certificate.remaining", () => remote.Current?.CertificateUntil is { } until ? [new Measurement<double>((until - time.GetUtcNow()).TotalSeconds)] : Array.Empty<Measurement<double>>(),
            "s", "For how long this node's certificate is still valid; negative: no longer.");
        Source.CreateObservableGauge("waymark.remote.connections", () => remote.Current is { } standing ? [new Measurement<long>(standing.Connections)] : Array.Empty<Measurement<long>>(), "{connection}", "Connections of requesters of other hosts.");
        new PeerMeasurements(peers).AddTo(Source);
        Source.CreateObservableGauge("waymark.kernel.state", Kernel, "{node}", "1 for how the kernel stands to the decision, 0 for the others.");
        Source.CreateObservableUpDownCounter("process.memory.usage", () => Environment.WorkingSet, "By", "Resident memory of the daemon.");
        Source.CreateObservableGauge("process.uptime", () => (time.GetUtcNow() - StartedAt).TotalSeconds, "s", "How long the daemon has been running.");
    }

    /// <summary>The meter of these instruments.</summary>
    public Meter Source { get; } = new(LoopInstruments.MeterName, DaemonVersion.Text);

    private static DateTimeOffset StartedAt { get; } = System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime();

    private Snapshot Now => loop.Current;

    /// <summary>What tells a path from others.</summary>
    public static KeyValuePair<string, object?>[] Tags(Path path) => path.Device is { } device
        ? [new("waymark.path.name", path.Name), new("network.interface.name", device)]
        : [new("waymark.path.name", path.Name)];

    /// <summary>The convention's word for a family.</summary>
    public static string Word(IpFamily family) => family == IpFamily.V4 ? "ipv4" : "ipv6";

    /// <summary>A word of the code in the conventions' spelling.</summary>
    public static string Snake(string name) => string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{char.ToLower(c, CultureInfo.InvariantCulture)}" : char.ToLower(c, CultureInfo.InvariantCulture).ToString()));

    public void Dispose() => Source.Dispose();

    private IEnumerable<Measurement<double>> Measure(string characteristic, string? direction)
    {
        foreach (var (path, value) in Each(name => name == characteristic))
        {
            yield return new(value.Value, direction is null ? Tags(path) : [.. Tags(path), new("network.io.direction", direction)]);
        }
    }

    private IEnumerable<Measurement<double>> Percentiles() =>
        Each(name => name.StartsWith("rtt.p", StringComparison.Ordinal)).Select(one => new Measurement<double>(one.Value.Value, [.. Tags(one.Path), new("waymark.percentile", one.Value.Name["rtt.p".Length..])]));

    private IEnumerable<Measurement<double>> Open() =>
        Each(name => Characteristic.TryFind(name, out var found) && found.IsOpen).Select(one => new Measurement<double>(one.Value.Value, [.. Tags(one.Path), new("waymark.characteristic.name", one.Value.Name)]));

    /// <summary>Numbers of every path; what has no limit is left out.</summary>
    private IEnumerable<(Path Path, (string Name, double Value) Value)> Each(Func<string, bool> isWanted)
    {
        var world = Now.World;
        foreach (var path in world.Paths.Paths.AsEnumerable())
        {
            foreach (var (name, measured) in world.Characteristics.Of(path.Id).Values.AsEnumerable())
            {
                if (measured.Value.Kind == CharacteristicKind.Numeric && double.IsFinite(measured.Value.Number) && isWanted(name))
                {
                    yield return (path, (name, measured.Value.Number));
                }
            }
        }
    }

    private IEnumerable<Measurement<long>> Up()
    {
        var world = Now.World;
        foreach (var path in world.Paths.Paths.AsEnumerable())
        {
            foreach (var half in path.Halves.AsEnumerable())
            {
                var isUp = EventStream.IsUp(path with { Halves = [half] }, world);
                yield return new(isUp ? 1 : 0, [.. Tags(path), new("network.type", Word(half.Family))]);
            }
        }
    }

    private IEnumerable<Measurement<long>> State()
    {
        var now = Now;
        foreach (var path in now.World.Paths.Paths.AsEnumerable())
        {
            var state = now.World.Disabled.AsSpan().Contains(path.Id) ? "disabled"
                : !EventStream.IsUp(path, now.World) ? "down"
                : now.Decision.Next.Penalties.Any(one => one.Path == path.Id && one.IsSuppressed) ? "held" : "up";
            foreach (var one in States)
            {
                yield return new(one == state ? 1 : 0, [.. Tags(path), new("waymark.path.state", one)]);
            }
        }
    }

    private IEnumerable<Measurement<double>> Penalties()
    {
        var now = Now;
        foreach (var path in now.World.Paths.Paths.AsEnumerable())
        {
            yield return new(now.Decision.Next.Penalties.FirstOrDefault(one => one.Path == path.Id)?.Value ?? 0, Tags(path));
        }
    }

    private IEnumerable<Measurement<long>> Policies()
    {
        var counts = Now.Decision.Standings.GroupBy(one => one.Standing).ToDictionary(group => group.Key, group => group.LongCount());
        return Enum.GetValues<Standing>().Select(standing => new Measurement<long>(counts.GetValueOrDefault(standing), new KeyValuePair<string, object?>("waymark.policy.standing", Snake(standing.ToString()))));
    }

    private IEnumerable<Measurement<long>> Kernel()
    {
        var state = Now.Kernel.State;
        return Enum.GetValues<KernelState>().Select(one => new Measurement<long>(one == state ? 1 : 0, new KeyValuePair<string, object?>("waymark.kernel.state", Snake(one.ToString()))));
    }
}
