using System.Globalization;
using CsCheck;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Nftables;
using Waymark.Linux.Verification;
using Waymark.Policies;
using Waymark.Tests.FilterRuleEncoding;
using Waymark.Tests.Naive;

namespace Waymark.Tests.Verification;

/// <summary>
/// One bit of one element of the maps that classify is turned, as a broken memory or another program would. Whoever gets another class by that is found; and what the verification calls equal, the cells of the
/// whole packet space prove to be.
/// </summary>
public sealed class MutationTests
{
    private const int Mutants = 1000;

    private static readonly IpPrefix[] Prefixes =
        [new(IpAddress.Parse("203.0.113.0"), 24), new(IpAddress.Parse("203.0.113.8"), 30), new(IpAddress.Parse("2001:db8:77::"), 48), new(IpAddress.Parse("2001:db8:77::8"), 126)];

    private static readonly Gen<FlowEnd?> End = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.UInt[0, 65535], Gen.UInt[0, 9])
        .Select((kind, prefix, port, more) => kind == 0 ? null : new FlowEnd { Addresses = kind == 2 ? [] : [Prefixes[prefix]], Ports = kind == 1 ? [] : [new(Math.Min(port, 65526), Math.Min(port, 65526) + more)] });

    internal static readonly Gen<Flow> Any = Gen.Select(Gen.Int[0, 2], End, End).Select((protocol, local, peer) => new Flow
    {
        Protocol = protocol == 0 ? null : new FlowProtocol.Transport(protocol == 1 ? TransportProtocol.Tcp : TransportProtocol.Udp, []),
        Local = local,
        Peer = peer,
    });

    [Fact]
    public void Every_bit_that_matters_is_found_and_every_other_is_proven_not_to()
    {
        var (found, harmless, unseen) = (0, 0, 0);
        Gen.Select(Any.Array[1, 2], Gen.Int[0, int.MaxValue], Gen.Int[0, int.MaxValue]).Sample(
            sample =>
            {
                var (flows, pick, bit) = sample;
                var classes = flows.Select((_, i) => new FilterClass { Number = i + 1, V4 = EncodedWorld.Use(1 + i), V6 = EncodedWorld.Use(1 + i) }).ToList();
                var world = EncodedWorld.Of([.. flows.Select((flow, i) => (flow, i + 1))], classes);
                var elements = Asked(world.Encoded.Table);
                if (elements.Count == 0)
                {
                    return true;
                }
                var (set, element) = elements[pick % elements.Count];
                if (Turned(set, element, bit) is not { } turned)
                {
                    return true;
                }
                var table = With(world.Encoded.Table, set, element, turned);
                var report = TableVerification.Verify(table, world.Decision, world.Encoded.Territory, 50);
                var isDifferent = Difference(flows, table) is { } packet;
                // Ports of a protocol without: the kernel takes its first bytes for them, the cells have none there.
                var isUnseen = !isDifferent && !report.IsEqual && report.Differences.All(one => one.Packet.Protocol is not (6 or 17 or 33 or 132 or 136)) && report.NotUnderstood.All(one => one.Contains("no selector speaks of", StringComparison.Ordinal)) && !report.NotUnderstood.IsEmpty;
                Interlocked.Increment(ref isDifferent ? ref found : ref isUnseen ? ref unseen : ref harmless);
                Assert.True(isUnseen || report.IsEqual != isDifferent, $"{set.Name}: {RuleText.Of(set, element)} became {RuleText.Of(set, turned)}; cells say {isDifferent}\n{TableVerificationTests.Said(report)}");
                return true;
            },
            iter: Mutants);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{found} mutants change the class of a packet and were found, {harmless} change none and were called equal, {unseen} look at bytes that no policy speaks of"));
        Assert.True(found > Mutants / 4, $"{found}");
    }

    private static List<(NftablesSet Set, NftablesElement Element)> Asked(NftablesTable table)
    {
        var asked = Chains(table).SelectMany(chain => chain.Rules).SelectMany(rule => rule.Expressions).OfType<NftablesExpression.VerdictOf>().Select(one => one.Set).ToHashSet(StringComparer.Ordinal);
        return [.. table.Sets.Where(set => asked.Contains(set.Name)).SelectMany(set => set.Elements.Select(element => (set, element)))];
    }

    /// <summary>One bit of a part of the key or of its end turned; null where the range would end before it begins, which no kernel loads.</summary>
    private static NftablesElement? Turned(NftablesSet set, NftablesElement element, int bit)
    {
        var bytes = new List<(bool IsEnd, int At)>();
        var at = 0;
        foreach (var part in set.Key)
        {
            for (var i = 0; i < part.Length; i++)
            {
                bytes.Add((false, at + i));
                if (!element.KeyEnd.IsEmpty)
                {
                    bytes.Add((true, at + i));
                }
            }
            at += set.Key.Count == 1 ? part.Length : part.Padded;
        }
        var (isEnd, place) = bytes[bit / 8 % bytes.Count];
        var turned = (isEnd ? element.KeyEnd : element.Key).Select((one, i) => i == place ? (byte)(one ^ (1 << (bit % 8))) : one).ToEquatableArray();
        var mutant = isEnd ? element with { KeyEnd = turned } : element with { Key = turned };
        at = 0;
        foreach (var part in mutant.KeyEnd.IsEmpty ? [] : set.Key.ToArray())
        {
            if (mutant.Key.AsSpan().Slice(at, part.Length).SequenceCompareTo(mutant.KeyEnd.AsSpan().Slice(at, part.Length)) > 0)
            {
                return null;
            }
            at += part.Padded;
        }
        // Nor one that two elements of a map share.
        return set.Elements.Any(other => other != element && other.Verdict != element.Verdict && Overlap(set, other, mutant)) ? null : mutant;
    }

    private static bool Overlap(NftablesSet set, NftablesElement one, NftablesElement other)
    {
        var at = 0;
        foreach (var part in set.Key)
        {
            ReadOnlySpan<byte> low = one.Key.AsSpan().Slice(at, part.Length), high = one.KeyEnd.IsEmpty ? low : one.KeyEnd.AsSpan().Slice(at, part.Length);
            ReadOnlySpan<byte> otherLow = other.Key.AsSpan().Slice(at, part.Length), otherHigh = other.KeyEnd.IsEmpty ? otherLow : other.KeyEnd.AsSpan().Slice(at, part.Length);
            if (low.SequenceCompareTo(otherHigh) > 0 || otherLow.SequenceCompareTo(high) > 0)
            {
                return false;
            }
            at += set.Key.Count == 1 ? part.Length : part.Padded;
        }
        return true;
    }

    private static NftablesTable With(NftablesTable table, NftablesSet set, NftablesElement old, NftablesElement mutant) => table with
    {
        Sets = table.Sets.Select(one => one != set ? one : set with { Elements = set.Elements.Where(element => element != old).Append(mutant).Order().ToEquatableArray() }).ToEquatableArray(),
    };

    private static Packet? Difference(Flow[] flows, NftablesTable table)
    {
        var cells = new PacketCells();
        cells.Cut(flows);
        cells.Cut(table, Chains(table));
        var evaluation = new ChainEvaluation(table, new Dictionary<string, ulong>());
        return cells.Packets().FirstOrDefault(packet =>
        {
            var side = packet.Started == StartedBy.Forwarded ? FlowSide.Forwarded : FlowSide.Local;
            return 1 + Array.FindIndex(flows, flow => NaiveEvaluator.Matches(flow, [], packet)) != (int)(evaluation.Run(side.ChainName(), packet).Mark >> 14);
        });
    }

    private static IEnumerable<NftablesChain> Chains(NftablesTable table) => table.Chains.Where(chain => chain.Name.StartsWith("classify_", StringComparison.Ordinal));
}
