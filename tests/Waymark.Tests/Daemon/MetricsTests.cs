using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Metrics;
using Waymark.Daemon.Peers;
using Waymark.Exchange.Otlp;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Peers;
using Waymark.Policies.Language;
using Waymark.Tests.PathDecision;

namespace Waymark.Tests.Daemon;

/// <summary>What Prometheus is given.</summary>
public sealed partial class MetricsTests : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new(TimeSpan.FromSeconds(60));
    private readonly MemoryDataPlane dataPlane = new();
    private readonly ProbeCounts probes = new();
    private readonly PeerStanding peers = new();
    private readonly ReconcileLoop loop;
    private readonly Task running;
    private readonly StateInstruments state;
    private readonly MetricCollection metrics;

    public MetricsTests()
    {
        loop = new(dataPlane, new(TimeProvider.System), _ => { }, (_, _) => { }, DecisionMemory.None, TimeProvider.System, NullLogger<ReconcileLoop>.Instance);
        state = new(loop, probes, new() { Current = new(["[::]:7443"], true, "", Worlds.Start, 1) }, peers, TimeProvider.System);
        metrics = new([LoopInstruments.Source, state.Source], TimeProvider.System);
        running = Task.Run(() => loop.RunAsync(stop.Token));
    }

    [Fact]
    public async Task Paths_policies_and_the_kernel_are_told_as_they_stand()
    {
        probes.Of("icmp", "lte", IpFamily.V6).Add(new(Worlds.Start, TimeSpan.FromMilliseconds(20), null));
        probes.Of("icmp", "lte", IpFamily.V6).Add(new(Worlds.Start, null, null));
        probes.Of("icmp", "lte", IpFamily.V6).Add(new(Worlds.Start, null, null));
        probes.Of("icmp", "lte", IpFamily.V6).Add(new(Worlds.Start, null, "no route"));
        await DecideAsync([Worlds.Path("wifi"), Worlds.Path("lte", v4: false)],
            ("rtt", 0.0305), ("rtt.p95", 0.07), ("bandwidth.up", 6e6), ("loss", 0.25), ("lte.rsrp", -97.5), ("quota", double.PositiveInfinity), ("up/ip6", 0));
        var text = Check(metrics.Write());
        foreach (var line in new[]
        {
            "# TYPE waymark_path_rtt_seconds gauge",
            "# HELP waymark_path_rtt_seconds Smoothed round trip.",
            "waymark_path_rtt_seconds{waymark_path_name=\"lte\",network_interface_name=\"lte\"} 0.0305",
            "waymark_path_rtt_percentile_seconds{waymark_path_name=\"lte\",network_interface_name=\"lte\",waymark_percentile=\"95\"} 0.07",
            "waymark_path_bandwidth_bit_per_second{waymark_path_name=\"lte\",network_interface_name=\"lte\",network_io_direction=\"transmit\"} 6000000",
            "waymark_path_loss_ratio{waymark_path_name=\"lte\",network_interface_name=\"lte\"} 0.25",
            "waymark_path_characteristic{waymark_path_name=\"lte\",network_interface_name=\"lte\",waymark_characteristic_name=\"lte.rsrp\"} -97.5",
            "waymark_path_up{waymark_path_name=\"wifi\",network_interface_name=\"wifi\",network_type=\"ipv4\"} 1",
            "waymark_path_up{waymark_path_name=\"lte\",network_interface_name=\"lte\",network_type=\"ipv6\"} 0",
            "waymark_path_state{waymark_path_name=\"lte\",network_interface_name=\"lte\",waymark_path_state=\"down\"} 1",
            "waymark_path_state{waymark_path_name=\"lte\",network_interface_name=\"lte\",waymark_path_state=\"up\"} 0",
            "waymark_probes_total{waymark_probe_kind=\"icmp\",network_interface_name=\"lte\",network_type=\"ipv6\",waymark_probe_outcome=\"lost\"} 2",
            "waymark_probes_total{waymark_probe_kind=\"icmp\",network_interface_name=\"lte\",network_type=\"ipv6\",waymark_probe_outcome=\"fault\"} 1",
            "waymark_policies{waymark_policy_standing=\"in_force\"} 1",
            "waymark_kernel_state{waymark_kernel_state=\"in_step\"} 1",
            "waymark_rules 1",
            "waymark_requesters 1",
        })
        {
            Assert.Contains(line, text);
        }
        Assert.DoesNotContain(text, line => line.Contains("quota", StringComparison.Ordinal) || line.Contains("network_type=\"ipv4\"} 0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_path_that_is_gone_is_told_no_longer_and_one_that_turns_down_is_counted()
    {
        // Other tests decide in this process as well: the paths are this test's own.
        await DecideAsync([Worlds.Path("gone-a"), Worlds.Path("turn-b")]);
        await DecideAsync([Worlds.Path("turn-b") with { HasCarrier = false }]);
        var text = Check(metrics.Write());
        Assert.DoesNotContain(text, line => line.Contains("gone-a", StringComparison.Ordinal));
        Assert.Contains("waymark_path_transitions_total{waymark_path_name=\"turn-b\",network_interface_name=\"turn-b\",waymark_path_state=\"down\"} 1", text);
        Assert.Contains("# TYPE waymark_decision_duration_seconds histogram", text);
        Assert.Contains(text, line => line.StartsWith("waymark_apply_duration_seconds_bucket{waymark_apply_reason=\"decision\",le=\"0.001\"}", StringComparison.Ordinal));
    }

    [Fact]
    public void Peers_are_told_as_they_stand()
    {
        PeerStanding.Asked Asked(int index, RuleState state) => new(new("root", "t.way", null, null, index), state, "");
        peers.Current =
        [
            new(new("hub", "hub.example.net"), "", true, null, "", "", [Asked(1, RuleState.Installed), Asked(2, RuleState.Installed), Asked(3, RuleState.Superseded)], [], null, 3, 0),
            new(new("spoke", "spoke.example.net"), "", false, null, "", "", [], [new("r", RuleState.Rejected, "why", null)], null, 0, 2),
        ];
        var text = Check(metrics.Write());
        foreach (var line in new[]
        {
            "waymark_peer_connected{waymark_peer_name=\"hub\"} 1",
            "waymark_peer_connected{waymark_peer_name=\"spoke\"} 0",
            "waymark_peer_connections_total{waymark_peer_name=\"hub\"} 3",
            "waymark_peer_refusals_total{waymark_peer_name=\"spoke\"} 2",
            "waymark_peer_rules_asked{waymark_peer_name=\"hub\",waymark_peer_rule_state=\"installed\"} 2",
            "waymark_peer_rules_asked{waymark_peer_name=\"hub\",waymark_peer_rule_state=\"superseded\"} 1",
            "waymark_peer_rules_asked{waymark_peer_name=\"hub\",waymark_peer_rule_state=\"expired\"} 0",
            "waymark_peer_rules_held{waymark_peer_name=\"spoke\",waymark_peer_rule_state=\"rejected\"} 1",
        })
        {
            Assert.Contains(line, text);
        }
    }

    [Fact]
    public async Task Whatever_a_scraper_is_told_is_pushed_with_the_same_value()
    {
        probes.Of("icmp", "lte", IpFamily.V6).Add(new(Worlds.Start, TimeSpan.FromMilliseconds(20), null));
        peers.Current = [new(new("hub", "hub.example.net"), "", true, null, "", "", [], [], null, 3, 0)];
        await DecideAsync([Worlds.Path("wifi"), Worlds.Path("lte", v4: false)], ("rtt", 0.0305), ("rtt.p95", 0.07), ("bandwidth", 9e6), ("bandwidth.up", 6e6), ("lte.rsrp", -97.5));
        var before = Series(Check(metrics.Write()));
        var pushed = Series(Lines(metrics.Export()));
        // Other tests decide in this process as well: what they have counted meanwhile is in it or not.
        var after = Series(Check(metrics.Write()));
        Assert.Subset(pushed.Keys.ToHashSet(), before.Keys.ToHashSet());
        Assert.Subset(after.Keys.ToHashSet(), pushed.Keys.ToHashSet());
        Assert.All(before.Where(one => one.Key != "process_memory_usage_bytes"), one => Assert.InRange(pushed[one.Key], Math.Min(one.Value, after[one.Key]), Math.Max(one.Value, after[one.Key])));

        static Dictionary<string, double> Series(IEnumerable<string> lines) =>
            lines.Where(line => line[0] != '#').ToDictionary(line => line[..line.LastIndexOf(' ')], line => double.Parse(line.AsSpan(line.LastIndexOf(' ')), CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Serving_and_pushing_count_together_as_long_as_either_is_wanted()
    {
        var collection = new CollectionOnDemand(state, TimeProvider.System);
        var served = collection.Take();
        Assert.Same(served, collection.Take());
        collection.GiveBack();
        Assert.Same(served, collection.Take());
        collection.GiveBack();
        collection.GiveBack();
        Assert.NotSame(served, collection.Take());
        collection.GiveBack();
    }

    [Fact]
    public void A_histogram_counts_what_is_at_most_each_bound_and_texts_are_escaped()
    {
        using var meter = new Meter("test");
        using var listening = new MetricCollection([meter], TimeProvider.System);
        var took = meter.CreateHistogram("took", "s", "How \\ long\nit took.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        foreach (var seconds in new[] { 0.05, 0.1, 0.5, 7 })
        {
            took.Record(seconds, new KeyValuePair<string, object?>("a.b", "x\"y\\z\n"));
        }
        Assert.Equal("""
            # HELP took_seconds How \\ long\nit took.
            # TYPE took_seconds histogram
            took_seconds_bucket{a_b="x\"y\\z\n",le="0.1"} 2
            took_seconds_bucket{a_b="x\"y\\z\n",le="1"} 3
            took_seconds_bucket{a_b="x\"y\\z\n",le="+Inf"} 4
            took_seconds_sum{a_b="x\"y\\z\n"} 7.65
            took_seconds_count{a_b="x\"y\\z\n"} 4

            """, listening.Write());
    }

    [Fact]
    public void The_documentation_lists_exactly_what_is_served()
    {
        var served = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter == LoopInstruments.Source || instrument.Meter == state.Source)
                {
                    served.Add($"{instrument.Name} {instrument.Unit}");
                }
            },
        };
        listener.Start();
        var rows = Rows();
        Assert.Equal(served.Order(StringComparer.Ordinal), rows.Select(row => $"{row.Groups[1].Value} {row.Groups[4].Value}").Order(StringComparer.Ordinal));
        Assert.Equal(metrics.All, rows.Select(row => (row.Groups[2].Value, row.Groups[3].Value)));
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        metrics.Dispose();
        state.Dispose();
        loop.Dispose();
        dataPlane.Dispose();
        stop.Dispose();
    }

    /// <summary>The lines of a text, each of which is what the format allows, in families that stand together and have their help and type before them, and no series twice.</summary>
    internal static string[] Check(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var lines = text[..^1].Split('\n');
        string family = "", type = "";
        var families = new HashSet<string>(StringComparer.Ordinal);
        var series = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            if (Help().Match(line) is { Success: true } help)
            {
                family = help.Groups[1].Value;
                Assert.True(families.Add(family), $"{family} has help once");
            }
            else if (TypeOf().Match(line) is { Success: true } of)
            {
                Assert.Equal(family, of.Groups[1].Value);
                type = of.Groups[2].Value;
                Assert.Equal(type == "counter", family.EndsWith("_total", StringComparison.Ordinal));
            }
            else
            {
                var sample = Sample().Match(line);
                Assert.True(sample.Success, line);
                string[] suffixes = type == "histogram" ? ["_bucket", "_sum", "_count"] : [""];
                Assert.Contains(sample.Groups[1].Value, suffixes.Select(suffix => family + suffix));
                Assert.True(series.Add(sample.Groups[1].Value + sample.Groups[2].Value), $"{line} stands once");
                Assert.True(sample.Groups["value"].Value is "+Inf" or "-Inf" || double.TryParse(sample.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _), line);
            }
        }
        return lines;
    }

    private static MatchCollection Rows() => Row().Matches(System.IO.File.ReadAllText(System.IO.Path.Combine(Repository.Root, "docs", "metrics.md")));

    /// <summary>What a scraper would be told in the place of a message, by the names and units of the documentation.</summary>
    private static IEnumerable<string> Lines(ExportRequest message)
    {
        var rows = Rows().ToDictionary(row => row.Groups[1].Value);
        foreach (var metric in message.ResourceMetrics.Single().ScopeMetrics.Single().Metrics)
        {
            var row = rows[metric.Name];
            var name = row.Groups[2].Value;
            Assert.Equal(row.Groups[4].Value, metric.Unit);
            Assert.Equal(row.Groups[3].Value, metric switch { { Histogram: not null } => "histogram", { Sum.IsMonotonic: true } => "counter", _ => "gauge" });
            foreach (var point in (metric.Gauge?.Points ?? []).Concat(metric.Sum?.Points ?? []))
            {
                yield return Line(name, point.Attributes, [], point.ValueCase == NumberPoint.ValueOneofCase.AsInt ? point.AsInt : point.AsDouble);
            }
            foreach (var point in metric.Histogram?.Points ?? [])
            {
                var upTo = 0UL;
                foreach (var (bound, count) in point.ExplicitBounds.Append(double.PositiveInfinity).Zip(point.BucketCounts))
                {
                    yield return Line($"{name}_bucket", point.Attributes, [$"le=\"{(double.IsInfinity(bound) ? "+Inf" : bound.ToString(CultureInfo.InvariantCulture))}\""], upTo += count);
                }
                yield return Line($"{name}_sum", point.Attributes, [], point.Sum);
                yield return Line($"{name}_count", point.Attributes, [], point.Count);
            }
        }

        static string Line(string name, IEnumerable<Waymark.Exchange.Otlp.Attribute> attributes, string[] more, double value)
        {
            var labels = string.Join(',', attributes.Select(one => $"{one.Key.Replace('.', '_')}=\"{one.Value.StringValue}\"").Concat(more));
            return string.Create(CultureInfo.InvariantCulture, $"{name}{(labels.Length == 0 ? "" : $"{{{labels}}}")} {value:R}");
        }
    }

    private async Task DecideAsync(Waymark.Paths.Path[] paths, params (string Name, double Value)[] known)
    {
        loop.PostPaths(new(paths));
        var lte = PathCharacteristics.Of(Worlds.Id("lte"), known.Select(one => KeyValuePair.Create(one.Name, new Measured(
            one.Name.StartsWith("up/", StringComparison.Ordinal) ? CharacteristicValue.Of(one.Value != 0) : CharacteristicValue.Of(one.Value), Worlds.Start, 5, "test"))));
        loop.Post(inputs => inputs with
        {
            Sets = [new(new("root", 0), "t.way", PolicyLanguage.Parse("any prefer lowest rtt;", "t.way").Set!, Worlds.Start, [])],
            Characteristics = known.Length == 0 ? CharacteristicsSet.Empty : new([lte]),
        });
        await loop.SettleAsync(stop.Token);
    }

    [GeneratedRegex("^\\| `([a-z.]+)` \\| `([a-z_]+)` \\| (gauge|counter|histogram) \\| (?:`([^`]+)`)? ?\\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("^# HELP ([a-z_]+) .+$")]
    private static partial Regex Help();

    [GeneratedRegex("^# TYPE ([a-z_]+) (gauge|counter|histogram)$")]
    private static partial Regex TypeOf();

    [GeneratedRegex("^([a-z_]+)(\\{([a-z_]+=\"([^\"\\\\\\n]|\\\\[\\\\\"n])*\")(,[a-z_]+=\"([^\"\\\\\\n]|\\\\[\\\\\"n])*\")*\\})? (?<value>\\S+)$")]
    private static partial Regex Sample();
}
