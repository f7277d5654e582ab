using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathExamination.BfdSessions;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.SystemTests.PathExamination;

/// <summary>
/// Sessions with FRR's bfdd across a switch that can be cut, so that both ends keep their carrier:
/// <code>
///   node wan0 192.0.2.10 ---- s0 [switch] s1 ---- far0 192.0.2.1 far, 198.51.100.7 beyond it
/// </code>
/// </summary>
public sealed class BfdTests : IAsyncDisposable
{
    private static readonly PathId Id = new("ip", "wan0");
    private readonly TestNamespace node = new("node");
    private readonly TestNamespace between = new("switch");
    private readonly TestNamespace far = new("far");
    private readonly BlockingCollection<CharacteristicsSet> snapshots = [];
    private readonly List<BfdPeer> peers = [];
    private readonly PacketThread thread = new(TimeProvider.System, "probes");
    private PathExaminer? examiner;

    public BfdTests()
    {
        node.Connect("wan0", between, "s0");
        far.Connect("far0", between, "s1");
        between.Ip("link add br0 type bridge forward_delay 0 mcast_snooping 0");
        between.Ip("link set br0 up");
        between.Ip("link set s0 master br0");
        between.Ip("link set s1 master br0");
        node.Ip("addr add 192.0.2.10/24 dev wan0");
        node.Ip("addr add 2001:db8:1::10/64 dev wan0 nodad");
        far.Ip("addr add 192.0.2.1/24 dev far0");
        far.Ip("addr add 2001:db8:1::1/64 dev far0 nodad");
    }

