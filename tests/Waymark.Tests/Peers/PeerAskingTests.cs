using Waymark.Flows;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Peers;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Tests.PathDecision;

namespace Waymark.Tests.Peers;

/// <summary>What is asked of a peer, and what it makes of it.</summary>
public sealed class PeerAskingTests
{
    private static readonly EquatableArray<IpPrefix> Own = [new(IpAddress.Parse("10.2.0.0"), 16)];

    private static readonly PeerDeclaration Hq = new("hq", "hq.example.net") { Prefixes = [new(IpAddress.Parse("10.1.0.0"), 16)] };

    private static readonly Waymark.Paths.Path One = Worlds.Path("t1", metric: 100) with { Peer = "hq", Shared = 1 }, Two = Worlds.Path("t2", metric: 200) with { Peer = "hq", Shared = 2 }, Wan = Worlds.Path("wan", metric: 50);

    [Fact]
    public void The_choice_is_made_by_what_the_peer_measured_of_its_direction()
    {
        var world = World("voice: udp local port 5060 at peer hq require delay < 80 ms prefer lowest delay else drop;").With("t1", ("delay", 0.01)).With("t2", ("delay", 0.02));
        Assert.Equal("1 2 strict", Said(Ask(world)));
        Assert.Equal("2 strict", Said(Ask(world, (1, [("delay", 0.2)]), (2, [("delay", 0.03)]))));
        Assert.Equal("2 1 strict", Said(Ask(world, (1, [("delay", 0.07)]))));
        Assert.Equal(" strict", Said(Ask(world, (1, [("delay", 0.2)]), (2, [("delay", 0.3)]))));
    }

    [Fact]
    public void Bandwidth_is_towards_us_and_so_what_the_peer_calls_up()
    {
        var world = World("any at peer hq prefer highest bandwidth;").With("t1", ("bandwidth", 9e6)).With("t2", ("bandwidth", 1e6));
        Assert.Equal([1, 2], Paths(Ask(world)).Paths);
        Assert.Equal([2, 1], Paths(Ask(world, (1, [("bandwidth.up", 1e6)]), (2, [("bandwidth.up", 5e6)]))).Paths);
    }

    [Fact]
    public void Cost_is_ours_and_what_is_configured_here_is_not_for_the_peer_to_say()
    {
        var world = World("any at peer hq prefer lowest cost, highest bandwidth;").With("t1", ("cost", 2.0)).With("t2", ("cost", 1.0));
        Assert.Equal([2, 1], Paths(Ask(world, (1, [("delay", 0.001)]))).Paths);
        var own = PathCharacteristics.Of(One.Id, [KeyValuePair.Create("bandwidth", new Measured(CharacteristicValue.Of(5.0), Worlds.Start, 0, Measured.NodeFile))]);
        var told = PathCharacteristics.Of(One.Id, [KeyValuePair.Create("bandwidth.up", new Measured(CharacteristicValue.Of(7.0), Worlds.Start, 1, "peer hq"))]);
        Assert.Equal(5, SharedMeasurements.Seen(own, told).Values[0].Value.Value.Number);
    }

    [Fact]
    public void A_tunnel_that_is_down_at_either_end_is_not_asked_for()
    {
        var world = World("any at peer hq prefer lowest cost;");
        Assert.Equal([1, 2], Paths(Ask(world)).Paths);
        Assert.Equal([2], Paths(Ask(world, (1, [(PathCharacteristics.Up4, false)]))).Paths);
        Assert.Equal([2], Paths(Ask(world.Up("t1", false))).Paths);
    }

    [Fact]
    public void Conditions_are_those_of_the_asker()
    {
        var world = World("when peer hq connected and path \"wan\" (up) { any at peer hq drop; } otherwise { udp at peer hq drop; }");
        Assert.Equal("udp peer 10.2.0.0/16", Flows(Ask(world)));
        Assert.Equal("any peer 10.2.0.0/16", Flows(Ask(world with { ConnectedPeers = ["hq"] })));
        Assert.Equal("udp peer 10.2.0.0/16", Flows(Ask((world with { ConnectedPeers = ["hq"] }).Up("wan", false))));
    }

    [Theory]
    [InlineData("any at peer any drop;", true)]
    [InlineData("any at peer hq drop;", true)]
    [InlineData("any at peer other drop;", false)]
    [InlineData("any at peer 10.1.2.3 drop;", true)]
    [InlineData("any at peer 10.1.0.0/17 drop;", true)]
    [InlineData("any at peer 10.0.0.0/8 drop;", false)]
    [InlineData("any drop;", false)]
    public void A_policy_is_for_the_peers_that_its_target_names(string policy, bool isAsked) => Assert.Equal(isAsked, Ask(World(policy)).Policies.Count == 1);

    [Fact]
    public void Where_nothing_is_shared_the_wish_travels_as_the_peer_would_say_it()
    {
        var request = Ask(World("https at peer hq require bandwidth.up > 1 Mbit/s prefer highest bandwidth else drop;") is var world ? world with { Paths = new([Wan]) } : null!);
        var wish = Assert.IsType<PeerWish.Own>(request.Policies[0].Rule!.Wish);
        Assert.Equal("require bandwidth > 1 Mbit/s prefer highest bandwidth.up", PolicyPrinter.Print(new Policy { Flows = [new Flow { Protocol = new FlowProtocol.Any() }], Action = wish.Action })["any ".Length..].TrimEnd(';'));
        Assert.IsType<PolicyAction.Drop>(Assert.Single(wish.Else.AsEnumerable()));
    }

