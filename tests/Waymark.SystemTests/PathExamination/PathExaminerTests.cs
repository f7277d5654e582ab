using System.Collections.Concurrent;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.SystemTests.PathExamination;

public sealed class PathExaminerTests : IAsyncDisposable
{
    private static readonly PathId Id = new("ip", "wan0");
    private readonly TestNamespace node = new("node");
    private readonly TestNamespace far = new("far");
    private readonly BlockingCollection<CharacteristicsSet> snapshots = [];
    private PathExaminer? examiner;

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
        var down = Await(set => set.Of(Id).TryGet(up, out var state) && !state.Value.Flag);
        Assert.True(down.Of(Id).TryGet("loss", out var lost) && lost.Value.Number > 0);
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
    public async Task A_target_that_has_never_answered_says_nothing(IpFamily family, string dead)
    {
        Examine(family, [dead]);
        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
        var last = Await(_ => true);
        while (snapshots.TryTake(out var later))
        {
            last = later;
        }
        Assert.True(last.Of(Id).TryGet(PathCharacteristics.Up(family), out var isUp) && isUp.Value.Flag && isUp.IsEstimated);
        Assert.False(last.Of(Id).TryGet("loss", out _));
    }

    private void Examine(IpFamily family, string[] targets)
    {
        var settings = new ProbeSettings { Targets = targets.Select(IpAddress.Parse).ToEquatableArray(), Every = TimeSpan.FromMilliseconds(50) };
        var path = new Path
        {
            Id = Id,
            Name = "wan0",
            Device = "wan0",
            Halves = [new() { Family = family, Locators = [IpAddress.Parse(family == IpFamily.V4 ? "192.0.2.10" : "2001:db8:1::10")] }],
        };
        node.Network.Run(() =>
        {
            examiner = new(new(_ => settings, _ => new Dictionary<string, Measured>(), _ => 0), snapshots.Add, TimeProvider.System, 1);
            examiner.Examine(new([path]));
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
