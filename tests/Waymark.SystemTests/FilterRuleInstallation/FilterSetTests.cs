using System.Globalization;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Tests.FilterRuleEncoding;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>
/// Whole filter sets in the kernel. In each of five rounds the uplink that a packet leaves by, or that it does not leave, is a digit of the number of the rule that
/// decided it, in base four: together the rounds spell the number. Between them only the classes' paths change, never a selector.
/// </summary>
public sealed class FilterSetTests
{
    private const int Digits = 5, Drops = 3;

    public static readonly TheoryData<string> Sets = [.. ClassBenchSet.Names("1k") is { Count: > 0 } names ? names : ["none"]];

    [Theory]
    [MemberData(nameof(Sets))]
    public void The_kernel_gives_the_published_first_match_of_a_standard_filter_set(string name)
    {
        Assert.SkipWhen(name == "none", ClassBenchSet.Absence);
        Check(name, ClassBenchSet.Read(name), leastRules: 0.9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_kernel_gives_the_first_match_of_a_set_of_overlapping_prefixes_and_port_ranges(int seed) =>
        Check($"made from seed {seed}", OverlappingSet.Make(new(seed), rules: 250), leastRules: 0.6);

    private static void Check(string name, ClassBenchSet set, double leastRules)
    {
        using var world = new World();
        var wire = new NumberedPackets(world);
        var identities = new FlowIdentities();
        var turned = new Indistinguishable(set);
        var packets = new List<(Packet Packet, int Expected)>();
        foreach (var (header, expected) in set.Headers)
        {
            var side = packets.Count % 2 == 0 ? header with { User = 0, Group = 0 } : header with { Started = StartedBy.Forwarded, FromInterface = "l0" };
            if (turned.Alternatives(side).FirstOrDefault(identities.TryTake) is { } packet)
            {
                packets.Add((packet, expected));
            }
        }
        var told = new int[packets.Count];
        for (int round = 0, weight = 1; round < Digits; round++, weight *= 4)
        {
            var rules = new FilterRuleSet(turned.Rules.ToEquatableArray(), turned.Rules.Select(rule => Class(rule.Class, Action(Digit(rule.Class, weight)))).ToEquatableArray());
            var refused = world.Encode(rules).Refused;
            Assert.True(refused.IsEmpty, $"{name} cannot be encoded: {string.Join(' ', refused.Select(one => one.Reason).Distinct())}");
            world.Apply(rules);
            World.In(world.NodeName, "conntrack", "-F");
            var seen = wire.Send([.. packets.Select((one, i) => (one.Packet, (uint)i))], i => Digit(packets[i].Expected, weight) != Drops);
            for (var i = 0; i < seen.Length; i++)
            {
                told[i] += weight * (seen[i].Uplink == 0 ? Drops : seen[i].Uplink - 1);
            }
        }
        var differences = packets.Zip(told).Where(one => one.First.Expected != one.Second).ToList();
        var hit = packets.Select(one => one.Expected).Distinct().Count();
        var report = string.Create(CultureInfo.InvariantCulture,
            $"{name}: {set.LeftOut}; {packets.Count} sent in each of {Digits} rounds (the others have an address that no packet may have, and none stands for it, or would be of the flow of one before); {hit} of {set.Rules.Count} rules decided, {differences.Count} packets differ");
        TestContext.Current.TestOutputHelper!.WriteLine(report);
        Assert.True(differences.Count == 0, $"{report}\n{string.Join('\n', differences.Take(3).Select(one => $"{one.First.Packet}: rule {one.Second}, not {one.First.Expected}"))}");
        Assert.True(hit >= leastRules * set.Rules.Count, report);
    }

    private static int Digit(int number, int weight) => number / weight % 4;

    private static FilterAction Action(int digit) => digit == Drops ? Drop : Use(digit + 1);
}
