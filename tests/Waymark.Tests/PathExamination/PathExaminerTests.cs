using System.Collections.Concurrent;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;
using Waymark.PathExamination.Capacity;
using Waymark.Paths;

namespace Waymark.Tests.PathExamination;

/// <summary>The examiner over probes that answer as a test says; on the real clock, with short intervals.</summary>
public sealed class PathExaminerTests : IAsyncDisposable
{
    private readonly BlockingCollection<CharacteristicsSet> snapshots = [];
    private readonly FakeProbeKind probes = new();
    private readonly Dictionary<string, Measured> configured = [];
    private readonly PacketThread thread = new(TimeProvider.System, "probes");
    private readonly PathExaminer examiner;
    private ProbeSettings settings = new() { Targets = [new ProbeTarget.Icmp(IpAddress.Parse("192.0.2.1"))], Every = TimeSpan.FromMilliseconds(20), DownAfter = 3, UpAfter = 2 };
    private uint mark = 5;
    private int[] ranks = [50];
    private readonly ConcurrentQueue<string> faults = [];
    private readonly ConcurrentQueue<string> findings = [];

    public PathExaminerTests() =>
        examiner = new(new(_ => settings, _ => configured, _ => mark) { Kinds = [probes], Ranks = () => ranks, FaultChanged = (_, fault) => faults.Enqueue(fault ?? "none"), FindingChanged = (_, _, finding) => findings.Enqueue(finding ?? "none") }, snapshots.Add, thread, seed: 1);

    public async ValueTask DisposeAsync()
    {
        await examiner.DisposeAsync();
        thread.Dispose();
        snapshots.Dispose();
    }

    [Fact]
    public void A_path_that_becomes_slow_is_slow_and_not_down_for_good()
    {
        examiner.Examine(new([Path("wan0")]));
        Await(set => Value(set, "wan0", "rtt")?.Samples > 10);
        // Far longer than the round waits by what it knows.
        probes.Delay = TimeSpan.FromMilliseconds(120);
        Await(set => Value(set, "wan0", "rtt")?.Value.Number > 0.1);
        Await(set => Value(set, "wan0", "rtt")?.Value.Number > 0.1 && Value(set, "wan0", PathCharacteristics.Up4)!.Value.Flag);
        Assert.Equal(0, Value(Await(_ => true), "wan0", "loss")!.Value.Number);
    }

