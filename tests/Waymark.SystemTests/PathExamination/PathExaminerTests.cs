using System.Collections.Concurrent;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.SystemTests.PathExamination;

public sealed class PathExaminerTests : IAsyncDisposable
{
    private static readonly PathId Id = new("ip", "wan0");
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(50);
    private readonly TestNamespace node = new("node");
    private readonly TestNamespace far = new("far");
    private readonly BlockingCollection<CharacteristicsSet> snapshots = [];
    private readonly DateTimeOffset started = TimeProvider.System.GetUtcNow();
    private readonly PacketThread thread = new(TimeProvider.System, "probes");
    private PathExaminer? examiner;
    private uint mark;

    public PathExaminerTests()
    {
        node.Connect("wan0", far, "far0");
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
        node.Dispose();
        far.Dispose();
        snapshots.Dispose();
    }

    [Theory]
    [InlineData(IpFamily.V4, "192.0.2.1")]
    [InlineData(IpFamily.V6, "2001:db8:1::1")]
    public void A_path_is_measured_falls_silent_and_comes_back(IpFamily family, string target)
    {
        Examine(family, [target]);
        var up = PathCharacteristics.Up(family);
        var measured = Await(set => set.Of(Id).TryGet("rtt", out var rtt) && rtt.Samples > 5);
        Assert.True(measured.Of(Id).TryGet("rtt", out var roundTrip) && roundTrip.Value.Number is > 0 and < 0.1, "a veth's round trip is below 100 ms");
        Assert.True(measured.Of(Id).TryGet("loss", out var loss) && loss.Value.Number == 0);
        Assert.True(measured.Of(Id).TryGet(up, out var isUp) && isUp.Value.Flag && !isUp.IsEstimated);

        // Silence with the carrier still there: the far end drops what it gets.
        far.Run("nft add table inet silent");
        far.Run("nft 'add chain inet silent in { type filter hook input priority 0; policy accept; }'");
        far.Run("nft add rule inet silent in icmp type echo-request drop");
        far.Run("nft add rule inet silent in icmpv6 type echo-request drop");
        Await(set => set.Of(Id).TryGet(up, out var state) && !state.Value.Flag);
        Await(set => set.Of(Id).TryGet("loss", out var lost) && lost.Value.Number > 0.2);
        far.Run("nft delete table inet silent");
        Await(set => set.Of(Id).TryGet(up, out var state) && state.Value.Flag);
    }

    [Theory]
    [InlineData(IpFamily.V4, "192.0.2.1", "192.0.2.99")]
    [InlineData(IpFamily.V6, "2001:db8:1::1", "2001:db8:1::99")]
    public void One_dead_target_of_two_downs_no_path(IpFamily family, string alive, string dead)
    {
        Examine(family, [alive, dead]);
        var later = Await(set => set.Of(Id).TryGet(PathCharacteristics.Up(family), out var state) && state.Samples >= 10);
        Assert.True(later.Of(Id).TryGet(PathCharacteristics.Up(family), out var isUp) && isUp.Value.Flag);
    }

