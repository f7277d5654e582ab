using Waymark.Daemon.Loop;
using Waymark.Exchange.Wire;
using Waymark.Peers;
using Waymark.Policies;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Peers;

/// <summary>What a peer is told of its rules.</summary>
public sealed class PeerReportTests
{
    private const string Both = "udp peer 10.2.0.1, udp peer 2001:db8:2::1";

    /// <summary>A rule that wants something else of each family is two policies here.</summary>
    [Theory]
    [InlineData(Both, "tcp drop;", RuleState.Installed)]
    [InlineData(Both, "udp peer 10.2.0.1 drop;", RuleState.Installed)]
    [InlineData(Both, "udp peer 2001:db8:2::1 default;", RuleState.Installed)]
    [InlineData(Both, "udp peer 10.2.0.1 drop; udp peer 2001:db8:2::1 default;", RuleState.Superseded)]
    [InlineData("udp peer 10.2.0.1", "udp peer 10.2.0.1 drop;", RuleState.Superseded)]
    [InlineData("udp peer 2001:db8:2::1", "udp peer 10.2.0.1 drop;", RuleState.Installed)]
    public async Task A_rule_is_superseded_where_others_go_first_for_all_of_it(string flows, string others, RuleState expected)
    {
        await using var node = new PeerNode("""
            listen { address [::]; certificate "/none/a.pem"; key "/none/a.key"; authority "/none/ca.pem"; }
            peer spoke { certificate "spoke.example.net"; prefix 10.2.0.0/16, 2001:db8:2::/48; }
            """);
        node.Loop.PostPaths(new([]));
        node.Say(others);
        node.Start();
        var end = await FarEnd.ConnectAsync(node, "spoke");
        var rule = new PeerRule("r", 0, [], PolicyLanguage.ParseFlows(flows, "f", out _)!.Value, Established.Keep, new PeerWish.Shared(SharedChoice.None, SharedChoice.None with { IsStrict = true }));
        end.Say(PeerTranslation.ToWire(new RuleUpdate([PeerTranslation.ToWire(rule)], [])));
        await node.Until(() => end.Heard.Any(one => one.Reports is not null));
        var report = PeerTranslation.ToCore(end.Heard.Last(one => one.Reports is not null).Reports).Single();
        Assert.Equal((expected, expected == RuleState.Superseded ? "'root' goes first" : ""), (report.State, report.Detail));
    }

    /// <summary>The kernel does until then what it did.</summary>
    [Fact]
    public async Task A_rule_stays_what_it_became_while_another_decision_is_applied()
    {
        await using var node = new PeerNode("""
            listen { address [::]; certificate "/none/a.pem"; key "/none/a.key"; authority "/none/ca.pem"; }
            peer spoke { certificate "spoke.example.net"; prefix 10.2.0.0/16, 2001:db8:2::/48; }
            """);
        node.Loop.PostPaths(new([]));
        node.Start();
        var end = await FarEnd.ConnectAsync(node, "spoke");
        var rule = new PeerRule("r", 0, [], PolicyLanguage.ParseFlows("udp peer 10.2.0.1", "f", out _)!.Value, Established.Keep, new PeerWish.Own(new PolicyAction.Drop(), []));
        end.Say(PeerTranslation.ToWire(new RuleUpdate([PeerTranslation.ToWire(rule)], [])));
        await node.Until(() => node.Standing.Current is [{ Held: [{ State: RuleState.Installed }] }]);
        using var watched = node.Stream.Watch(V1.EventKind.Peer);
        while (node.DataPlane.Door.Wait(0, node.Stop))
        {
            // Until nothing more is applied.
        }
        node.Say("tcp drop;");
        await node.Until(() => node.Loop.Current.Kernel.State == KernelState.Pending);
        // What the peer says now is shown by what is being applied.
        end.Say(PeerTranslation.ToWire(new RuleUpdate([PeerTranslation.ToWire(rule with { Name = "s" })], [])));
        await node.Until(() => node.Standing.Current is [{ Held.Count: 2 }]);
        Assert.Equal((RuleState.Installed, RuleState.Asked), (State("r"), State("s")));
        node.DataPlane.Door.Release(1000);
        await node.Until(() => State("s") == RuleState.Installed);
        Assert.Equal(RuleState.Installed, State("r"));
        await end.HangUpAsync();
        var told = new List<string>();
        await foreach (var happened in watched.ReadAllAsync(node.Stop).Select(one => one.Peer).TakeWhile(one => one.Kind != V1.PeerEventKind.Lost))
        {
            told.Add(happened.Rule);
        }
        Assert.Equal(["s"], told);

        RuleState State(string name) => node.Standing.Current[0].Held.Single(one => one.Name == name).State;
    }
}