    [Fact]
    public void What_cannot_be_asked_says_why()
    {
        Assert.Contains("by which user", Ask(World("udp by app ssh at peer hq drop;")).Policies[0].Fault, StringComparison.Ordinal);
        Assert.Contains("no path satisfies", Ask(World("udp at peer hq require delay < 1 ms;").With("t1", ("delay", 1.0)).With("t2", ("delay", 1.0))).Policies[0].Fault, StringComparison.Ordinal);
        Assert.Contains("no such flows", Ask(World("ip4 any not (ip4 any) at peer hq drop;")).Policies[0].Fault, StringComparison.Ordinal);
        Assert.Contains("duplicate", Ask(World("udp at peer hq duplicate;")).Policies[0].Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_keep_their_places_when_one_before_them_comes_and_goes()
    {
        var world = World("when path \"wan\" (up) { udp at peer hq drop; } tcp at peer hq drop;");
        var (with, without) = (Ask(world).Policies, Ask(world.Up("wan", false)).Policies);
        Assert.Equal((2, 1), (with.Count, without.Count));
        Assert.Equal(with[1].Rule, without[0].Rule);
    }

    [Fact]
    public void A_choice_stays_while_it_is_within_tolerance()
    {
        var world = World("any at peer hq prefer lowest delay;").With("t1", ("delay", 0.020)).With("t2", ("delay", 0.030));
        var first = Ask(world);
        Assert.Equal([1, 2], Paths(first).Paths);
        var next = PeerAsking.Decide(world, PathResolution.Decide(world), View((1, [("delay", 0.0205)]), (2, [("delay", 0.0200)])), first.State);
        Assert.Equal(1, Paths(next).Paths[0]);
        next = PeerAsking.Decide(world, PathResolution.Decide(world), View((1, [("delay", 0.0305)]), (2, [("delay", 0.0200)])), next.State);
        Assert.Equal([2, 1], Paths(next).Paths);
    }

    [Fact]
    public void The_peer_resolves_a_filter_rule_by_what_it_calls_the_paths()
    {
        var node = NodeFile.Default with { Paths = [Declared("spoke-fibre", 1), Declared("spoke-lte", 2)] };
        var spoke = new PeerDeclaration("spoke", "spoke.example.net") { Prefixes = Own };
        var rule = Ask(World("voice: udp local port 5060 at peer hq require delay < 80 ms prefer lowest delay else drop;").With("t1", ("delay", 0.02)).With("t2", ("delay", 0.01))).Policies[0].Rule!;
        var (set, fault) = RulePolicies.Of(rule, spoke, node);
        Assert.Null(fault);
        Assert.Contains("udp peer 10.2.0.0/16 port 5060 require label \"name\" = \"spoke-lte\" or label \"name\" = \"spoke-fibre\" prefer label \"name\" = \"spoke-lte\", label \"name\" = \"spoke-fibre\" else drop established cut;",
            PolicyPrinter.Print(set!), StringComparison.Ordinal);
        Assert.Contains("has the number", RulePolicies.Of(rule, spoke, NodeFile.Default).Fault, StringComparison.Ordinal);
        // The engine does the rest: the loss of one is met by the other beforehand.
        var world = Worlds.Of("any default;", Worlds.Path("spoke-fibre"), Worlds.Path("spoke-lte")) is var plain
            ? plain with { Policies = Waymark.ConditionDecision.PolicyMerge.Merge([new(new("spoke", 1000) { IsPeer = true }, "x", set!, Worlds.Start, [])], NodeNames.None) } : null!;
        var decided = PathResolution.Decide(world).FilterRules.Classes[0];
        Assert.Equal(("spoke-lte", "spoke-fibre", true), (((Waymark.FilterRules.FilterAction.Use)decided.V4).Path.LocalId, decided.Backup4!.Value.LocalId, decided.IsStrict));

        static PathDeclaration Declared(string name, int number) => new(name, new PathMatch { Interface = name }) { Peer = "spoke", Shared = number };
    }

    private static World World(string policies) => Worlds.Of(policies, One, Two, Wan);

    private static PeerView View(params (int Number, (string Name, object Value)[] Values)[] told) => new(Hq, Own, told.Select(path => KeyValuePair.Create(path.Number, PathCharacteristics.Of(new("peer", "hq"),
        path.Values.Select(one => KeyValuePair.Create(one.Name, new Measured(one.Value is bool flag ? CharacteristicValue.Of(flag) : CharacteristicValue.Of((double)one.Value), Worlds.Start, 9, "peer hq")))))).ToEquatableArray());

    private static PeerRequest Ask(World world, params (int Number, (string Name, object Value)[] Values)[] told) => PeerAsking.Decide(world, PathResolution.Decide(world), View(told), null);

    private static (int[] Paths, bool IsStrict) Paths(PeerRequest request) =>
        request.Policies[0].Rule!.Wish is PeerWish.Shared(var v4, _) ? ([.. v4.Paths], v4.IsStrict) : throw new InvalidOperationException(request.Policies[0].Fault);

    private static string Said(PeerRequest request) => string.Join(' ', Paths(request).Paths) + (Paths(request).IsStrict ? " strict" : "");

    private static string Flows(PeerRequest request) => PolicyPrinter.Print(Assert.Single(request.Policies.AsEnumerable()).Rule!.Flows);
}
