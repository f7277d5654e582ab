using Waymark.Daemon.Loop;
using Waymark.Daemon.Peers;
using Waymark.Exchange.Wire;
using Waymark.Paths;
using Waymark.Peers;
using Waymark.Tests.PathDecision;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Peers;

/// <summary>What a peer holds and is still right is not taken away and put again, because a connection or a daemon has just begun and does not know all yet.</summary>
public sealed class PeerReconnectTests
{
    /// <summary>By what this end measures it is the first path, by what the peer tells the second.</summary>
    private const string Policy = "voice: udp local port 5060 at peer hub prefer lowest delay;";

    private const string NodeFile = """
        listen { address [::]; certificate "/none/a.pem"; key "/none/a.key"; authority "/none/ca.pem"; }
        peer hub { certificate "hub.example.net"; prefix 10.1.0.0/16; }
        """;

    private static readonly PathSet Tunnels = new([Worlds.Path("t1") with { Peer = "hub", Shared = 1 }, Worlds.Path("t2") with { Peer = "hub", Shared = 2 }]);

    [Fact]
    public async Task A_reconnect_takes_nothing_away_and_no_rule_seems_to_be_gone_meanwhile()
    {
        await using var node = Prepared(new(NodeFile));
        node.Start();
        var (first, rule) = await AskedAsync(node);
        await first.HangUpAsync();
        await node.Until(() => node.Standing.Current is [{ IsConnected: false }]);
        await DecideAgainAsync(node);
        Assert.Equal(RuleState.Installed, State(node));
        var second = await FarEnd.ConnectAsync(node, "hub", [rule]);
        await SaidAsync(second, V1.PeerMessage.KindOneofCase.KeepAlive);
        await DecideAgainAsync(node);
        Assert.Equal((RuleState.Installed, 0), (State(node), second.Updates.Count));
        second.Say(Told);
        await DecideAgainAsync(node);
        await DecideAgainAsync(node);
        Assert.Equal((RuleState.Installed, 0), (State(node), second.Updates.Count));
        Assert.Equal(2, node.Standing.Current[0].Connections);
        Assert.Equal(RuleDigest.OfAll([rule]).ToBytes(), second.Heard.Last(one => one.KeepAlive is not null).KeepAlive.Rules.ToByteArray());
    }

    [Fact]
    public async Task A_restart_takes_nothing_away_before_it_has_decided_and_heard_of_the_paths()
    {
        RuleDigest rule;
        await using (var first = Prepared(new(NodeFile)).Start())
        {
            (_, rule) = await AskedAsync(first);
        }
        await using var second = Prepared(new(NodeFile));
        second.Start(withLoop: false);
        var end = await FarEnd.ConnectAsync(second, "hub", [rule]);
        end.Say(Told);
        await SaidAsync(end, V1.PeerMessage.KindOneofCase.KeepAlive);
        Assert.Empty(end.Updates);
        second.Start();
        await second.Until(() => second.Standing.Current is [{ Asked.Count: 1 }]);
        await DecideAgainAsync(second);
        Assert.Empty(end.Updates);
    }

    [Fact]
    public async Task What_is_asked_of_a_peer_has_expired_as_soon_as_it_was_silent_for_its_lease()
    {
        await using var node = Prepared(new(NodeFile));
        node.Start();
        var (end, _) = await AskedAsync(node, lease: TimeSpan.FromSeconds(1));
        // Nothing else happens meanwhile: the loop waits for the kernel.
        while (node.DataPlane.Door.Wait(0, node.Stop))
        {
        }
        node.Say(Policy + " tcp drop;");
        await node.Until(() => node.Loop.Current.Kernel.State == KernelState.Pending);
        await end.HangUpAsync();
        await node.Until(() => State(node) == RuleState.Expired);
        node.DataPlane.Door.Release(1000);
    }

    [Fact]
    public async Task A_peer_that_tells_of_no_paths_is_asked_all_the_same_soon()
    {
        await using var node = Prepared(new(NodeFile));
        node.Start();
        var start = node.Time.GetTimestamp();
        var end = await FarEnd.ConnectAsync(node, "hub");
        await node.Until(() => end.Updates.Count > 0);
        Assert.InRange(node.Time.GetElapsedTime(start), PeerAsks.TellingTime * 0.9, TimeSpan.FromSeconds(30));
    }

    private static V1.PeerMessage Told => PeerTranslation.ToWire(new[] { (1, 0.2), (2, 0.03) }.Select(one => KeyValuePair.Create(one.Item1, PathCharacteristics.Of(
        Worlds.Id("there"), [KeyValuePair.Create("delay", new Measured(CharacteristicValue.Of(one.Item2), Worlds.Start, 5, "test"))]))));

    private static PeerNode Prepared(PeerNode node)
    {
        var known = Worlds.Of("").With("t1", ("delay", 0.01)).With("t2", ("delay", 0.02)).Characteristics;
        node.Loop.Post(inputs => inputs with { Characteristics = known });
        node.Loop.PostPaths(Tunnels);
        node.Say(Policy);
        return node;
    }

    /// <summary>Connects, tells of the paths, and takes what is asked.</summary>
    private static async Task<(FarEnd End, RuleDigest Rule)> AskedAsync(PeerNode node, TimeSpan? lease = null)
    {
        var end = await FarEnd.ConnectAsync(node, "hub", lease: lease);
        end.Say(Told);
        await node.Until(() => end.Updates.Count > 0);
        var (rule, fault) = PeerTranslation.ToCore(PeerTranslation.ToCore(end.Updates[0])!.Put[0]);
        Assert.Null(fault);
        Assert.Equal([2, 1], Assert.IsType<PeerWish.Shared>(rule!.Wish).V4.Paths);
        var digest = PeerTranslation.ToCore(end.Updates[0])!.Put[0].Digest;
        end.Say(PeerTranslation.ToWire([new RuleReport(digest, RuleState.Installed, "")]));
        await node.Until(() => State(node) == RuleState.Installed);
        return (end, digest);
    }

    private static RuleState? State(PeerNode node) => node.Standing.Current is [{ Asked: [var asked] }] ? asked.State : null;

    private static Task SaidAsync(FarEnd end, V1.PeerMessage.KindOneofCase kind) => end.Node.Until(() => end.Heard.Any(one => one.KindCase == kind));

    /// <summary>The loop has come round, and the service has looked at what it decided.</summary>
    private static async Task DecideAgainAsync(PeerNode node)
    {
        node.Loop.Post(inputs => inputs with { Stirs = inputs.Stirs + 1 });
        await node.Loop.SettleAsync(node.Stop);
        // It is told behind the round, and looks at once.
        await Task.Delay(TimeSpan.FromMilliseconds(100), node.Stop);
    }
}