    [Theory]
    [InlineData(IpFamily.V4, "192.0.2.99")]
    [InlineData(IpFamily.V6, "2001:db8:1::99")]
    public void A_target_that_has_never_answered_says_nothing(IpFamily family, string dead)
    {
        Examine(family, [dead]);
        var last = Await(set => set.Of(Id).TryGet(PathCharacteristics.Up(family), out var up) && up.At > started.AddSeconds(2));
        Assert.True(last.Of(Id).TryGet(PathCharacteristics.Up(family), out var isUp) && isUp.Value.Flag && isUp.IsEstimated);
        Assert.False(last.Of(Id).TryGet("loss", out _));
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void Probes_leave_by_their_device_with_their_mark_though_another_route_is_better(IpFamily family)
    {
        var target = family == IpFamily.V4 ? "198.51.100.7" : "2001:db8:9::7";
        var number = family == IpFamily.V4 ? 4 : 6;
        node.Connect("wan1", far, "far1");
        node.Ip(family == IpFamily.V4 ? "addr add 203.0.113.10/24 dev wan1" : "addr add 2001:db8:2::10/64 dev wan1 nodad");
        far.Ip($"addr add {target} dev lo");
        // The system would go by wan1; the mark leads to the path's own table.
        node.Ip($"-{number} route add default dev wan1 metric 1");
        node.Ip($"-{number} route add default via {(family == IpFamily.V4 ? "192.0.2.1" : "2001:db8:1::1")} dev wan0 table 27101");
        node.Ip($"-{number} rule add fwmark 0x1000000/0x3f000000 table 27101");
        far.Ip($"-{number} route add default dev far1");
        node.Run("nft add table inet count");
        node.Run("nft 'add chain inet count out { type filter hook output priority 0; }'");
        foreach (var wrong in new[] { "oifname wan1", "oifname wan0 mark != 0x1000000" })
        {
            node.Run($"nft add rule inet count out {wrong} icmp type echo-request counter drop");
            node.Run($"nft add rule inet count out {wrong} icmpv6 type echo-request counter drop");
        }
        mark = 0x1000000;
        Examine(family, [target]);
        Await(set => set.Of(Id).TryGet("rtt", out var rtt) && rtt.Samples > 5);
        Assert.Equal(4, node.Run("nft list table inet count").Split("counter packets 0 ").Length - 1);
        Assert.Empty(examiner!.Faults);
    }

    [Theory]
    [InlineData(IpFamily.V4, "192.0.2.1")]
    [InlineData(IpFamily.V6, "2001:db8:1::1")]
    public void A_neighbour_that_no_longer_answers_for_its_address_is_silence(IpFamily family, string target)
    {
        Examine(family, [target]);
        Await(set => set.Of(Id).TryGet("rtt", out var rtt) && rtt.Samples > 3);
        far.Ip("addr flush dev far0");
        node.Ip("neigh flush dev wan0");
        Await(set => IsUp(set, PathCharacteristics.Up(family)) == false);
        Assert.Empty(examiner!.Faults);
        far.Ip($"addr add {target}/{(family == IpFamily.V4 ? "24" : "64 nodad")} dev far0");
        Await(set => IsUp(set, PathCharacteristics.Up(family)) == true);
    }

    [Fact]
    public void A_target_without_a_route_is_a_fault_and_no_silence()
    {
        Examine(IpFamily.V6, ["2001:db8:1::1", "2001:db8:9::9"]);
        Await(set => set.Of(Id).TryGet(PathCharacteristics.Up6, out var up) && up.Samples >= 10);
        Assert.Equal("icmp 2001:db8:9::9 by wan0: Network is unreachable", examiner!.Faults[Id]);
        Assert.True(Last().Of(Id).TryGet("loss", out var loss) && loss.Value.Number == 0);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void A_firewall_that_keeps_probes_in_is_a_fault_and_no_silence(IpFamily family)
    {
        Examine(family, [family == IpFamily.V4 ? "192.0.2.1" : "2001:db8:1::1"]);
        Await(set => set.Of(Id).TryGet("rtt", out var rtt) && rtt.Samples > 3);
        node.Run("nft add table inet wall");
        node.Run("nft 'add chain inet wall out { type filter hook output priority 0; }'");
        node.Run("nft 'add rule inet wall out icmp type echo-request drop'");
        node.Run("nft 'add rule inet wall out icmpv6 type echo-request drop'");
        Await(_ => examiner!.Faults.ContainsKey(Id));
        Assert.EndsWith(" by wan0: kept in by this host's firewall or a prohibiting route", examiner!.Faults[Id], StringComparison.Ordinal);
        // What was under way has ended after some rounds; from then on nothing counts.
        var (before, after) = (After(rounds: 10), After(rounds: 20));
        foreach (var name in new[] { PathCharacteristics.Up(family), "loss" })
        {
            Assert.True(before.Of(Id).TryGet(name, out var old) && after.Of(Id).TryGet(name, out var now) && old == now, name);
        }
    }

    [Fact]
    public void One_family_falls_silent_without_the_other()
    {
        Examine(null, ["192.0.2.1", "2001:db8:1::1"]);
        Await(set => IsUp(set, PathCharacteristics.Up4) == true && IsUp(set, PathCharacteristics.Up6) == true && set.Of(Id).TryGet("rtt", out var rtt) && rtt.Samples > 5);
        far.Run("nft add table inet silent");
        far.Run("nft 'add chain inet silent in { type filter hook input priority 0; }'");
        far.Run("nft add rule inet silent in icmpv6 type echo-request drop");
        var down = Await(set => IsUp(set, PathCharacteristics.Up6) == false);
        Assert.True(IsUp(down, PathCharacteristics.Up4));
    }

    [Fact]
    public void Answers_to_others_are_not_taken_for_ours()
    {
        // Another program pings a target that answers, from the same device; ours asks one that never does.
        using var ping = System.Diagnostics.Process.Start("ip", ["netns", "exec", node.Name, "sh", "-c", "exec ping -i 0.01 -I wan0 192.0.2.1 >/dev/null"]);
        try
        {
            Examine(IpFamily.V4, ["192.0.2.99"]);
            var later = Await(set => set.Of(Id).TryGet(PathCharacteristics.Up4, out var up) && up.At > started.AddSeconds(2));
            Assert.False(later.Of(Id).TryGet("rtt", out _));
        }
        finally
        {
            ping.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public void A_device_that_is_made_anew_is_probed_anew()
    {
        Examine(IpFamily.V4, ["192.0.2.1"]);
        Await(set => set.Of(Id).TryGet("rtt", out var rtt) && rtt.Samples > 3);
        node.Ip("link del wan0");
        node.Network.Run(() => examiner!.Examine(PathSet.Empty));
        Assert.Empty(Last().Paths);
        node.Connect("wan0", far, "far0");
        node.Ip("addr add 192.0.2.10/24 dev wan0");
        far.Ip("addr add 192.0.2.1/24 dev far0");
        node.Network.Run(() => examiner!.Examine(new([Probed(IpFamily.V4, 99)])));
        Await(set => set.Of(Id).TryGet("rtt", out var rtt) && rtt.Samples > 3);
    }

    /// <summary>The characteristics that many rounds later: what says nothing new is said only once a second, so that snapshots are no rounds.</summary>
    private CharacteristicsSet After(int rounds)
    {
        var then = TimeProvider.System.GetUtcNow() + (rounds * Every);
        return Await(_ => TimeProvider.System.GetUtcNow() >= then);
    }

    private static bool? IsUp(CharacteristicsSet set, string name) => set.Of(Id).TryGet(name, out var up) ? up.Value.Flag : null;

    private CharacteristicsSet Last()
    {
        var last = Await(_ => true);
        while (snapshots.TryTake(out var later))
        {
            last = later;
        }
        return last;
    }

    private static Path Probed(IpFamily? family, int index) => new()
    {
        Id = Id,
        Name = "wan0",
        Device = "wan0",
        DeviceIndex = index,
        Halves = new[] { IpFamily.V4, IpFamily.V6 }.Where(one => family is null || one == family)
            .Select(one => new PathHalf { Family = one, Locators = [IpAddress.Parse(one == IpFamily.V4 ? "192.0.2.10" : "2001:db8:1::10")] })
            .ToEquatableArray(),
    };

    private void Examine(IpFamily? family, string[] targets)
    {
        var settings = new ProbeSettings { Targets = targets.Select(one => (ProbeTarget)new ProbeTarget.Icmp(IpAddress.Parse(one))).ToEquatableArray(), Every = Every };
        node.Network.Run(() =>
        {
            examiner = new(new(_ => settings, _ => new Dictionary<string, Measured>(), _ => mark), snapshots.Add, thread, 1);
            examiner.Examine(new([Probed(family, 1)]));
        });
    }

    private CharacteristicsSet Await(Func<CharacteristicsSet, bool> fits)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(15));
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
