using System.Globalization;
using CsCheck;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.Verification;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Tests.FilterRuleEncoding;
using Waymark.Tests.Flows;

namespace Waymark.Tests.Verification;

/// <summary>What was encoded does what was decided, with every packet and in every situation.</summary>
public sealed class TableVerificationTests
{
    public static readonly TheoryData<string> Sets = [.. ClassBenchSet.Names("1k") is { Count: > 0 } names ? names : ["none"]];

    [Fact]
    public void What_is_encoded_from_any_policies_does_what_they_say() =>
        Gen.Select(FlowSamples.Flow.Array[1, 6], EncodedWorld.Class.Array[1, 4], Gen.Int[0, 1000]).Sample(
            sample =>
            {
                var (flows, classes, pick) = sample;
                var report = EncodedWorld.Of([.. flows.Select((flow, i) => (flow, 1 + ((pick + i) % classes.Length)))], classes).Verify();
                Assert.True(report.IsEqual || (report.NotUnderstood.IsEmpty && report.Differences.All(IsBehindManyExceptions)), Said(report));
            },
            iter: 200);

    [Fact]
    public void Between_sites_no_address_of_the_site_is_translated()
    {
        var paths = new PathSet(EncodedWorld.Paths.Paths.Select(path => path.Name == "w3" ? path : path with { Scope = FlowSelector.OfPeers([new(IpAddress.Parse("203.0.113.0"), 24), new(IpAddress.Parse("2001:db8:77::"), 48)]) }));
        Gen.Select(FlowSamples.Flow.Array[1, 4], EncodedWorld.Class.Array[1, 3]).Sample(
            (flows, classes) =>
            {
                var report = EncodedWorld.Of([.. flows.Select((flow, i) => (flow, 1 + (i % classes.Length)))], classes, paths).Verify();
                Assert.True(report.IsEqual, Said(report));
            },
            iter: 50);
    }

    /// <summary>The search borrows both marks and puts them back, other programs' bits too.</summary>
    [Fact]
    public void What_is_searched_field_by_field_does_what_the_policies_say() =>
        Gen.Select(MutationTests.Any.Array[4, 8], Gen.Int[0, 1000]).Sample(
            (flows, pick) =>
            {
                var classes = Enumerable.Range(1, 3).Select(n => new FilterClass { Number = n, V4 = EncodedWorld.Use(n), V6 = EncodedWorld.Use(1 + (n % 2)) }).ToEquatableArray();
                var rules = flows.Select((flow, i) => new FilterRule(FlowResolution.Resolve([flow], [], NodeNames.None).Selector, 1 + ((pick + i) % 3), new("test", "test.way", null, null, i + 1), null)).ToEquatableArray();
                var world = EncodedWorld.Of(new(rules, classes), EncodedWorld.Paths, EncodedWorld.Options with { MostLayers = 0 });
                Assert.Contains(world.Encoded.Table.Chains, chain => chain.Name.StartsWith("search", StringComparison.Ordinal));
                var report = world.Verify();
                Assert.True(report.IsEqual, Said(report));
            },
            iter: 50);

    [Fact]
    public void What_would_take_too_many_steps_is_not_proven()
    {
        var world = EncodedWorld.Of([(new Flow(), 1)], [new FilterClass { Number = 1, V4 = EncodedWorld.Use(1), V6 = EncodedWorld.Use(1) }]);
        var report = TableVerification.Verify(world.Encoded.Table, world.Decision, world.Encoded.Territory, 50, steps: 1000);
        Assert.Empty(report.Differences);
        Assert.Contains("the first packet of a flow of this host: a proof would take more than 500 steps", report.NotUnderstood);
        Assert.True(world.Verify().IsEqual);
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void A_standard_set_does_what_it_says(string name)
    {
        Assert.SkipWhen(name == "none", ClassBenchSet.Absence);
        var rules = ClassBenchSet.ReadRules(name).Select(rule => rule with { Class = 1 + (rule.Class % 100) }).ToEquatableArray();
        var classes = Enumerable.Range(1, 100).Select(n => new FilterClass { Number = n, V4 = EncodedWorld.Use(1 + (n % 3)), V6 = new FilterAction.Default() }).ToEquatableArray();
        var report = EncodedWorld.Of(new FilterRuleSet(rules, classes), EncodedWorld.Paths, EncodedWorld.Options with { ForwardFrom = [], MostLayers = int.MaxValue }).Verify();
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{name}: {rules.Count} rules, {report.Elements} elements, {report.Situations} situations, {report.Regions} regions"));
        Assert.True(report.IsEqual, Said(report));
    }

    /// <summary>From the seventh exception in a row on, packets without a connection may be refused where another policy would have let them go: docs/compiler.md says why.</summary>
    private static bool IsBehindManyExceptions(Difference one) =>
        one.Situation.Contains("without a connection", StringComparison.Ordinal) && one.By.Any(step => step.Contains("jump classify", StringComparison.Ordinal)) && one.By[^1].EndsWith("drop", StringComparison.Ordinal);

    internal static string Said(VerificationReport report) => string.Join('\n', report.Differences.Take(5)
        .Select(one => $"{one.Situation}: {PacketText.Of(one.Packet)}\n  decided: {one.Decided}\n  does: {one.Does} (+{one.Others})\n    {string.Join("\n    ", one.By)}")
        .Concat(report.NotUnderstood.Take(5)));
}
