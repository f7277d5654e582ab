using CsCheck;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Nftables;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Tests.Flows;
using Waymark.Tests.Naive;

namespace Waymark.Tests.FilterRuleEncoding;

/// <summary>The encoded table and the policies give the same class in every cell of the packet space, local, by peers and forwarded; a table that lost or moved an element does not.</summary>
public sealed class WholeSpaceTests
{
    private static readonly EncoderOptions Options = EncoderOptions.Default with { ForwardFrom = ["lan0"] };

    private static readonly IpPrefix[] Prefixes =
        [new(IpAddress.Parse("203.0.113.0"), 24), new(IpAddress.Parse("203.0.113.8"), 30), new(IpAddress.Parse("2001:db8:77::"), 48), new(IpAddress.Parse("2001:db8:77::8"), 126)];

    private static readonly Gen<FlowEnd?> End = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], FlowSamples.Ports)
        .Select((kind, prefix, ports) => kind == 0 ? null : new FlowEnd { Addresses = kind == 2 ? [] : [Prefixes[prefix]], Ports = kind == 1 ? [] : [ports] });

    private static readonly Gen<Flow> Any = Gen.Select(Gen.Int[0, 2], End, End).Select((protocol, local, peer) => new Flow
    {
        Protocol = protocol == 0 ? null : new FlowProtocol.Transport(protocol == 1 ? TransportProtocol.Tcp : TransportProtocol.Udp, []),
        Local = local,
        Peer = peer,
    });

    [Theory]
    [InlineData(12)]
    [InlineData(0)]
    public void Every_cell_has_the_class_of_the_first_matching_policy(int mostLayers) =>
        Any.Array[1, 3].Sample(flows => Difference(flows, Encode(flows, mostLayers)) is null, iter: 300);

    [Fact]
    public void An_element_lost_or_moved_by_one_is_found()
    {
        // TCP without ports: its neighbour, protocol 7, has none, and an element with ports that grew by it would mean the same.
        Flow[] flows =
        [
            new() { Protocol = new FlowProtocol.Transport(TransportProtocol.Tcp, []), Peer = new() { Addresses = [Prefixes[0]] } },
            new() { Protocol = new FlowProtocol.Transport(TransportProtocol.Udp, []), Peer = new() { Addresses = [Prefixes[2]], Ports = [new(443, 500)] } },
        ];
        var table = Encode(flows);
        Assert.Null(Difference(flows, table));
        var maps = Asked(table);
        var count = 0;
        foreach (var set in table.Sets.Where(set => maps.Contains(set.Name) && set.IsInterval))
        {
            foreach (var element in set.Elements)
            {
                Assert.NotNull(Difference(flows, With(table, set, element, null)));
                count++;
                var at = 0;
                foreach (var part in set.Key)
                {
                    var last = at + part.Length - 1;
                    // One bit: the lowest of the end of this part's range.
                    var end = element.KeyEnd.Select((one, i) => i == last ? (byte)(one ^ 1) : one).ToEquatableArray();
                    Assert.True(Difference(flows, With(table, set, element, element with { KeyEnd = end })) is not null, $"{set.Name}, byte {last} of the end of {element}");
                    at += part.Padded;
                    count++;
                }
            }
        }
        Assert.True(count >= 6, $"{count} mutants");
    }

    // Of disjoint flows: where one hides another, elements of the hidden one may lead anywhere and mean the same.
    [Fact]
    public void An_element_that_leads_to_another_class_is_found()
    {
        var mutants = 0;
        Gen.Select(Any, Any, Gen.Int[0, int.MaxValue]).Sample(
            sample =>
            {
                var (one, two, pick) = sample;
                Flow[] flows =
                [
                    one with { Protocol = new FlowProtocol.Transport(TransportProtocol.Tcp, []) },
                    two with { Protocol = new FlowProtocol.Transport(TransportProtocol.Udp, []) },
                ];
                var table = Encode(flows);
                var asked = Asked(table);
                var elements = table.Sets.Where(set => asked.Contains(set.Name)).SelectMany(set => set.Elements.Select(held => (Set: set, Element: held))).ToList();
                var setters = elements.Select(held => held.Element.Verdict).Distinct().ToList();
                if (setters.Count < 2)
                {
                    return true;
                }
                Interlocked.Increment(ref mutants);
                var (set, element) = elements[pick % elements.Count];
                var other = setters[(setters.IndexOf(element.Verdict) + 1) % setters.Count];
                return Difference(flows, With(table, set, element, element with { Verdict = other })) is not null;
            },
            iter: 300);
        Assert.True(mutants > 100, $"{mutants} mutants");
    }

    private static HashSet<string> Asked(NftablesTable table) =>
        [.. Chains(table).SelectMany(chain => chain.Rules).SelectMany(rule => rule.Expressions).OfType<NftablesExpression.VerdictOf>().Select(one => one.Set)];

    private static NftablesTable With(NftablesTable table, NftablesSet set, NftablesElement old, NftablesElement? mutant) => table with
    {
        Sets = table.Sets.Select(one => one != set ? one : set with
        {
            Elements = set.Elements.Where(element => element != old).Concat(mutant is null ? [] : [mutant]).Order().ToEquatableArray(),
        }).ToEquatableArray(),
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

    /// <summary>The chains that classify: those of both sides and what follows them.</summary>
    private static IEnumerable<NftablesChain> Chains(NftablesTable table) => table.Chains.Where(chain =>
        new[] { FlowSide.Local, FlowSide.Forwarded }.Any(side => chain.Name == side.ChainName() || chain.Name.StartsWith(side.ChainName() + "_", StringComparison.Ordinal))
        || chain.Name.StartsWith("search", StringComparison.Ordinal));

    private static NftablesTable Encode(Flow[] flows, int mostLayers = 12)
    {
        var rules = flows.Select((flow, i) => new FilterRule(
            FlowResolution.Resolve([flow], [], NodeNames.None).Selector, i + 1, new("test", "test", null, null, i + 1), null)).ToEquatableArray();
        var classes = flows.Select((_, i) => new FilterClass { Number = i + 1, V4 = new FilterAction.Drop(), V6 = new FilterAction.Drop() }).ToEquatableArray();
        var encoded = NftablesEncoder.Encode(new(rules, classes), PathSet.Empty, Territory.Default, Options with { MostLayers = mostLayers }, EncoderMemory.Empty);
        Assert.Empty(encoded.Refused);
        return encoded.Table;
    }
}
