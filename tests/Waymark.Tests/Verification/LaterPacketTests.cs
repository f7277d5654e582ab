using Waymark.FilterRules;
using Waymark.Linux.Nftables;
using Waymark.Linux.Verification;
using Waymark.Policies;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Tests.Verification;

/// <summary>A rule that is wrong only about packets that are not the first of their connection is found by those.</summary>
public sealed class LaterPacketTests
{
    private static readonly EncodedWorld World = EncodedWorld.Of(
        [(new Flow { Peer = new FlowEnd { Ports = [new(443, 443)] } }, 1)],
        [new FilterClass { Number = 1, V4 = EncodedWorld.Use(2), V6 = EncodedWorld.Use(2), Denied4 = [EncodedWorld.Id(1)], Denied6 = [EncodedWorld.Id(1)] }]);

    /// <summary>Where it is asked whether the generation is that in force, the higher of its two bits is left out: connections of generation 3 pass for those of 1.</summary>
    [Fact]
    public void Of_one_other_generation()
    {
        var report = Verified(With("steer_local", "decide_local", one => one is Bitwise { Mask: [0, 0, 0, 0xc0] } mask ? mask with { Mask = [0, 0, 0, 0x40] } : one));
        Assert.NotEmpty(report.Differences);
        Assert.All(report.Differences, one => Assert.Contains("(generation 3)", one.Situation, StringComparison.Ordinal));
    }

    /// <summary>It is not asked whether a connection is on a path: what was left to the system's own routing is refused from its second packet on.</summary>
    [Theory]
    [InlineData("output")]
    [InlineData("from_behind")]
    public void Of_what_was_left_to_the_system(string chain)
    {
        var report = Verified(With(chain, "established", one => one is Compare { Comparison: NftablesComparison.NotEqual } ? new Count() : one));
        Assert.Contains(report.Differences, one => one.Decided.StartsWith("system's own", StringComparison.Ordinal) && one.Does.StartsWith("refused", StringComparison.Ordinal));
    }

    /// <summary>Where the generation is written, one of its bits is turned over in place of set: connections of generation 3 become such as were never classified.</summary>
    [Fact]
    public void Of_a_generation_that_is_turned_over()
    {
        var chain = World.Encoded.Table.Chains.Single(one => one.Name == "decide_local");
        var turned = chain with { Rules = [chain.Rules[0], chain.Rules[1] with { Expressions = [.. chain.Rules[1].Expressions.Select(one => one is Bitwise { Mask: [.., 0x3f] } mask ? mask with { Mask = [.. mask.Mask.Take(3), 0x7f] } : one)] }] };
        var report = Verified(World.Encoded.Table with { Chains = [.. World.Encoded.Table.Chains.Select(one => one == chain ? turned : one)] });
        Assert.NotEmpty(report.Differences);
        Assert.All(report.Differences, one => Assert.Contains("(generation 3)", one.Situation, StringComparison.Ordinal));
    }

    /// <summary>With another form of each instruction in the first rule of a chain that leads to another.</summary>
    private static NftablesTable With(string name, string to, Func<NftablesExpression, NftablesExpression> turn)
    {
        var table = World.Encoded.Table;
        var chain = table.Chains.Single(one => one.Name == name);
        var rule = chain.Rules.First(one => one.Expressions.Any(last => last is Give give && give.Verdict.Chain == to));
        var turned = chain with { Rules = [.. chain.Rules.Select(one => one == rule ? one with { Expressions = [.. one.Expressions.Select(turn)] } : one)] };
        return table with { Chains = [.. table.Chains.Select(one => one == chain ? turned : one)] };
    }

    private static VerificationReport Verified(NftablesTable table) => TableVerification.Verify(table, World.Decision, World.Encoded.Territory, 50);
}
