using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.Nftables;
using Waymark.Linux.Verification;
using Waymark.Paths;
using Waymark.Policies;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Tests.Verification;

/// <summary>A rule that somebody put among ours is found where it matters to few packets, and where it cannot be followed it is said so.</summary>
public sealed class StrayRuleTests
{
    private static readonly EquatableArray<byte> None = [0, 0, 0, 0];

    private static readonly NftablesExpression[] IsEstablished = [new Conntrack(NftablesConntrackKey.State, 0), new Bitwise(0, [2, 0, 0, 0], None), new Compare(0, NftablesComparison.NotEqual, None)];

    private static readonly NftablesExpression Accept = new Give(new(NftablesVerdictKind.Accept));

    /// <summary>Nobody else has marked them either.</summary>
    [Fact]
    public void Later_packets_without_a_mark() => Assert.NotEmpty(WithFirst("output", [.. IsEstablished, new Meta(NftablesMetaKey.Mark, 0), new Compare(0, NftablesComparison.Equal, None), Accept]).Differences);

    [Fact]
    public void Later_packets_of_connections_that_no_other_program_has_marked() => Assert.NotEmpty(WithFirst(
        "output", [.. IsEstablished, new Conntrack(NftablesConntrackKey.Mark, 0), new Bitwise(0, [1, 0, 0, 0], None), new Compare(0, NftablesComparison.Equal, None), Accept]).Differences);

    /// <summary>What asks behind what it has written would have to be followed for two kinds of packets.</summary>
    [Fact]
    public void A_rule_that_writes_before_it_asks_is_not_understood() => Assert.Contains(
        WithFirst("output", [new Constant(0, None), new SetMeta(NftablesMetaKey.Mark, 0), new Meta(NftablesMetaKey.Protocol, 0), new Compare(0, NftablesComparison.Equal, [17]), new Count()]).NotUnderstood,
        one => one.Contains("asks after it has written a mark", StringComparison.Ordinal));

    /// <summary>Where IPv4 and IPv6 have default routes by different devices, what leaves by the second one chose nothing either.</summary>
    [Fact]
    public void The_default_device_of_the_other_family_is_one_too()
    {
        // The path of the highest metric for IPv4 is that of the lowest for IPv6.
        var paths = new PathSet(EncodedWorld.Paths.Paths.Select(path => path with { Halves = path.Halves.Select(half => half.Family == IpFamily.V6 ? half with { Metric = 1000 - half.Metric } : half).ToEquatableArray() }));
        var world = EncodedWorld.Of([(new Flow { Peer = new FlowEnd { Ports = [new(443, 443)] } }, 1)], [new FilterClass { Number = 1, V4 = EncodedWorld.Use(1), V6 = EncodedWorld.Use(1) }], paths);
        Assert.True(world.Verify().IsEqual, TableVerificationTests.Said(world.Verify()));
        var table = world.Encoded.Table;
        var set = table.Sets.Single(one => one.Name == "default_devices");
        Assert.Equal(2, set.Elements.Count);
        foreach (var element in set.Elements)
        {
            var less = table with { Sets = [.. table.Sets.Select(one => one == set ? set with { Elements = [.. set.Elements.Where(other => other != element)] } : one)] };
            Assert.NotEmpty(TableVerification.Verify(less, world.Decision, world.Encoded.Territory, 50).Differences);
        }
    }

    private static VerificationReport WithFirst(string name, EquatableArray<NftablesExpression> expressions)
    {
        var world = EncodedWorld.Of([(new Flow { Peer = new FlowEnd { Ports = [new(443, 443)] } }, 1)], [new FilterClass { Number = 1, V4 = EncodedWorld.Use(2), V6 = EncodedWorld.Use(2) }]);
        var table = world.Encoded.Table;
        var chain = table.Chains.Single(one => one.Name == name);
        var changed = chain with { Rules = [chain.Rules[0] with { Expressions = expressions }, .. chain.Rules] };
        return TableVerification.Verify(table with { Chains = [.. table.Chains.Select(one => one == chain ? changed : one)] }, world.Decision, world.Encoded.Territory, 50);
    }
}
