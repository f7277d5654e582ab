using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Waymark.Flows;
using Waymark.Linux.Nftables;
using static Waymark.Linux.FilterRuleEncoding.Instructions;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Linux.FilterRuleEncoding.FieldSearch;

/// <summary>
/// A search as maps and chains. The kernel's machine forgets all between two rules but the marks, so these carry the states: the packet's that of the first group and
/// the best answer so far, the connection's that of a later group. Both are borrowed: only a packet whose marks are zero, the first of its connection, which nobody
/// else sees yet, comes here, and both are as they were when it leaves, but for the class.
/// </summary>
/// <remarks>
/// <code>
/// search4         meta l4proto tcp goto search4_ported, and so for every protocol with ports
///                 meta mark set ip daddr map @s4_D_1_first ; meta mark set meta mark . ip saddr map @s4_D_1_second ; meta mark set meta mark . meta l4proto map @s4_D_1_portless
///                 ct mark set ip saddr map @s4_D_2_first ; ...
///                 meta mark &amp; 0xff . ct mark &amp; 0xff @s4_D_2_wins meta mark set ct mark
///                 ct mark set 0 ; ct mark set meta mark map @s4_D_class ; meta mark set 0
/// search4_ported  the same, asking @s4_D_1_ported with the ports in place of @s4_D_1_portless
/// </code>
/// </remarks>
internal sealed class RuleSearchEncoding
{
    private readonly RuleSearch search;
    private readonly string chain;
    private readonly NftablesType address;
    private readonly List<NftablesSet> maps = [];
    private readonly string prefix;

    /// <summary>Of a search.</summary>
    /// <param name="search">The search.</param>
    /// <param name="chain">The name of the chain that begins it.</param>
    /// <param name="territory">Which numbers are ours.</param>
    public RuleSearchEncoding(RuleSearch search, string chain, Territory territory)
    {
        (this.search, this.chain) = (search, chain);
        address = search.Family == IpFamily.V4 ? NftablesType.Ipv4Address : NftablesType.Ipv6Address;
        for (var i = 0; i < search.Groups.Count; i++)
        {
            AddMaps(search.Groups[i], i + 1);
            if (i > 0)
            {
                var shift = RankShift(i);
                AddMap($"{i + 1}_wins", [NftablesType.Mark, NftablesType.Mark], RuleSearch.Wins(search.Points[i - 1])
                    .Select(pair => new NftablesElement([.. Number((uint)pair.Earlier << shift), .. Number((uint)pair.Later << shift)], [], null, [])), isMap: false);
            }
        }
        AddMap("class", [NftablesType.Mark], search.Classes.Select(one => new NftablesElement(Number(one.Key), [], null, Number(territory.CtClass(one.Value)))));
        // The numbers of one search mean nothing in another: all of its maps are named by all of its content, and replaced together.
        prefix = $"s{search.Family.Digit}_{DigestOf(maps)}_";
        Maps = [.. maps.Select(map => map with { Name = prefix + map.Name })];
        Chains = [new(chain, null, Rules(isPorted: false).ToEquatableArray()), new(chain + "_ported", null, Rules(isPorted: true).ToEquatableArray())];
    }

    /// <summary>The maps.</summary>
    public IReadOnlyList<NftablesSet> Maps { get; }

    /// <summary>The chains, of which the first is entered.</summary>
    public IReadOnlyList<NftablesChain> Chains { get; }

    /// <summary>Goes on only for the first packet of a connection, where neither bears a mark.</summary>
    public static NftablesExpression[] IsFresh =>
    [
        new Meta(NftablesMetaKey.Mark, 0), new Compare(0, NftablesComparison.Equal, Number(0)),
        new Conntrack(NftablesConntrackKey.Mark, 0), new Compare(0, NftablesComparison.Equal, Number(0)),
        .. IsConfirmed(isTrue: false),
    ];

    /// <summary>The first rank of a number is compared with the second group's, the second with the third's.</summary>
    private static int RankShift(int group) => 8 * (group - 1);

    private static EquatableArray<byte> Number(uint number) => OddMatches.Host(number);

    private void AddMaps(GroupSearch group, int number)
    {
        AddRanges($"{number}_first", [address], group.First.Select(one => (new[] { one.First }, one.To)));
        AddRanges($"{number}_second", [NftablesType.Mark, address], group.Second.Select(one => (new[] { One(one.From), one.Second }, one.To)));
        AddRanges($"{number}_ported", [NftablesType.Mark, NftablesType.Service, NftablesType.Service, NftablesType.Protocol],
            group.Ported.Select(one => (new[] { One(one.From), one.Cell.PeerPort, one.Cell.LocalPort, one.Cell.Protocol }, one.To)));
        AddRanges($"{number}_portless", [NftablesType.Mark, NftablesType.Protocol], group.Portless.Select(one => (new[] { One(one.From), one.Protocol }, one.To)));
    }

