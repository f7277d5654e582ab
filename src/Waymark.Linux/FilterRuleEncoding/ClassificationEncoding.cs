using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding.FieldSearch;
using Waymark.Linux.Nftables;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// Selectors as chains and maps that send a connection's packet to the setter chain of its class. Two forms of the same: for packets of this node's programs, and
/// for those of the hosts behind it, each without what cannot be there (a forwarded packet has no user).
/// </summary>
/// <param name="cgroups">Ids of control groups by path.</param>
/// <param name="territory">Which numbers are ours.</param>
/// <param name="mostLayers">With more lookups in a row than this, rules are searched field by field.</param>
/// <param name="names">Of hash maps.</param>
internal sealed class ClassificationEncoding(IReadOnlyDictionary<string, ulong> cgroups, Territory territory, int mostLayers, ExactMapNames names)
{
    /// <summary>More elements than this for one box are refused: a product of long lists of ranges that no packet needs.</summary>
    private const long MostElements = 1 << 16;

    /// <summary>Hop-by-hop, routing, fragment, authentication, destination options (RFC 8200 section 4, RFC 4302).</summary>
    private static readonly RangeSet ExtensionHeaders = RangeSet.Of(new(0, 0), new(43, 44), new(51, 51), new(60, 60));

    private readonly List<NftablesSet> sets = [];
    private readonly Dictionary<int, NftablesVerdict> setters = [];
    private readonly List<RefusedRule> refused = [];
    private readonly List<NftablesChain> searches = [];

    /// <summary>The maps.</summary>
    public IReadOnlyList<NftablesSet> Sets => sets;

    /// <summary>What could not be encoded.</summary>
    public IReadOnlyList<RefusedRule> Refused => refused;

    /// <summary>The chains, the first of which is entered: <c>classify_local</c>, <c>classify_forwarded</c> where asked for, and their continuations.</summary>
    public IEnumerable<NftablesChain> Encode(IEnumerable<FilterRule> rules, NftablesRule reset, bool isForwarding)
    {
        var pieces = new List<Piece>();
        foreach (var rule in rules)
        {
            var reasons = new SortedDictionary<string, List<FlowBox>>(StringComparer.Ordinal);
            foreach (var box in rule.Selector.Boxes)
            {
                foreach (var piece in Piece.Of(box, rule.Class, rule.EndsAt))
                {
                    var reason = Reason(piece);
                    if (reason is not null)
                    {
                        reasons.TryAdd(reason, []);
                    }
                    // "Not by that program" is true of what a host behind us sends, and only of that can it be known.
                    var isMatchedBehind = isForwarding && piece.Box.App is { HasAbsent: true };
                    if (reason is null || isMatchedBehind)
                    {
                        pieces.Add(piece);
                    }
                    if (reason is not null)
                    {
                        reasons[reason].AddRange(isMatchedBehind ? FromHere(piece.Box) : [piece.Box]);
                    }
                }
            }
            refused.AddRange(reasons.Select(one => new RefusedRule(rule, one.Key) { Unmatched = one.Value.Distinct().ToEquatableArray() }));
        }
        var layers = Layering.Of(pieces);
        var sections = SearchSections.Of(pieces, layers, mostLayers);
        var all = Encoded(layers);
        var sides = Enum.GetValues<FlowSide>().Where(side => side == FlowSide.Local || isForwarding);
        if (sections.Count == 0)
        {
            return [.. sides.SelectMany(side => Chains(side, side.ChainName(), [all], reset))];
        }
        var searched = sections.Select(section => Encoded(section.Layers)).ToList();
        for (var i = 0; i < sections.Count; i++)
        {
            foreach (var search in sections[i].Searches)
            {
                var encoding = new RuleSearchEncoding(search, $"search{search.Family.Digit}{(i == 0 ? "" : $"_{i + 1}")}", territory);
                sets.AddRange(encoding.Maps);
                searches.AddRange(encoding.Chains);
                searched[i].Searches.Add((search.Family, encoding.Chains[0].Name));
            }
        }
        return
        [
            // The search borrows the marks: where they are in use, the layers give the same answer, one after the other.
            .. sides.SelectMany(side => Chains(side, side.ChainName(), [all], reset, Instructions.Rule(RuleSearchEncoding.IsFresh, Instructions.Goto(side.SearchName())))),
            .. sides.SelectMany(side => Chains(side, side.SearchName(), searched)),
            .. searches,
        ];
    }

    private EncodedSection Encoded(IReadOnlyList<Layer> layers)
    {
        var encoded = layers.Select(layer => (layer.Shape, Map: MapOf(layer), Chain: ClassNames.Setter(layer.Pieces[0].Class))).ToList();
        foreach (var (_, map, _) in encoded)
        {
            // Layers that differ only in their odd matches may share a map.
            if (map is not null && !sets.Any(set => set.Name == map.Map.Name))
            {
                sets.Add(map.Map);
            }
        }
        return new(encoded, []);
    }

    /// <summary>The layers of a section, and the chains of its searches.</summary>
    private sealed record EncodedSection(IReadOnlyList<(LayerShape Shape, LayerMap? Map, string Setter)> Layers, List<(IpFamily Family, string Chain)> Searches);

    /// <summary>The packets of a box that no host behind this node sends: those that came in by no interface.</summary>
    private static IEnumerable<FlowBox> FromHere(FlowBox box) =>
        box.Intersect(new() { Family = box.Family, FromInterface = new() { Otherwise = false, HasAbsent = true } }) is { } part ? [part] : [];

