using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleEncoding.FieldSearch;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.SystemTests.FilterRuleInstallation;
using Waymark.Tests.FilterRuleEncoding;

namespace Waymark.Benchmarks;

/// <summary>
/// Standard filter sets as maps of the kernel's: what they take to make and to load, how many maps the worst packet asks, and what it costs, beside the same rules in a
/// row. (An ipset can say none of the sets: it has no order among its elements, so not which of two that overlap comes first.)
/// </summary>
internal static class CompileRows
{
    private const int PerRound = 2_000, PerRoundInARow = 100;

    private static readonly EncoderOptions Layers = EncoderOptions.Default with { MostLayers = int.MaxValue };

    public static void Add(Results results)
    {
        using var uplinks = new Uplinks(1);
        using var packets = new FirstPackets();
        var withHeaders = ClassBenchSet.Names("1k").Concat(ClassBenchSet.Names("10k")).ToList();
        foreach (var name in withHeaders.Concat(ClassBenchSet.RuleNames().Except(withHeaders)))
        {
            if (withHeaders.Contains(name))
            {
                var read = ClassBenchSet.Read(name);
                var set = new Indistinguishable(read);
                var rules = Folded(set.Rules);
                AddLoading(results, name, rules, uplinks);
                AddPackets(results, rules, set, read.Headers, uplinks, packets);
            }
            else
            {
                AddLoading(results, name, Folded(ClassBenchSet.ReadRules(name)), uplinks);
            }
        }
    }

    /// <summary>As many classes as there are by default, and no two neighbours of one.</summary>
    private static List<FilterRule> Folded(IEnumerable<FilterRule> rules) => [.. rules.Select(rule => rule with { Class = Folded(rule.Class) })];

    private static int Folded(int number) => 1 + ((number - 1) % Territory.Default.Classes);

    private static EncodedRuleSet Encode(IReadOnlyList<FilterRule> rules, Uplinks uplinks, EncoderOptions options, EncoderMemory memory) => NftablesEncoder.Encode(
        new(rules.ToEquatableArray(), rules.Select(rule => rule.Class).Distinct().Order()
            .Select(number => new FilterClass { Number = number, V4 = new FilterAction.Default(), V6 = new FilterAction.Default() }).ToEquatableArray()),
        uplinks.Paths, Territory.Default, options, memory);

    private static List<Piece> Pieces(IReadOnlyList<FilterRule> rules) => [.. rules.SelectMany(rule => Piece.Of(rule.Selector.Boxes[0], rule.Class, null))];

    private static void AddLoading(Results results, string name, List<FilterRule> rules, Uplinks uplinks)
    {
        results.Section($"{name}: {rules.Count} rules as maps");
        var pieces = Pieces(rules);
        var layered = Layering.Of(pieces).Count;
        results.Add("lookups of the worst packet, in layers", layered, "");
        results.Add("lookups of the worst packet, field by field where that can be", RuleSearch.Of(pieces, IpFamily.V4)?.Lookups ?? layered, "", name.EndsWith("10k", StringComparison.Ordinal) ? "at most 12" : "");
        var encoded = Encode(rules, uplinks, EncoderOptions.Default, EncoderMemory.Empty);
        var searched = encoded.Table.Sets.Where(set => set.Name.StartsWith("s4_", StringComparison.Ordinal)).ToList();
        results.Add("maps of the search", searched.Count, "");
        results.Add("elements of the search", searched.Sum(set => set.Elements.Count), "");
        results.Add("elements of the whole table, with the layers", encoded.Table.Sets.Sum(set => set.Elements.Count), "");
        results.Add("encode", Clock.Median(3, () => Encode(rules, uplinks, EncoderOptions.Default, EncoderMemory.Empty)), "ms");
        results.Add("encode, layers only", Clock.Median(3, () => Encode(rules, uplinks, Layers, EncoderMemory.Empty)), "ms");
        using var installer = new FilterRuleInstaller(Territory.Default, TimeProvider.System);
        List<double> loadings = [], layers = [], peers = [];
        for (var round = 0; round < 3; round++)
        {
            encoded = Encode(rules, uplinks, Layers, installer.Adopt());
            layers.Add(Clock.Time(() => installer.Apply(encoded)));
            installer.Erase();
            encoded = Encode(rules, uplinks, EncoderOptions.Default, installer.Adopt());
            loadings.Add(Clock.Time(() => installer.Apply(encoded)));
            // Without its flags: a table with an owner goes when that program ends.
            var text = string.Join('\n', Uplinks.Run("nft", null, "list", "table", "inet", "waymark").Split('\n').Where(line => !line.StartsWith("\tflags ", StringComparison.Ordinal)));
            installer.Erase();
            peers.Add(Clock.Time(() => Uplinks.Run("nft", text, "-f", "-")));
            Uplinks.Run("nft", "delete table inet waymark\n", "-f", "-");
        }
        results.Add("load", Clock.Rank(loadings, 50), "ms");
        results.Add("for comparison, nft -f of the same table", Clock.Rank(peers, 50), "ms");
        results.Add("load, layers only", Clock.Rank(layers, 50), "ms");
    }

