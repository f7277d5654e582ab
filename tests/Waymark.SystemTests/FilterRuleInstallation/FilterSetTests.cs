using System.Globalization;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Nftables;
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

    /// <summary>What the digits can spell, and the connection mark can bear: rules beyond share their number with an earlier one.</summary>
    private const int Most = 1023;

    /// <summary>The chain that begins the search for IPv4.</summary>
    private const string Search = "search4";

    public static readonly TheoryData<string> Sets = Named("1k"), LargeSets = Named("10k");

    [Theory]
    [MemberData(nameof(Sets))]
    public void The_kernel_gives_the_published_first_match_of_a_standard_filter_set(string name)
    {
        Assert.SkipWhen(name == "none", ClassBenchSet.Absence);
        Check(name, ClassBenchSet.Read(name), leastRules: 0.9);
    }

    [Theory]
    [MemberData(nameof(LargeSets))]
    public void The_search_in_the_kernel_gives_the_published_first_match_of_ten_thousand_rules(string name)
    {
        Assert.SkipWhen(name == "none", ClassBenchSet.Absence);
        var set = ClassBenchSet.Read(name);
        const int Headers = 2_000;
        var (sent, searched) = Check(name, set with { Headers = [.. Enumerable.Range(0, Headers).Select(i => set.Headers[(int)((long)i * set.Headers.Count / Headers)])] }, leastRules: 0.1);
        // Every packet is the first of its connection.
        Assert.True(searched >= sent, $"{name}: {searched} of {sent} packets were searched for");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_kernel_gives_the_first_match_of_a_set_of_overlapping_prefixes_and_port_ranges(int seed) =>
        Check($"made from seed {seed}", OverlappingSet.Make(new(seed), rules: 250), leastRules: 0.6);

    private static TheoryData<string> Named(string size) => [.. ClassBenchSet.Names(size) is { Count: > 0 } names ? names : ["none"]];

    /// <summary>Gives how many packets were sent, in all rounds, and how many of them the kernel has searched the class of, field by field.</summary>
    private static (int Sent, int Searched) Check(string name, ClassBenchSet set, double leastRules)
    {
        using var world = new World();
        var wire = new NumberedPackets(world);
        var identities = new FlowIdentities();
        var turned = new Indistinguishable(set);
        var packets = new List<(Packet Packet, int Rule)>();
        foreach (var (header, expected) in set.Headers)
        {
            var side = packets.Count % 2 == 0 ? header with { User = 0, Group = 0 } : header with { Started = StartedBy.Forwarded, FromInterface = "l0" };
            if (turned.Alternatives(side).FirstOrDefault(identities.TryTake) is { } packet)
            {
                packets.Add((packet, expected));
            }
        }
        var numbered = turned.Rules.Select(rule => rule with { Class = Number(rule.Class) }).ToEquatableArray();
        var told = new int[packets.Count];
        for (int round = 0, weight = 1; round < Digits; round++, weight *= 4)
        {
            var rules = new FilterRuleSet(numbered, numbered.Select(rule => rule.Class).Distinct().Order().Select(number => Class(number, Action(Digit(number, weight)))).ToEquatableArray());
            var encoded = world.Encode(rules);
            Assert.True(encoded.Refused.IsEmpty, $"{name} cannot be encoded: {string.Join(' ', encoded.Refused.Select(one => one.Reason).Distinct())}");
            world.Installer.Apply(Counting(encoded));
            world.Memory = encoded.Memory;
            World.In(world.NodeName, "conntrack", "-F");
            var seen = wire.Send([.. packets.Select((one, i) => (one.Packet, (uint)i))], i => Digit(Number(packets[i].Rule), weight) != Drops);
            for (var i = 0; i < seen.Length; i++)
            {
                told[i] += weight * (seen[i].Uplink == 0 ? Drops : seen[i].Uplink - 1);
            }
        }
        var differences = packets.Zip(told).Where(one => Number(one.First.Rule) != one.Second).ToList();
        var hit = packets.Select(one => one.Rule).Distinct().Count();
        var report = string.Create(CultureInfo.InvariantCulture,
            $"{name}: {set.LeftOut}; {packets.Count} sent in each of {Digits} rounds (the others have an address that no packet may have, and none stands for it, or would be of the flow of one before); {hit} of {set.Rules.Count} rules decided, {differences.Count} packets differ");
        TestContext.Current.TestOutputHelper!.WriteLine(report);
        Assert.True(differences.Count == 0, $"{report}\n{string.Join('\n', differences.Take(3).Select(one => $"{one.First.Packet}: {one.Second}, not {Number(one.First.Rule)} of rule {one.First.Rule}"))}");
        Assert.True(hit >= leastRules * set.Rules.Count, report);
        return (Digits * packets.Count, Searched(world));
    }

    /// <summary>The same, but that packets which are searched for are counted.</summary>
    private static EncodedRuleSet Counting(EncodedRuleSet encoded)
    {
        var chains = encoded.Table.Chains.Select(chain => chain.Name == Search ? chain with { Rules = [new([new NftablesExpression.Count()]), .. chain.Rules] } : chain).ToEquatableArray();
        return new(encoded.Territory, encoded.Table with { Chains = chains })
        {
            Routes = encoded.Routes,
            IpRules = encoded.IpRules,
            LooseDevices = encoded.LooseDevices,
            Memory = encoded.Memory,
        };
    }

    private static int Searched(World world) =>
        World.In(world.NodeName, "nft", "list", "table", "inet", "waymark").Split($"chain {Search} {{") is [_, var rest] ? int.Parse(rest.Split("counter packets ")[1].Split(' ')[0], CultureInfo.InvariantCulture) : 0;

    private static int Number(int rule) => 1 + ((rule - 1) % Most);

    private static int Digit(int number, int weight) => number / weight % 4;

    private static FilterAction Action(int digit) => digit == Drops ? Drop : Use(digit + 1);
}