    private string? Reason(Piece piece)
    {
        if (piece.Box.App is not null)
        {
            return "Linux packet filters do not see program names: choose the flow by user, by control group or by ports instead.";
        }
        if (piece.Box is { Family: IpFamily.V6, Protocol: { } protocols } && ExtensionHeaders.Contains(protocols))
        {
            return "In IPv6 this protocol number is an extension header, which the kernel passes over when it looks for the protocol: its flows cannot be told apart.";
        }
        if (piece.Elements > MostElements)
        {
            return $"The flow expands to {piece.Elements} map elements, more than {MostElements}: split its lists of addresses and ports into several policies.";
        }
        if (piece.Box.Cgroup is { } cgroup && (cgroup.HasAbsent != cgroup.Otherwise || cgroup.Entries.Any(entry => IsNested(entry, cgroup))))
        {
            return "Control groups that are excepted from an exception cannot be told apart by a packet filter: write the innermost ones as a policy of their own, above.";
        }
        return piece.Box.Cgroup?.Entries.Where(entry => !cgroups.ContainsKey(entry.Name)).Select(entry => entry.Name).FirstOrDefault() is { } missing
            ? $"There is no control group '{missing}' on this node: create it (mkdir /sys/fs/cgroup/{missing}), then apply again."
            : null;
    }

    /// <summary>Whether it belongs below one that does not, where some do by themselves (or the reverse): an exception leads away all that is below it.</summary>
    private static bool IsNested(NameEntry entry, NameSet set) =>
        entry.Belongs && set.Entries.Any(other => !other.Belongs && entry.Name.StartsWith(other.Name + "/", StringComparison.Ordinal));

    private IEnumerable<NftablesChain> Chains(FlowSide side, string name, IReadOnlyList<EncodedSection> sections, params ReadOnlySpan<NftablesRule> first)
    {
        var chains = new ClassificationChains(side, name, isTracked: name == side.SearchName(), territory, cgroups);
        foreach (var rule in first)
        {
            chains.Add(rule);
        }
        foreach (var section in sections)
        {
            foreach (var (shape, map, setter) in section.Layers)
            {
                chains.Add(shape, map, setter);
            }
            foreach (var (family, chain) in section.Searches)
            {
                chains.Add(family, chain);
            }
        }
        return chains.ToChains();
    }

    private LayerMap? MapOf(Layer layer)
    {
        var shape = layer.Shape;
        if (shape.Fields == KeyFields.None)
        {
            return null;
        }
        // The most selective field first: the kernel's interval map costs time proportional to the elements that agree with the packet in the fields before.
        var fields = LayerMap.All.Where(field => shape.Fields.HasFlag(field)).ToList();
        if (!shape.IsExact)
        {
            var distinct = fields.ToDictionary(field => field, field => layer.Pieces.Select(piece => LayerMap.Ranges(piece.Box, field)).Distinct().Count());
            fields = [.. fields.OrderBy(field => field == KeyFields.Protocol).ThenByDescending(field => distinct[field])];
        }
        // A single field would be the kernel's tree of half-open intervals: the protocol beside it makes it a map of the same kind as the others.
        if (!shape.IsExact && fields.Count == 1)
        {
            fields.Add(fields[0] == KeyFields.Protocol ? KeyFields.Peer : KeyFields.Protocol);
        }
        var elements = layer.Pieces.SelectMany(piece => LayerMap.Elements(piece, fields, shape, Setter(piece.Class))).Order().ToEquatableArray();
        var set = new NftablesSet
        {
            Name = "",
            Key = fields.Select(field => LayerMap.TypeOf(field, shape.Odd.Family)).ToEquatableArray(),
            Value = NftablesType.Verdict,
            IsInterval = !shape.IsExact,
            HasTimeouts = shape.IsMortal,
            Elements = elements,
        };
        return new(set with { Name = NameOf(set, shape, fields) }, fields.ToEquatableArray(), shape.Odd.Family);
    }

    // One for all elements that lead to it: there are many more of those than of classes.
    private NftablesVerdict Setter(int @class)
    {
        if (!setters.TryGetValue(@class, out var verdict))
        {
            setters.Add(@class, verdict = NftablesVerdict.Goto(ClassNames.Setter(@class)));
        }
        return verdict;
    }

    /// <summary>
    /// An interval map bears the digest of its content: it is never changed but replaced, built whole before the rules are switched to it, for its changes come
    /// into force a moment after those of rules.
    /// </summary>
    private string NameOf(NftablesSet set, LayerShape shape, List<KeyFields> fields)
    {
        var family = shape.Odd.Family == IpFamily.V4 ? '4' : '6';
        var what = string.Join('_', fields.Select(field => field.ToString().ToLowerInvariant()));
        if (set.IsInterval)
        {
            return $"r{family}_{what}_{Digest(set)}";
        }
        return names.Of(set, $"x{family}_{what}{(shape.IsMortal ? "_until" : "")}");
    }

    internal static string Digest(NftablesSet set)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // A call of the hash costs more than what one element brings.
        const int atOnce = 1 << 16;
        var bytes = new ArrayBufferWriter<byte>(atOnce);
        foreach (var element in set.Elements)
        {
            bytes.Write(element.Key.AsSpan());
            bytes.Write(element.KeyEnd.AsSpan());
            bytes.Write(element.Value.AsSpan());
            Encoding.UTF8.GetBytes(element.Verdict?.Chain ?? "", bytes);
            BinaryPrimitives.WriteInt64BigEndian(bytes.GetSpan(sizeof(long)), element.EndsAt?.UtcTicks ?? 0);
            bytes.Advance(sizeof(long));
            if (bytes.WrittenCount > atOnce / 2)
            {
                hash.AppendData(bytes.WrittenSpan);
                bytes.ResetWrittenCount();
            }
        }
        hash.AppendData(bytes.WrittenSpan);
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 6));
    }
}