    /// <summary>Each way by the header that takes it longest: the layers by one that the deepest of them answers, rows by one that the last of them does, the search by both.</summary>
    private static void AddPackets(
        Results results, List<FilterRule> rules, Indistinguishable set, IReadOnlyList<(Packet Packet, int Expected)> headers, Uplinks uplinks, FirstPackets packets)
    {
        var pieces = rules.Zip(set.Rules).ToDictionary(pair => pair.Second.Class, pair => Pieces([pair.First]));
        var depths = new Dictionary<Piece, int>(ReferenceEqualityComparer.Instance);
        foreach (var (layer, depth) in Layering.Of(pieces.OrderBy(one => one.Key).SelectMany(one => one.Value)).Select((layer, i) => (layer, i)))
        {
            layer.Pieces.ForEach(piece => depths[piece] = depth);
        }
        var sent = headers.SelectMany(one => set.Alternatives(one.Packet).Where(IsSendable).Take(1).Select(packet =>
            (Packet: packet, one.Expected, Depth: pieces[one.Expected].Where(piece => piece.Box.Matches(packet)).Max(piece => depths.GetValueOrDefault(piece, -1))))).ToList();
        var (deepest, last) = (sent.MaxBy(one => one.Depth), sent.MaxBy(one => one.Expected));
        Uplinks.Run("nft", "table ip bench {\nchain output {\ntype route hook output priority mangle\n}\n}\n", "-f", "-");
        var none = packets.Cost(deepest.Packet, PerRound);
        Uplinks.Run("nft", "delete table ip bench\n", "-f", "-");
        results.Add("first packet: an empty chain", none, "ns");
        var one = Ours([new(new([new FlowBox { Family = IpFamily.V4 }]), Folded(deepest.Expected), rules[0].Origin, null)], EncoderOptions.Default, deepest);
        results.Add("first packet: one rule of ours", one, "ns");
        var search = Math.Max(Ours(rules, EncoderOptions.Default, deepest), Ours(rules, EncoderOptions.Default, last));
        var isLarge = last.Expected > 5_000;
        Row("the search", search);
        results.Add("first packet: the search, beside one rule", search / one, "x", isLarge ? "within 3" : "");
        Row($"the layers, {deepest.Depth + 1} of them", Ours(rules, Layers, deepest));
        Row($"nftables, {last.Expected} rules in a row", Others(last, RulesInARow.Nftables(rules), "nft", "delete table ip bench\n", "-f", "-"));
        Row($"iptables (legacy), {last.Expected} rules in a row", Others(last, RulesInARow.Iptables(rules), "iptables-legacy-restore", "*mangle\nCOMMIT\n"));

        void Row(string what, double cost)
        {
            results.Add($"first packet: {what}", cost, "ns");
            results.Add($"first packet: {what}, beside an empty chain", cost / none, "x");
        }

        double Ours(IReadOnlyList<FilterRule> rules, EncoderOptions options, (Packet Packet, int Expected, int Depth) header)
        {
            using var installer = new FilterRuleInstaller(Territory.Default, TimeProvider.System);
            installer.Apply(Encode(rules, uplinks, options, installer.Adopt()));
            Check((packets.MarkOf(header.Packet) & Territory.Default.CtClassMask) == Territory.Default.CtClass(Folded(header.Expected)), header);
            var cost = packets.Cost(header.Packet, PerRound);
            installer.Erase();
            return cost;
        }

        double Others((Packet Packet, int Expected, int Depth) header, string table, string program, string removal, params string[] arguments)
        {
            Uplinks.Run(program, table, arguments);
            Check(packets.MarkOf(header.Packet) == Folded(header.Expected), header);
            var cost = packets.Cost(header.Packet, PerRoundInARow);
            Uplinks.Run(program, removal, arguments);
            return cost;
        }
    }

    /// <summary>A figure for a wrong answer is none.</summary>
    private static void Check(bool isRight, (Packet Packet, int Expected, int Depth) header)
    {
        if (!isRight)
        {
            throw new InvalidOperationException($"rule {header.Expected} did not decide {header.Packet}");
        }
    }

    /// <summary>Of a protocol that every form of the rules knows, and not to the uplink's own network.</summary>
    private static bool IsSendable(Packet packet) => packet.Protocol is 1 or 6 or 17 or 132 && packet.Local.Bits >> 16 != 0x0a01 && packet.Peer.Bits >> 16 != 0x0a01;
}
