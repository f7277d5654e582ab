using Waymark.Exchange.Wire;
using Waymark.Peers;
using Waymark.Policies;
using Waymark.Policies.Language;

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
}
