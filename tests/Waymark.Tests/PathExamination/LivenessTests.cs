using System.Collections.Concurrent;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Tests.PathExamination;

/// <summary>The examiner with conversations that claim what a test says, alone and beside probes; on the real clock. Rounds are far apart: what is quick was not told by them.</summary>
public sealed class LivenessTests : IAsyncDisposable
{
    private static readonly PathId Id = new("ip", "wan0");
    private static readonly ProbeTarget One = new ProbeTarget.Bfd(IpAddress.Parse("192.0.2.1"), IsMultihop: false, null);
    private static readonly ProbeTarget Two = new ProbeTarget.Bfd(IpAddress.Parse("192.0.2.2"), IsMultihop: false, null);
    private static readonly ProbeTarget Echo = new ProbeTarget.Icmp(IpAddress.Parse("192.0.2.3"));
    private readonly BlockingCollection<CharacteristicsSet> snapshots = [];
    private readonly FakeLiveness liveness = new();
    private readonly FakeEcho echo = new();
    private readonly PacketThread thread = new(TimeProvider.System, "probes");
    private PathExaminer? examiner;
    private ProbeSettings settings = new() { Targets = [One], AreTargetsNamed = true, Every = TimeSpan.FromHours(1), DownAfter = 3, UpAfter = 5 };

    public async ValueTask DisposeAsync()
    {
        await examiner!.DisposeAsync();
        thread.Dispose();
        Assert.All(liveness.Sessions.Values, session => Assert.True(session.IsEnded));
        snapshots.Dispose();
    }

    /// <summary>So many snapshots take well less than the 3 s after which the silence of a conversation counts: what is measured is told five times a second.</summary>
    private const int AtFirst = 3;

