using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Verification;
using Waymark.Paths;
using Waymark.Tests.FilterRuleEncoding;

namespace Waymark.Benchmarks;

/// <summary>How long it takes to prove that the maps of a standard filter set do what its rules say, over the whole packet space and in every situation, beside making them.</summary>
internal static class VerificationRows
{
    private static readonly PathSet Paths = new(Enumerable.Range(1, 3).Select(n => new Path
    {
        Id = Id(n),
        Name = $"w{n}",
        Device = $"w{n}",
        DeviceIndex = n,
        Halves = [new() { Family = IpFamily.V4, Locators = [new(IpFamily.V4, 0x0a4e0001u + ((uint)n << 8))], Connected = [new(new(IpFamily.V4, 0x0a4e0000u + ((uint)n << 8)), 24)], Gateway = new(IpFamily.V4, 0x0a4e0002u + ((uint)n << 8)), Metric = (uint)n }],
    }));

    public static void Add(Results results)
    {
        // Of the large sets the one whose rules overlap in the longest chain, and one of a firewall.
        foreach (var name in ClassBenchSet.Names("1k").Concat(ClassBenchSet.Names("10k").Where(name => name is "acl2_10k" or "fw1_10k")))
        {
            var rules = ClassBenchSet.Read(name).Rules.Select(rule => rule with { Class = 1 + ((rule.Class - 1) % Territory.Default.Classes) }).ToEquatableArray();
            var set = new FilterRuleSet(rules, rules.Select(rule => rule.Class).Distinct().Order()
                .Select(number => new FilterClass { Number = number, V4 = new FilterAction.Use(Id(1 + (number % 3))), V6 = new FilterAction.Default() }).ToEquatableArray());
            Add(results, $"{name}, {rules.Count} rules in layers", set, EncoderOptions.Default with { MostLayers = int.MaxValue });
            Add(results, $"{name}, {rules.Count} rules searched field by field", set, EncoderOptions.Default);
        }
    }

    private static void Add(Results results, string what, FilterRuleSet set, EncoderOptions options)
    {
        EncodedRuleSet? encoded = null;
        var making = Clock.Median(3, () => encoded = NftablesEncoder.Encode(set, Paths, Territory.Default, options, EncoderMemory.Empty));
        VerificationReport? report = null;
        var proving = Clock.Time(() => report = TableVerification.Verify(encoded!.Table, new() { Rules = set, Paths = Paths }, Territory.Default, 10));
        if (!report!.Differences.IsEmpty)
        {
            throw new InvalidOperationException($"{what}: {report.Differences[0]}");
        }
        results.Section($"Verification of {what}: {report.Elements} elements, {report.Situations} situations");
        results.Add("verify", proving, "ms");
        results.Add("the same beside encoding", proving / making, "x");
        results.Add("situations of which nothing is proven, for want of steps", report.NotUnderstood.Count, "");
    }

    private static PathId Id(int n) => new("ip", $"w{n}");
}