    [Fact]
    public void Many_silent_paths_are_seen_as_fast_as_one()
    {
        examiner.Examine(new(Enumerable.Range(0, 30).Select(n => Path($"wan{n}"))));
        Await(set => set.Paths.All(path => Value(set, path.Path.LocalId, "rtt")?.Samples > 3));
        probes.Delay = null;
        // Rounds of all paths that followed each other would take thirty timeouts for each round.
        Await(set => set.Paths.All(path => !Value(set, path.Path.LocalId, PathCharacteristics.Up4)!.Value.Flag), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void What_cannot_be_sent_is_a_fault_and_neither_loss_nor_silence()
    {
        examiner.Examine(new([Path("wan0")]));
        Await(set => Value(set, "wan0", "rtt")?.Samples > 3);
        probes.Fault = "Network is unreachable";
        Await(_ => examiner.Faults.Count == 1);
        Assert.Equal("icmp 192.0.2.1 by wan0: Network is unreachable", examiner.Faults[new("ip", "wan0")]);
        // What was under way has ended after some rounds; from then on nothing counts.
        var before = After(rounds: 5);
        var after = After(rounds: 10);
        Assert.Equal(Value(before, "wan0", PathCharacteristics.Up4), Value(after, "wan0", PathCharacteristics.Up4));
        Assert.Equal(Value(before, "wan0", "loss"), Value(after, "wan0", "loss"));
        probes.Fault = null;
        Await(_ => examiner.Faults.Count == 0);
        Assert.Equal(["icmp 192.0.2.1 by wan0: Network is unreachable", "none"], faults);
    }

    [Fact]
    public void Answers_that_are_no_good_take_a_path_down_and_say_why_whatever_real_traffic_hears()
    {
        examiner.Examine(new([Path("wan0")]));
        Await(set => Value(set, "wan0", "rtt")?.Samples > 3);
        Assert.Null(Value(Await(_ => true), "wan0", "probe.finding/ip4"));
        probes.Finding = "captive portal: 302";
        Await(set => Value(set, "wan0", "probe.finding/ip4") is not null);
        var down = Await(set =>
        {
            // A portal acknowledges what users send, too.
            examiner.Heard(new("ip", "wan0"), IpFamily.V4, TimeProvider.System.GetUtcNow());
            return !Value(set, "wan0", PathCharacteristics.Up4)!.Value.Flag;
        });
        Assert.Equal("icmp 192.0.2.1 by wan0: captive portal: 302", Value(down, "wan0", "probe.finding/ip4")!.Value.Word);
        Assert.Empty(examiner.Faults);
        probes.Finding = null;
        Await(set => Value(set, "wan0", PathCharacteristics.Up4)!.Value.Flag && Value(set, "wan0", "probe.finding/ip4") is null);
        Assert.Equal(["icmp 192.0.2.1 by wan0: captive portal: 302", "none"], findings);
    }

    [Fact]
    public void A_socket_that_could_not_be_opened_is_opened_later()
    {
        probes.Refuses = true;
        examiner.Examine(new([Path("wan0")]));
        Await(_ => examiner.Faults.ContainsKey(new("ip", "wan0")));
        Assert.Contains("cannot open a socket for fake on wan0", examiner.Faults[new("ip", "wan0")], StringComparison.Ordinal);
        probes.Refuses = false;
        Await(set => Value(set, "wan0", "rtt") is not null && examiner.Faults.Count == 0);
    }

    [Fact]
    public void What_is_configured_goes_before_what_is_measured()
    {
        configured["rtt"] = new(CharacteristicValue.Of(7.0), default, 0, "node file");
        configured["label/site"] = new(CharacteristicValue.Of("home"), default, 0, "node file");
        examiner.Examine(new([Path("wan0")]));
        var set = Await(one => Value(one, "wan0", "delay") is not null);
        Assert.Equal((7, "home"), (Value(set, "wan0", "rtt")!.Value.Number, Value(set, "wan0", "label/site")!.Value.Word));
    }

    [Fact]
    public void Trains_are_sent_as_often_as_is_said_and_no_oftener_whatever_changes()
    {
        settings = settings with { TrainEvery = TimeSpan.FromMinutes(10) };
        examiner.Examine(new([Path("wan0")]));
        Assert.Equal((8e6, "train"), (Math.Round(Value(Await(one => Value(one, "wan0", "bandwidth.up") is not null), "wan0", "bandwidth.up")!.Value.Number), Value(Last(), "wan0", "bandwidth.up")!.Source));
        settings = settings with { UpAfter = 7 };
        examiner.Examine(new([Path("wan0")]));
        After(rounds: 5);
        examiner.Examine(new([Path("wan0", gateway: "192.0.2.254")]));
        After(rounds: 5);
        // By another network it is unknown, and the next train has its time.
        Assert.Equal((1, null), (probes.Trains, Value(Last(), "wan0", "bandwidth.up")));
        configured["bandwidth.up"] = new(CharacteristicValue.Of(7.0), default, 0, "node file");
        Await(one => Value(one, "wan0", "bandwidth.up")?.Source == "node file");
    }

    [Fact]
    public void Without_a_word_of_them_no_trains_are_sent()
    {
        examiner.Examine(new([Path("wan0")]));
        After(rounds: 10);
        Assert.Equal(0, probes.Trains);
    }

    [Fact]
    public void What_others_tell_stands_in_where_no_probe_speaks_and_is_replaced_as_a_whole()
    {
        examiner.Examine(new([Path("wan0")]));
        Await(set => Value(set, "wan0", "rtt")?.Source == "fake");
        Tell("wan0", ("rtt", 7), ("signal", -60));
        var set = Await(one => Value(one, "wan0", "signal") is not null);
        Assert.Equal("fake", Value(set, "wan0", "rtt")!.Source);
        Tell("gone", ("signal", -60));
        Assert.Null(Value(Await(one => Value(one, "wan0", "signal") is null), "gone", "signal"));

        void Tell(string path, params (string Name, double Value)[] values) => examiner.Tell("traffic", new Dictionary<PathId, IReadOnlyList<KeyValuePair<string, Measured>>>
        {
            [new("ip", path)] = [.. values.Select(one => KeyValuePair.Create(one.Name, new Measured(CharacteristicValue.Of(one.Value), default, 0, "connections")))],
        });
    }

    [Fact]
    public void Another_network_by_the_same_device_is_measured_anew_and_another_address_is_not()
    {
        examiner.Examine(new([Path("wan0")]));
        Await(set => Value(set, "wan0", "rtt")?.Samples > 3);
        examiner.Examine(new([Path("wan0", locator: "192.0.2.11")]));
        Assert.NotNull(Value(Last(), "wan0", "rtt"));
        var opened = probes.Opened;
        examiner.Examine(new([Path("wan0", gateway: "192.0.2.254")]));
        Assert.Null(Value(Last(), "wan0", "rtt"));
        Assert.Equal(opened + 1, probes.Opened);
        examiner.Examine(PathSet.Empty);
        Assert.Empty(Last().Paths);
    }

    [Fact]
    public void A_path_that_is_down_stays_down_when_the_settings_change()
    {
        examiner.Examine(new([Path("wan0")]));
        Await(set => Value(set, "wan0", "rtt")?.Samples > 3);
        probes.Delay = null;
        Await(set => !Value(set, "wan0", PathCharacteristics.Up4)!.Value.Flag);
        settings = settings with { DownAfter = 1 };
        examiner.Examine(new([Path("wan0")]));
        Assert.False(Value(Last(), "wan0", PathCharacteristics.Up4)!.Value.Flag);
    }

    [Fact]
    public void Probes_carry_the_mark_of_the_moment()
    {
        examiner.Examine(new([Path("wan0")]));
        Await(_ => probes.LastMark == 5);
        mark = 9;
        Await(_ => probes.LastMark == 9);
        Assert.Equal(1, probes.Opened);
    }

    [Fact]
    public void Only_the_percentiles_that_are_wanted_are_told()
    {
        ranks = [75];
        examiner.Examine(new([Path("wan0")]));
        var set = Await(one => Value(one, "wan0", "rtt.p75") is not null && Value(one, "wan0", "delay.p75") is not null);
        Assert.Null(Value(set, "wan0", "rtt.p50"));
    }

    [Fact]
    public void What_a_protocol_measures_anyway_counts_too()
    {
        settings = settings with { Targets = [] };
        examiner.Examine(new([Path("wan0")]));
        Assert.Null(Value(Last(), "wan0", "rtt"));
        examiner.Observe(new("ip", "wan0"), "subflow 3", "mptcp", new(TimeProvider.System.GetUtcNow(), TimeSpan.FromMilliseconds(33), null));
        examiner.Observe(new("ip", "gone"), "subflow 3", "mptcp", new(TimeProvider.System.GetUtcNow(), TimeSpan.FromMilliseconds(33), null));
        var set = Last();
        var rtt = Value(set, "wan0", "rtt")!;
        Assert.Equal((0.033, "mptcp"), (rtt.Value.Number, rtt.Source));
        Assert.Null(Value(set, "wan0", PathCharacteristics.Up4));
    }

    private CharacteristicsSet After(int rounds)
    {
        var asked = probes.Asked;
        return Await(_ => probes.Asked > asked + rounds);
    }

    private static Path Path(string device, string locator = "192.0.2.10", string gateway = "192.0.2.1") => new()
    {
        Id = new("ip", device),
        Name = device,
        Device = device,
        Halves = [new() { Family = IpFamily.V4, Locators = [IpAddress.Parse(locator)], Gateway = IpAddress.Parse(gateway) }],
    };

    private static Measured? Value(CharacteristicsSet set, string device, string name) => set.Of(new("ip", device)).TryGet(name, out var value) ? value : null;

    /// <summary>The newest snapshot.</summary>
    private CharacteristicsSet Last()
    {
        var last = Await(_ => true);
        while (snapshots.TryTake(out var later))
        {
            last = later;
        }
        return last;
    }

    private CharacteristicsSet Await(Func<CharacteristicsSet, bool> fits, TimeSpan? atMost = null)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(atMost ?? TimeSpan.FromSeconds(20));
        foreach (var set in snapshots.GetConsumingEnumerable(patience.Token))
        {
            if (fits(set))
            {
                return set;
            }
        }
        throw new InvalidOperationException("No snapshot fits.");
    }

    private sealed class FakeProbeKind : IProbeKind
    {
        private int asked;
        private int opened;

        /// <summary>How long answers take; null: none come.</summary>
        public TimeSpan? Delay { get; set; } = TimeSpan.FromMilliseconds(1);

        public string? Fault { get; set; }

        public string? Finding { get; set; }

        public bool Refuses { get; set; }

        public int Asked => asked;

        public int Opened => opened;

        public int Trains { get; private set; }

        public uint LastMark { get; private set; }

        public string Name => "fake";

        public bool Takes(ProbeTarget target) => true;

        public int BytesOf(ProbeTarget target, IpFamily family) => 72;

        public IProbe Open(IpFamily family, string device, ulong seed)
        {
            Interlocked.Increment(ref opened);
            return Refuses ? throw new SocketException((int)SocketError.NoData) : new Probe(this);
        }

        private sealed class Probe(FakeProbeKind kind) : ITrainProbe
        {
            public uint Mark { get; set; }

            public async Task<ProbeResult> ProbeAsync(ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken)
            {
                Interlocked.Increment(ref kind.asked);
                kind.LastMark = Mark;
                var sentAt = TimeProvider.System.GetUtcNow();
                if (kind.Fault is { } fault)
                {
                    return new(sentAt, null, fault);
                }
                if (kind.Finding is { } finding)
                {
                    return new(sentAt, null, null) { Finding = finding };
                }
                var answer = kind.Delay;
                await Task.Delay(answer is { } soon && soon < timeout ? soon : timeout, cancellationToken);
                return new(sentAt, answer < timeout ? answer : null, null);
            }

            public Task<PacketTrain?> SendTrainAsync(ProbeTarget target, int packets, TimeSpan timeout, CancellationToken cancellationToken)
            {
                kind.Trains++;
                // 1000 bytes each millisecond.
                return Task.FromResult<PacketTrain?>(new(1000, Enumerable.Range(0, packets).Select(i => (i, At: TimeSpan.FromMilliseconds(i))).Select(one => new TrainPacket(one.i, TimeSpan.Zero, one.At, one.At, one.At)).ToEquatableArray()));
            }

            public void Dispose()
            {
            }
        }
    }
}