    public async ValueTask DisposeAsync()
    {
        if (examiner is not null)
        {
            await examiner.DisposeAsync();
        }
        thread.Dispose();
        peers.ForEach(peer => peer.Dispose());
        node.Dispose();
        between.Dispose();
        far.Dispose();
        snapshots.Dispose();
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void A_session_comes_up_falls_with_the_path_and_comes_back(IpFamily family)
    {
        var peer = Peer(family, "receive-interval 60", "transmit-interval 70");
        Examine(family, $"bfd {Far(family)}", TimeSpan.FromMilliseconds(50));
        Await(IsUp(family, true));
        peer.Await("status", "up");
        // What each end asks for has arrived when the polls that follow are over.
        peer.Await("remote-transmit-interval", "50");
        peer.Await("remote-receive-interval", "50");
        peer.Await("remote-detect-multiplier", "3");

        var cut = Stopwatch.StartNew();
        between.Ip("link set s1 nomaster");
        Await(IsUp(family, false));
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{family}: down {cut.ElapsedMilliseconds} ms after the command that cut the path, of 3 x 70 ms"));
        peer.Await("status", "down");
        Assert.Equal("control detection time expired", peer.Session.GetProperty("diagnostic").GetString());

        between.Ip("link set s1 master br0");
        Await(IsUp(family, true));
        peer.Await("status", "up");
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void A_peer_that_its_administrator_shuts_down_downs_no_path(IpFamily family)
    {
        var peer = Peer(family, "receive-interval 500", "transmit-interval 500");
        Examine(family, $"bfd {Far(family)}", TimeSpan.FromMilliseconds(500));
        Await(IsUp(family, true));
        peer.Configure(Line(family), "shutdown");
        var withdrawn = Through(family, set => Up(set, family)!.IsEstimated);
        peer.Await("status", "shutdown");
        peer.Configure(Line(family), "no shutdown");
        var back = Through(family, set => !Up(set, family)!.IsEstimated);
        Assert.All(withdrawn.Concat(back), set => Assert.True(Up(set, family)!.Value.Flag));
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task Who_stops_says_so(IpFamily family)
    {
        var peer = Peer(family, "receive-interval 500", "transmit-interval 500");
        Examine(family, $"bfd {Far(family)}", TimeSpan.FromMilliseconds(500));
        Await(IsUp(family, true));
        peer.Await("status", "up");
        await examiner!.DisposeAsync();
        peer.Await("status", "down");
        Assert.Equal("administratively down", peer.Session.GetProperty("remote-diagnostic").GetString());
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void A_session_over_several_hops_comes_up_and_falls(IpFamily family)
    {
        var (beyond, number) = family == IpFamily.V4 ? ("198.51.100.7", 4) : ("2001:db8:9::7", 6);
        far.Ip($"addr add {beyond} dev lo");
        node.Ip($"-{number} route add default via {Far(family)} dev wan0");
        var peer = Start($"peer {Near(family)} multihop local-address {beyond}", "receive-interval 60", "transmit-interval 60");
        Examine(family, $"bfd {beyond} multihop", TimeSpan.FromMilliseconds(50));
        Await(IsUp(family, true));
        peer.Await("status", "up");
        between.Ip("link set s1 nomaster");
        Await(IsUp(family, false));
        peer.Await("status", "down");
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void A_peer_that_dies_downs_no_path_by_which_others_are_reached(IpFamily family)
    {
        var peer = Peer(family, "receive-interval 100", "transmit-interval 100");
        Examine(family, $"bfd {Far(family)}; icmp {Far(family)}; down after 10", TimeSpan.FromMilliseconds(100));
        Await(set => Up(set, family) is { IsEstimated: false, Samples: > 5 });
        peer.Await("status", "up");
        peer.Kill();
        // Ten detection times.
        var after = Up(Await(_ => true), family)!.At;
        var seen = Through(family, set => Up(set, family)!.At > after + TimeSpan.FromSeconds(10));
        Assert.All(seen, set => Assert.True(Up(set, family)!.Value.Flag));
    }

    [Theory]
    [InlineData(IpFamily.V4, "ip ttl set 254")]
    [InlineData(IpFamily.V6, "ip6 hoplimit set 254")]
    public void What_has_come_from_further_away_than_the_link_is_not_heard(IpFamily family, string change)
    {
        far.Run("nft add table inet far");
        far.Run("nft 'add chain inet far out { type filter hook output priority 0; }'");
        far.Run($"nft 'add rule inet far out udp dport 3784 {change}'");
        var peer = Peer(family, "receive-interval 100", "transmit-interval 100");
        Examine(family, $"bfd {Far(family)}", TimeSpan.FromMilliseconds(50));
        // It hears us, and waits for more; we do not hear it, and nobody has been heard for three seconds.
        peer.Await("status", "init");
        Await(IsUp(family, false));
        far.Run("nft delete table inet far");
        Await(IsUp(family, true));
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void A_firewall_that_keeps_packets_in_is_a_fault_and_no_silence(IpFamily family)
    {
        var peer = Peer(family, "receive-interval 100", "transmit-interval 100");
        Examine(family, $"bfd {Far(family)}", TimeSpan.FromMilliseconds(300));
        Await(IsUp(family, true));
        peer.Await("status", "up");
        node.Run("nft add table inet wall");
        node.Run("nft 'add chain inet wall out { type filter hook output priority 0; }'");
        node.Run("nft add rule inet wall out udp dport 3784 drop");
        var kept = Through(family, _ => examiner!.Faults.ContainsKey(Id));
        Assert.Equal($"bfd {Far(family)} by wan0: kept in by this host's firewall or a prohibiting route", examiner!.Faults[Id]);
        // The peer hears nothing more, and says so.
        peer.Await("status", "down");
        node.Run("nft delete table inet wall");
        var back = Through(family, set => examiner!.Faults.Count == 0 && IsUp(family, true)(set));
        Assert.All(kept.Concat(back), set => Assert.True(Up(set, family)!.Value.Flag));
    }

    [Fact]
    public void A_session_goes_on_while_the_rest_of_the_process_stands_still_and_collects_garbage()
    {
        var peer = Peer(IpFamily.V4, "receive-interval 300", "transmit-interval 300");
        Examine(IpFamily.V4, "bfd 192.0.2.1", TimeSpan.FromMilliseconds(300));
        Await(IsUp(IpFamily.V4, true));
        peer.Await("status", "up");
        var (downs, heard) = (peer.Counter("session-down"), peer.Counter("control-packet-input"));
        using var release = new ManualResetEventSlim();
        using var done = new CountdownEvent(1000);
        for (var i = 0; i < done.InitialCount; i++)
        {
            ThreadPool.QueueUserWorkItem(_ =>
            {
                release.Wait(TestContext.Current.CancellationToken);
                done.Signal();
            });
        }
        try
        {
            // Six detection times, without a thread of the pool for anybody.
            while (peer.Counter("control-packet-input") < heard + 18)
            {
                GC.Collect();
            }
            Assert.Equal(downs, peer.Counter("session-down"));
        }
        finally
        {
            release.Set();
            done.Wait(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void A_port_that_another_program_has_is_named()
    {
        // The same program on this node, for whatever it is there.
        peers.Add(new(node, "peer 192.0.2.99 local-address 192.0.2.10"));
        Assert.Equal("another program has UDP port 3784; have it or this node's file leave BFD to the other", Refusal("192.0.2.1", isMultihop: false));
        Assert.Equal("another program has UDP port 4784; have it or this node's file leave BFD to the other", Refusal("2001:db8:1::1", isMultihop: true));
    }

    [Fact]
    public void A_target_without_a_route_is_refused() => Assert.StartsWith("Network is unreachable", Refusal("2001:db8:9::9", isMultihop: true), StringComparison.Ordinal);

    private string Refusal(string target, bool isMultihop) => node.Network.Run(() =>
    {
        var address = IpAddress.Parse(target);
        var half = new PathHalf { Family = address.Family, Locators = [IpAddress.Parse(Near(address.Family))] };
        var watched = new WatchedTarget(new ProbeTarget.Bfd(address, isMultihop, null), "wan0", half, ProbeSettings.Default, 1);
        return Assert.Throws<SocketException>(() => new BfdLivenessKind(TimeProvider.System).Open(watched, 0, () => { })).Message;
    });

    private static string Near(IpFamily family) => family == IpFamily.V4 ? "192.0.2.10" : "2001:db8:1::10";

    private static string Far(IpFamily family) => family == IpFamily.V4 ? "192.0.2.1" : "2001:db8:1::1";

    private static string Line(IpFamily family) => $"peer {Near(family)} local-address {Far(family)}";

    private static Measured? Up(CharacteristicsSet set, IpFamily family) => set.Of(Id).TryGet(PathCharacteristics.Up(family), out var up) ? up : null;

    private static Func<CharacteristicsSet, bool> IsUp(IpFamily family, bool wanted) => set => Up(set, family) is { IsEstimated: false } up && up.Value.Flag == wanted;

    private BfdPeer Peer(IpFamily family, params string[] lines) => Start([Line(family), .. lines]);

    private BfdPeer Start(params string[] lines)
    {
        var peer = new BfdPeer(far, lines);
        peers.Add(peer);
        return peer;
    }

    /// <summary>Examines a path of one family as a node file says.</summary>
    private void Examine(IpFamily family, string targets, TimeSpan every)
    {
        var node = Nodes.NodeLanguage.Parse($"probe default {{ {targets}; every {every.TotalMilliseconds} ms; }}", "node.way");
        Assert.Empty(node.Diagnostics);
        var settings = node.File!.ProbesOf("wan0");
        this.node.Network.Run(() =>
        {
            examiner = new(new(_ => settings, _ => new Dictionary<string, Measured>(), _ => 0x1000000), snapshots.Add, thread, Environment.TickCount);
            examiner.Examine(new(
            [
                new()
                {
                    Id = Id,
                    Name = "wan0",
                    Device = "wan0",
                    DeviceIndex = 1,
                    Halves = [new() { Family = family, Locators = [IpAddress.Parse(Near(family))] }],
                },
            ]));
        });
    }

    /// <summary>All snapshots that know of the family until one that fits.</summary>
    private List<CharacteristicsSet> Through(IpFamily family, Func<CharacteristicsSet, bool> fits)
    {
        var seen = new List<CharacteristicsSet>();
        Await(set =>
        {
            if (Up(set, family) is null)
            {
                return false;
            }
            seen.Add(set);
            return fits(set);
        });
        return seen;
    }

    private CharacteristicsSet Await(Func<CharacteristicsSet, bool> fits)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        foreach (var set in snapshots.GetConsumingEnumerable(patience.Token))
        {
            if (fits(set))
            {
                return set;
            }
        }
        throw new InvalidOperationException("No snapshot fits.");
    }
}