    [Fact]
    public void Alone_a_path_falls_with_its_conversation_at_once_and_comes_back_with_it_at_once()
    {
        Examine();
        liveness.Claim(One, LivenessClaim.Alive);
        Assert.Equal("bfd", Await(IsUp(true)).Of(Id).TryGet(PathCharacteristics.Up4, out var up) && !up.IsEstimated ? up.Source : null);
        liveness.Claim(One, LivenessClaim.Silent);
        Await(IsUp(false));
        liveness.Claim(One, LivenessClaim.Alive);
        Await(IsUp(true));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void One_dead_peer_of_two_downs_no_path_unless_both_are_needed(int need, bool isUp)
    {
        settings = settings with { Targets = [One, Two], Need = need };
        Examine();
        liveness.Claim(One, LivenessClaim.Alive);
        Await(set => Up(set) is { Samples: 1 });
        liveness.Claim(Two, LivenessClaim.Alive);
        Assert.True(IsUp(true)(Await(set => Up(set) is { Samples: 2 })));
        liveness.Claim(Two, LivenessClaim.Silent);
        Assert.True(IsUp(isUp)(Await(set => Up(set) is { Samples: 3 })));
    }

    [Fact]
    public void Beside_a_probe_that_is_answered_a_dead_peer_downs_no_path()
    {
        settings = settings with { Targets = [One, Echo], Every = TimeSpan.FromMilliseconds(300), DownAfter = 1 };
        Examine();
        liveness.Claim(One, LivenessClaim.Alive);
        var rounds = Up(Await(set => Up(set) is { IsEstimated: false, Samples: > 2 }))!.Samples;
        liveness.Claim(One, LivenessClaim.Silent);
        for (var i = 1; i <= 5; i++)
        {
            Assert.True(IsUp(true)(Await(set => Up(set)!.Samples >= rounds + i)));
        }
    }

    [Fact]
    public void Beside_a_probe_that_is_not_answered_a_dead_peer_downs_the_path_by_one_round()
    {
        settings = settings with { Targets = [One, Echo], Every = TimeSpan.FromMilliseconds(300), DownAfter = 1000 };
        Examine();
        liveness.Claim(One, LivenessClaim.Alive);
        Await(set => Up(set) is { IsEstimated: false, Samples: > 2 });
        echo.Answers = false;
        // Rounds that only the conversation answers are good.
        Await(set => Up(set)!.Value.Flag && Up(set)!.Samples > 5);
        liveness.Claim(One, LivenessClaim.Silent);
        // A thousand silent rounds would take longer than anybody waits.
        Await(IsUp(false));
    }

    [Fact]
    public void Who_withdraws_downs_no_path_and_takes_nothing_back_when_it_returns()
    {
        settings = settings with { Every = TimeSpan.FromMilliseconds(20) };
        Examine();
        liveness.Claim(One, LivenessClaim.Alive);
        Await(IsUp(true));
        liveness.Claim(One, LivenessClaim.None);
        Await(set => Up(set) is { IsEstimated: true } up && up.Value.Flag);
        // Back, but not yet up: that takes a second or more, and is no failure.
        liveness.Claim(One, LivenessClaim.Silent);
        for (var i = 0; i < AtFirst; i++)
        {
            Assert.True(IsUp(true)(Await(_ => true)));
        }
        liveness.Claim(One, LivenessClaim.Alive);
        Await(set => Up(set) is { IsEstimated: false } up && up.Value.Flag);
    }

    [Fact]
    public void A_path_that_is_down_is_the_links_matter_again_when_everybody_has_withdrawn()
    {
        Examine();
        liveness.Claim(One, LivenessClaim.Alive);
        Await(IsUp(true));
        liveness.Claim(One, LivenessClaim.Silent);
        Await(IsUp(false));
        liveness.Claim(One, LivenessClaim.None);
        Await(set => Up(set) is { IsEstimated: true } up && up.Value.Flag);
    }

    [Fact]
    public void Who_was_never_heard_is_silence_after_three_seconds_and_not_before()
    {
        settings = settings with { Every = TimeSpan.FromMilliseconds(20) };
        var began = TimeProvider.System.GetUtcNow();
        Examine();
        var down = Up(Await(IsUp(false)))!;
        Assert.InRange(down.At - began, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void A_path_that_was_up_in_an_earlier_life_is_not_down_before_its_conversation_can_have_begun()
    {
        settings = settings with { Every = TimeSpan.FromMilliseconds(20) };
        Examine(new KnownReachability(Id, IpFamily.V4, null, IsUp: true, TimeProvider.System.GetUtcNow(), "bfd"));
        for (var i = 0; i < AtFirst; i++)
        {
            Assert.True(IsUp(true)(Await(_ => true)));
        }
        liveness.Claim(One, LivenessClaim.Alive);
        Await(set => Up(set) is { Samples: > 3 } up && up.Value.Flag);
    }

    [Fact]
    public void What_cannot_be_opened_or_sent_is_a_fault_and_no_silence()
    {
        settings = settings with { Every = TimeSpan.FromMilliseconds(20) };
        liveness.Refuses = true;
        Examine();
        Await(_ => examiner!.Faults.Count == 1);
        Assert.Equal("cannot open a socket for bfd 192.0.2.1 on wan0: UDP port 3784 is taken", examiner!.Faults[Id]);
        liveness.Refuses = false;
        Await(_ => examiner!.Faults.Count == 0);
        liveness.Claim(One, LivenessClaim.Alive);
        Await(IsUp(true));
        liveness.Claim(One, LivenessClaim.Silent, "Network is unreachable");
        Await(_ => examiner!.Faults.Count == 1);
        Assert.Equal("bfd 192.0.2.1 by wan0: Network is unreachable", examiner!.Faults[Id]);
        Assert.True(IsUp(true)(Await(_ => true)));
    }

    [Fact]
    public void Another_address_of_the_path_is_another_conversation()
    {
        Examine();
        var first = liveness.Sessions[One];
        examiner!.Examine(new([Path("192.0.2.11")]));
        Assert.True(first.IsEnded);
        Assert.Equal("192.0.2.11", liveness.Sessions[One].Watched.Half.Locators[0].ToString());
    }

    private static Measured? Up(CharacteristicsSet set) => set.Of(Id).TryGet(PathCharacteristics.Up4, out var up) ? up : null;

    private static Func<CharacteristicsSet, bool> IsUp(bool wanted) => set => Up(set)?.Value.Flag == wanted;

    private static Path Path(string locator = "192.0.2.10") =>
        new() { Id = Id, Name = "wan0", Device = "wan0", Halves = [new() { Family = IpFamily.V4, Locators = [IpAddress.Parse(locator)] }] };

    private void Examine(params KnownReachability[] known)
    {
        examiner = new(
            new(_ => settings, _ => new Dictionary<string, Measured>(), _ => 5) { Kinds = [echo], LivenessKinds = [liveness], Known = known.ToEquatableArray() },
            snapshots.Add,
            thread,
            seed: 1);
        examiner.Examine(new([Path()]));
    }

    private CharacteristicsSet Await(Func<CharacteristicsSet, bool> fits)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        foreach (var set in snapshots.GetConsumingEnumerable(patience.Token))
        {
            if (fits(set))
            {
                return set;
            }
        }
        throw new InvalidOperationException("No snapshot fits.");
    }

    private sealed class FakeLiveness : ILivenessKind
    {
        public ConcurrentDictionary<ProbeTarget, Session> Sessions { get; } = new();

        public bool Refuses { get; set; }

        public string Name => "bfd";

        public bool Takes(ProbeTarget target) => target is ProbeTarget.Bfd;

        public ILivenessSession Open(WatchedTarget watched, uint mark, Action changed) =>
            Refuses ? throw new SocketException((int)SocketError.AddressAlreadyInUse, "UDP port 3784 is taken") : Sessions[watched.Target] = new(watched, changed) { Mark = mark };

        public void Claim(ProbeTarget target, LivenessClaim claim, string? fault = null)
        {
            Sessions[target].Claim = claim;
            Sessions[target].Fault = fault;
            Sessions[target].Changed();
        }

        public sealed class Session(WatchedTarget watched, Action changed) : ILivenessSession
        {
            public WatchedTarget Watched { get; } = watched;

            public Action Changed { get; } = changed;

            public uint Mark { get; set; }

            public LivenessClaim Claim { get; set; } = LivenessClaim.Silent;

            public string? Fault { get; set; }

            public bool IsEnded { get; private set; }

            public void Dispose() => IsEnded = true;
        }
    }

    private sealed class FakeEcho : IProbeKind
    {
        private int asked;

        public bool Answers { get; set; } = true;

        public int Asked => asked;

        public string Name => "icmp";

        public bool Takes(ProbeTarget target) => target is ProbeTarget.Icmp;

        public int BytesOf(ProbeTarget target, IpFamily family) => 72;

        public IProbe Open(IpFamily family, string device, ulong seed) => new Probe(this);

        private sealed class Probe(FakeEcho kind) : IProbe
        {
            public uint Mark { get; set; }

            public async Task<ProbeResult> ProbeAsync(ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken)
            {
                var sentAt = TimeProvider.System.GetUtcNow();
                Interlocked.Increment(ref kind.asked);
                if (kind.Answers)
                {
                    return new(sentAt, TimeSpan.FromMilliseconds(1), null);
                }
                await Task.Delay(timeout, cancellationToken);
                return new(sentAt, null, null);
            }

            public void Dispose()
            {
            }
        }
    }
}
