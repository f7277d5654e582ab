using System.Security.Authentication;
using Waymark.Daemon.Peers;
using Waymark.Exchange.Wire;
using Waymark.Paths;
using Waymark.Peers;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Tests.Daemon;
using Waymark.Tests.PathDecision;

namespace Waymark.Tests.Peers;

/// <summary>What nobody has thought of costs one connection: it is told, the peer is called again, and the node goes on.</summary>
public sealed class PeerDefectTests : IAsyncDisposable
{
    private const string OwnMistake = "this node has a defect, which its log tells";

    private const string NodeFile = """
        listen { address [::]; certificate "/none/a.pem"; key "/none/a.key"; authority "/none/ca.pem"; }
        peer spoke { certificate "spoke.example.net"; prefix 10.2.0.0/16; }
        peer other { certificate "other.example.net"; prefix 10.4.0.0/16; }
        peer hub { certificate "hub.example.net"; prefix 10.1.0.0/16; address 127.0.0.1; }
        """;

    private readonly PeerNode node = new(NodeFile);

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Fact]
    public async Task A_connection_that_ends_as_nobody_expected_is_gone_and_the_peer_can_call_again()
    {
        node.Start();
        var end = await FarEnd.ConnectAsync(node, "spoke");
        end.Broken = new AuthenticationException("what TLS says at times");
        end.Say(PeerTranslation.KeepAlive(default));
        await end.Carried;
        await node.Until(() => State("spoke") is { IsConnected: false, Fault: OwnMistake });
        Assert.Contains(node.Log.Lines, line => line.Contains("in what it does for peer spoke", StringComparison.Ordinal) && line.EndsWith("what TLS says at times", StringComparison.Ordinal));
        await FarEnd.ConnectAsync(node, "spoke");
        await node.Until(() => State("spoke").IsConnected);
    }

    [Fact]
    public async Task A_defect_while_a_message_is_taken_ends_that_connection_and_no_other()
    {
        node.Start();
        var (end, bystander) = (await FarEnd.ConnectAsync(node, "spoke"), await FarEnd.ConnectAsync(node, "other"));
        await node.Until(() => State("other").IsConnected);
        // A store that fails as no store does.
        node.Store.Dispose();
        end.Say(PeerTranslation.ToWire(new RuleUpdate([Rule], [])));
        await end.Carried;
        Assert.Equal(OwnMistake, end.Link.Why);
        await node.Until(() => !State("spoke").IsConnected);
        Assert.True(State("other").IsConnected && State("spoke").Held.IsEmpty && !bystander.Carried.IsCompleted && !node.Running.IsCompleted);
    }

    [Fact]
    public async Task A_defect_in_what_follows_from_a_decision_costs_one_connection_and_is_told_once()
    {
        node.Loop.PostPaths(new([Worlds.Path("t1") with { Peer = "spoke", Shared = 1 }]));
        node.Say("udp local port 5060 at peer spoke prefer lowest delay;");
        node.Start();
        var (end, bystander) = (await FarEnd.ConnectAsync(node, "spoke"), await FarEnd.ConnectAsync(node, "other"));
        await node.Until(() => State("spoke").IsConnected && State("other").IsConnected);
        Know([KeyValuePair.Create("delay", (Measured)null!)]);
        await end.Carried;
        await node.Until(() => State("spoke") is { IsConnected: false, Fault: OwnMistake });
        for (var i = 1; i <= 3; i++)
        {
            node.Loop.Post(inputs => inputs with { Stirs = inputs.Stirs + 1 });
            await node.Loop.SettleAsync(node.Stop);
            bystander.Say(PeerTranslation.ToWire(new RuleUpdate([RuleOf(i)], [])));
            await node.Until(() => State("other").Held.Count == i);
        }
        Assert.Single(node.Log.Lines, line => line.Contains("a defect of waymarkd", StringComparison.Ordinal));
        Assert.True(State("other").IsConnected && !node.Running.IsCompleted);
        Know([]);
        await node.Loop.SettleAsync(node.Stop);
        await FarEnd.ConnectAsync(node, "spoke");
        await node.Until(() => State("spoke") is { IsConnected: true, Asked.Count: 1 });
    }

    [Fact]
    public async Task A_defect_in_what_is_done_for_a_peer_without_a_connection_ends_nothing()
    {
        var clock = new SetClock();
        await using var node = new PeerNode(NodeFile, clock);
        node.Start();
        var (end, bystander) = (await FarEnd.ConnectAsync(node, "spoke"), await FarEnd.ConnectAsync(node, "other"));
        end.Say(PeerTranslation.ToWire(new RuleUpdate([Rule], [])));
        await node.Until(() => node.Standing.Current[0].Held.Count == 1);
        await end.HangUpAsync();
        // A store that fails as no store does, when the lease has ended.
        node.Store.Dispose();
        for (var i = 0; i < 3; i++)
        {
            clock.Pass(TimeSpan.FromSeconds(14));
            // The second is read when the first was taken.
            bystander.Say(PeerTranslation.KeepAlive(RuleDigest.OfAll([])));
            bystander.Say(PeerTranslation.KeepAlive(RuleDigest.OfAll([])));
            await node.Until(() => bystander.Unread == 0);
        }
        await node.Until(() => node.Standing.Current is [{ Held.IsEmpty: true }, { IsConnected: true }, _]);
        Assert.Single(node.Log.Lines, line => line.Contains("in what it does for peer spoke", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_call_that_fails_as_nobody_expected_is_told_and_made_again()
    {
        node.Admission.Credentials = new(null!, null!, null!);
        node.Start();
        await node.Until(() => State("hub")?.Fault == OwnMistake);
        var told = node.Log.Lines.Count;
        await node.Until(() => node.Log.Lines.Count > told);
        Assert.False(node.Running.IsCompleted);
    }

    [Fact]
    public void A_rule_that_cannot_be_judged_is_rejected_and_the_others_are_judged()
    {
        var account = new PeerAccount(node.Declared("spoke"), () => 0);
        account.Keeping.Take(new([Rule], []), default);
        var judged = Assert.Single(account.Judge(null!, default));
        Assert.NotNull(judged.Defect);
        Assert.Contains("a defect", judged.Fault, StringComparison.Ordinal);
    }

    private static RuleBytes Rule => RuleOf(0);

    private static RuleBytes RuleOf(int port) => PeerTranslation.ToWire(
        new PeerRule("r", 0, [], PolicyLanguage.ParseFlows($"udp peer 10.2.0.1 port {1000 + port}", "f", out _)!.Value, Established.Keep, new PeerWish.Shared(new([1], IsStrict: false, null), SharedChoice.None)));

    /// <summary>Something is known of the path, or what nothing in the daemon could come to know.</summary>
    private void Know(IEnumerable<KeyValuePair<string, Measured>> values) =>
        node.Loop.Post(inputs => inputs with { Characteristics = new([PathCharacteristics.Of(Worlds.Id("t1"), values)]) });

    private PeerStanding.State State(string peer) => node.Standing.Current.FirstOrDefault(one => one.Peer.Name == peer)!;
}
