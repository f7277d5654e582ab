using CsCheck;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleEncoding.FieldSearch;
using Waymark.Linux.Nftables;
using Waymark.Paths;

namespace Waymark.Tests.FilterRuleEncoding;

/// <summary>Rules that are searched field by field give the class of the first that matches, however they overlap, and whatever was in the marks before.</summary>
public sealed class RuleSearchTests
{
    private static readonly EncoderOptions Searching = EncoderOptions.Default with { MostLayers = 0 };

    private static readonly IpAddress[] Hosts =
        [.. new[] { "10.0.0.1", "10.1.0.2", "10.1.2.3", "10.1.2.4", "10.1.3.1", "192.0.2.1", "192.0.2.200", "127.0.0.1", "150.0.0.1", "223.0.0.1" }.Select(IpAddress.Parse)];

    /// <summary>Wide and narrow prefixes that lie in each other, so that all three groups have rules.</summary>
    private static readonly Gen<RangeSet?> Addresses = Prefix(["0.0.0.0/1", "128.0.0.0/2", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3/32", "10.1.0.0/30", "192.0.2.0/24", "192.0.2.128/25"]);

    private static readonly Gen<RangeSet?> Ports = Gen.Select(Gen.Int[0, 3], Gen.UInt[0, 4], Gen.UInt[0, 3])
        .Select((kind, low, more) => kind == 0 ? RangeSet.Of(new NumberRange(low, low + more)) : null);

    private static readonly Gen<FlowBox> Box = Gen.Select(Addresses, Addresses, Ports, Ports, Gen.Int[0, 4]).Select((peer, local, peerPort, localPort, protocol) => new FlowBox
    {
        Family = IpFamily.V4,
        Peer = peer,
        Local = local,
        PeerPort = peerPort,
        LocalPort = localPort,
        Protocol = protocol == 0 ? RangeSet.Of(6) : protocol == 1 ? RangeSet.Of(17) : peerPort is null && localPort is null ? (protocol == 2 ? RangeSet.Of(47) : null) : RangeSet.Of(new NumberRange(6, 6), new NumberRange(17, 17)),
    });

    private static readonly Gen<Packet> Packets = Gen.Select(Address, Address, Gen.UShort[0, 9], Gen.UShort[0, 9], Gen.Int[0, 2]).Select((local, peer, localPort, peerPort, protocol) => new Packet
    {
        Protocol = (byte)(protocol == 0 ? 6 : protocol == 1 ? 17 : 47),
        Local = local,
        Peer = peer,
        LocalPort = protocol == 2 ? null : localPort,
        PeerPort = protocol == 2 ? null : peerPort,
        Started = StartedBy.Here,
    });

    private static Gen<IpAddress> Address => Gen.Int[0, Hosts.Length - 1].Select(i => Hosts[i]);

    /// <param name="classes">Few let states and answers be shared, many keep them apart.</param>
    [Theory]
    [InlineData(2)]
    [InlineData(1000)]
    public void The_first_matching_rule_decides(int classes)
    {
        var groups = new int[4];
        Gen.Select(Box.Array[1, 40], Packets.Array[100]).Sample(
            sample =>
            {
                var (boxes, packets) = sample;
                var table = Encode(boxes, classes, Searching);
                Interlocked.Increment(ref groups[table.Sets.Count(set => set.Name.EndsWith("_first", StringComparison.Ordinal))]);
                var evaluation = new ChainEvaluation(table, new Dictionary<string, ulong>());
                return packets.All(packet =>
                {
                    var expected = Expected(boxes, packet, classes);
                    // A connection that is pinned, or marked by another, is classified by the layers.
                    return evaluation.Run(FlowSide.Local.ChainName(), packet).Mark == expected << 14 && evaluation.Run(FlowSide.Local.ChainName(), packet, 5).Mark == ((expected << 14) | 5);
                });
            },
            iter: 400);
        Assert.All(groups[1..], count => Assert.True(count > 0, string.Join(' ', groups)));
    }

    [Fact]
    public void Every_kind_of_table_is_asked()
    {
        var missed = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var random = new Random(7);
        Gen.Select(Box.Array[20, 40], Packets.Array[1_000]).Sample(
            sample =>
            {
                var (boxes, packets) = sample;
                var table = Encode(boxes, 1000, Searching);
                foreach (var set in table.Sets.Where(set => set.Name.StartsWith("s4_", StringComparison.Ordinal)))
                {
                    var lost = set.Elements[random.Next(set.Elements.Count)];
                    var evaluation = new ChainEvaluation(table with
                    {
                        Sets = table.Sets.Select(one => one != set ? one : set with { Elements = set.Elements.Where(other => other != lost).ToEquatableArray() }).ToEquatableArray(),
                    }, new Dictionary<string, ulong>());
                    var kind = set.Name[(set.Name.IndexOf('_', 3) + 1)..];
                    missed[kind] = missed.GetValueOrDefault(kind) + (packets.Any(packet => evaluation.Run(FlowSide.Local.ChainName(), packet).Mark != Expected(boxes, packet, 1000) << 14) ? 1 : 0);
                }
                return true;
            },
            iter: 30, threads: 1);
        Assert.Equal(3 * 4 + 2 + 1, missed.Count);
        Assert.All(missed, kind => Assert.True(kind.Value > 0, $"{kind.Key}: no packet misses an element"));
    }

    [Fact]
    public void Standard_filter_sets_of_ten_thousand_rules_take_twelve_lookups()
    {
        var names = ClassBenchSet.RuleNames();
        Assert.SkipWhen(names.Count == 0, ClassBenchSet.Absence);
        foreach (var name in names)
        {
            var pieces = ClassBenchSet.ReadRules(name).SelectMany(rule => rule.Selector.Boxes.SelectMany(box => Piece.Of(box, rule.Class, null))).ToList();
            var search = RuleSearch.Of(pieces, IpFamily.V4);
            Assert.NotNull(search);
            Assert.InRange(search.Lookups, 1, 12);
            Assert.True(search.Elements <= 6 * pieces.Count, $"{name}: {search.Elements} elements of {pieces.Count} rules");
        }
    }

    [Fact]
    public void Rules_that_a_search_would_multiply_stay_in_layers()
    {
        // Every peer meets every own address, with ports of its own: the tables would have a list of rules for each pair.
        var random = new Random(1);
        var boxes = Enumerable.Range(0, 400).Select(i => new FlowBox
        {
            Family = IpFamily.V4,
            Protocol = RangeSet.Of(6),
            PeerPort = RangeSet.Of((UInt128)i),
            Peer = Range(random.Next(1 << 20), random.Next(1 << 20)),
            Local = Range(random.Next(1 << 20), random.Next(1 << 20)),
        }).ToArray();
        Assert.Null(RuleSearch.Of([.. boxes.Select((box, i) => new Piece(box, i + 1, null))], IpFamily.V4));
        Assert.DoesNotContain(Encode(boxes, 1000, EncoderOptions.Default).Chains, chain => chain.Name.StartsWith("search", StringComparison.Ordinal));

        static RangeSet Range(int one, int other) => RangeSet.Of(new NumberRange((UInt128)Math.Min(one, other), (UInt128)Math.Max(one, other)));
    }

    private static uint Expected(FlowBox[] boxes, Packet packet, int classes) =>
        (uint)(Array.FindIndex(boxes, box => box.Matches(packet)) is var at and >= 0 ? (at % classes) + 1 : 0);

    private static NftablesTable Encode(FlowBox[] boxes, int classes, EncoderOptions options)
    {
        var rules = boxes.Select((box, i) => new FilterRule(new([box]), (i % classes) + 1, new("test", "test", null, null, i + 1), null)).ToEquatableArray();
        var numbers = rules.Select(rule => rule.Class).Distinct().Order();
        var encoded = NftablesEncoder.Encode(
            new(rules, numbers.Select(number => new FilterClass { Number = number, V4 = new FilterAction.Default(), V6 = new FilterAction.Default() }).ToEquatableArray()),
            PathSet.Empty, Territory.Default, options, EncoderMemory.Empty);
        Assert.Empty(encoded.Refused);
        return encoded.Table;
    }

    private static Gen<RangeSet?> Prefix(string[] prefixes) => Gen.Int[0, prefixes.Length + 2].Select(i =>
    {
        if (i >= prefixes.Length)
        {
            return null;
        }
        var parts = prefixes[i].Split('/');
        var prefix = new IpPrefix(IpAddress.Parse(parts[0]), int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
        return RangeSet.Of(new NumberRange(prefix.First.Bits, prefix.Last.Bits));
    });
}
