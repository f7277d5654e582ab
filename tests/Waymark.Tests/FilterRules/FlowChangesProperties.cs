using CsCheck;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Tests.Flows;

namespace Waymark.Tests.FilterRules;

/// <summary>What a change means for a packet is what asking both rule sets about it says.</summary>
public sealed class FlowChangesProperties
{
    private static readonly FilterAction[] Actions = [new FilterAction.Drop(), new FilterAction.Default(), new FilterAction.Use(new PathId("ip", "a")), new FilterAction.Use(new PathId("ip", "b"))];

    private static readonly Gen<FlowSelector> Selector = FlowSamples.Flow.Select(flow => FlowResolution.Resolve([flow], [], NodeNames.None).Selector);

    /// <summary>Rules of a small stock, so that the two sets have some in common, in different orders and with different classes.</summary>
    [Fact]
    public void A_packet_is_in_one_change_exactly_where_it_is_treated_otherwise() =>
        Gen.Select(Selector.Array[1, 8], Choice.Array[0, 8], Choice.Array[0, 8], Gen.Int[0, 3].Array[4], Gen.Int[0, 3].Array[4], FlowSamples.Packet.Array[20]).Sample(
            (stock, one, other, actionsBefore, actionsAfter, packets) =>
            {
                var (before, after) = (Set(stock, one, actionsBefore), Set(stock, other, actionsAfter));
                var changes = FlowChanges.Between(before, after, int.MaxValue).ToList();
                foreach (var packet in packets)
                {
                    var (was, becomes) = (Treatment(before, packet), Treatment(after, packet));
                    var its = changes.Where(change => change.Family == packet.Family && change.Flows.Matches(packet)).ToList();
                    Assert.Equal(was == becomes ? [] : [(was, becomes, FilterRuleEvaluation.FirstMatch(after, packet)?.Origin)], its.Select(change => (change.Before, change.After, change.Origin)));
                }
            },
            iter: 1500);

    [Fact]
    public void No_more_are_told_than_asked_for()
    {
        FlowSelector[] stock = [.. Enumerable.Range(1, 50).Select(port => new FlowSelector([new FlowBox { Family = IpFamily.V4, PeerPort = RangeSet.Of((UInt128)port) }]))];
        var after = Set(stock, [.. Enumerable.Range(0, 50).Select(i => (i, 0))], [0, 0, 0, 0]);
        Assert.Equal(7, FlowChanges.Between(FilterRuleSet.Empty, after, 7).Count());
        Assert.Empty(FlowChanges.Between(after, after, 7));
    }

    private static Gen<(int Stock, int Class)> Choice => Gen.Select(Gen.Int[0, 7], Gen.Int[0, 3]);

    private static FilterRuleSet Set(FlowSelector[] stock, (int Stock, int Class)[] rules, int[] actions) => new(
        rules.Select((rule, i) => new FilterRule(stock[rule.Stock % stock.Length], rule.Class + 1, new("test", "test", null, null, i + 1), null)).ToEquatableArray(),
        actions.Select((action, i) => new FilterClass { Number = i + 1, V4 = Actions[action], V6 = Actions[(action + 1) % 4] }).ToEquatableArray());

    private static FilterAction? Treatment(FilterRuleSet rules, Packet packet) =>
        FilterRuleEvaluation.FirstMatch(rules, packet) is { } rule ? rules.Classes.First(one => one.Number == rule.Class).Action(packet.Family) : null;
}
