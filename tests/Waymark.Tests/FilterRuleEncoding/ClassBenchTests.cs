using Waymark.FilterRules;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Paths;

namespace Waymark.Tests.FilterRuleEncoding;

/// <summary>The encoded chains give the published first match of every header, for every set that is there. The kernel is held to the same ones by the system tests.</summary>
public sealed class ClassBenchTests
{
    public static readonly TheoryData<string> Sets = [.. ClassBenchSet.Names("1k").Concat(ClassBenchSet.Names("10k")).ToList() is { Count: > 0 } names ? names : ["none"]];

    [Theory]
    [MemberData(nameof(Sets))]
    public void The_first_match_is_the_published_one(string name)
    {
        Assert.SkipWhen(name == "none", ClassBenchSet.Absence);
        var set = ClassBenchSet.Read(name);
        TestContext.Current.TestOutputHelper!.WriteLine($"{name}: {set.LeftOut}");
        // As many classes as rules.
        var territory = Territory.Default with { FwMark = 0x70000000, CtMark = uint.MaxValue };
        var classes = set.Rules.Select(rule => new FilterClass { Number = rule.Class, V4 = new FilterAction.Default(), V6 = new FilterAction.Default() }).ToEquatableArray();
        var encoded = NftablesEncoder.Encode(new(set.Rules.ToEquatableArray(), classes), PathSet.Empty, territory, EncoderOptions.Default, EncoderMemory.Empty);
        Assert.Empty(encoded.Refused.Select(refused => refused.Reason).Distinct());
        Assert.True(encoded.Table.Chains.Any(chain => chain.Name == "search4") || !name.EndsWith("10k", StringComparison.Ordinal));
        var evaluation = new ChainEvaluation(encoded.Table, new Dictionary<string, ulong>());
        foreach (var (packet, expected) in set.Headers)
        {
            var mark = evaluation.Run(FlowSide.Local.ChainName(), packet).Mark;
            Assert.Equal(expected, (int)((mark & territory.CtClassMask) / territory.CtClass(1)));
        }
        Assert.True(set.Headers.Count > 1000, set.LeftOut);
    }
}