    private static NumberRange One(uint number) => new(number, number);

    private void AddRanges(string name, NftablesType[] key, IEnumerable<(NumberRange[] Ranges, uint To)> ranges)
    {
        var elements = ranges.Select(one => new NftablesElement(Key(key, one.Ranges, range => range.Low), Key(key, one.Ranges, range => range.High), null, Number(one.To))).ToList();
        // One that knows nothing need not be asked.
        if (elements.Count > 0)
        {
            AddMap(name, key, elements, isInterval: true);
        }
    }

    private void AddMap(string name, NftablesType[] key, IEnumerable<NftablesElement> elements, bool isInterval = false, bool isMap = true) => maps.Add(new()
    {
        Name = name,
        Key = key.ToEquatableArray(),
        Value = isMap ? NftablesType.Mark : null,
        IsInterval = isInterval,
        Elements = elements.Order().ToEquatableArray(),
    });

    private static EquatableArray<byte> Key(NftablesType[] types, NumberRange[] ranges, Func<NumberRange, UInt128> end)
    {
        var bytes = new byte[types.Length == 1 ? types[0].Length : types.Sum(type => type.Padded)];
        Span<byte> whole = stackalloc byte[16];
        var at = 0;
        for (var i = 0; i < types.Length; i++)
        {
            BinaryPrimitives.WriteUInt128BigEndian(whole, end(ranges[i]));
            var field = bytes.AsSpan(at, types[i].Length);
            whole[(16 - types[i].Length)..].CopyTo(field);
            if (types[i].IsHostOrder && BitConverter.IsLittleEndian)
            {
                field.Reverse();
            }
            at += types[i].Padded;
        }
        return bytes.ToEquatableArray();
    }

    private List<NftablesRule> Rules(bool isPorted)
    {
        var rules = new List<NftablesRule>();
        if (!isPorted)
        {
            // No two of them are neighbours, so each range is one number; TCP and UDP are the first.
            rules.AddRange(Piece.WithPorts.Ranges.Select(protocol => Rule(Protocol((byte)protocol.Low), Goto(chain + "_ported"))));
        }
        for (var i = 0; i < search.Groups.Count; i++)
        {
            var (group, name) = (search.Groups[i], $"{i + 1}_");
            NftablesExpression load = i == 0 ? new Meta(NftablesMetaKey.Mark, 0) : new Conntrack(NftablesConntrackKey.Mark, 0);
            NftablesExpression store = i == 0 ? new SetMeta(NftablesMetaKey.Mark, 0) : new SetConntrack(NftablesConntrackKey.Mark, 0);
            rules.Add(Rule([.. Constant(SearchNumbers.None), store]));
            // The family again, for a reader: without it nft writes offsets in place of names.
            var family = Family(search.Family);
            Ask("first", [.. family, LayerMap.Loaded(search.Family, isSource: !group.IsByPeer, 0)]);
            Ask("second", [.. family, load, LayerMap.Loaded(search.Family, isSource: group.IsByPeer, 1)]);
            if (isPorted)
            {
                Ask("ported", [load, new Payload(NftablesHeader.Transport, 2, 2, 1), new Payload(NftablesHeader.Transport, 0, 2, 2), new Meta(NftablesMetaKey.Protocol, 3)]);
            }
            else
            {
                Ask("portless", [load, new Meta(NftablesMetaKey.Protocol, 1)]);
            }
            if (i > 0)
            {
                var rank = (uint)SearchGroups.None << RankShift(i);
                rules.Add(Rule(
                    LoadMark(rank), LoadCtMark(rank, 1), [new InSet($"{prefix}{name}wins", 0, Absent: false)],
                    [new Conntrack(NftablesConntrackKey.Mark, 0), new SetMeta(NftablesMetaKey.Mark, 0)]));
            }

            void Ask(string what, NftablesExpression[] key)
            {
                if (maps.Exists(map => map.Name == name + what))
                {
                    rules.Add(Rule(key, [new ValueOf($"{prefix}{name}{what}", 0, 0), store]));
                }
            }
        }
        rules.Add(Rule([.. Constant(0), new SetConntrack(NftablesConntrackKey.Mark, 0)]));
        rules.Add(Rule([new Meta(NftablesMetaKey.Mark, 0), new ValueOf(prefix + "class", 0, 0), new SetConntrack(NftablesConntrackKey.Mark, 0)]));
        rules.Add(Rule([.. Constant(0), new SetMeta(NftablesMetaKey.Mark, 0)]));
        return rules;
    }

    private static string DigestOf(List<NftablesSet> maps)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var map in maps)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(map.Name + ClassificationEncoding.Digest(map)));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 6));
    }
}
