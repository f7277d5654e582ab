using Waymark.Linux.FilterRuleEncoding;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Linux.Nftables.Listings;

/// <summary>
/// A listed rule as the kernel executes it, instruction by instruction. What nft leaves out because a field implies it (<c>ip daddr</c>: that it is IPv4) is put back. From the first statement on
/// that is not known the rest of the rule is one instruction that nobody understands, and whoever meets it says so.
/// </summary>
internal sealed class RuleLowering
{
    private readonly List<NftablesExpression> code = [];
    private readonly HashSet<(NftablesMetaKey, byte)> asked = [];

    private readonly IReadOnlyDictionary<string, ulong> cgroups;

    private RuleLowering(IReadOnlyDictionary<string, ulong> cgroups) => this.cgroups = cgroups;

    /// <summary>The rule.</summary>
    /// <param name="listed">The rule.</param>
    /// <param name="cgroups">Ids of control groups by the path that nft names them by.</param>
    public static NftablesRule Of(ListedObject.OfRule listed, IReadOnlyDictionary<string, ulong> cgroups)
    {
        var lowering = new RuleLowering(cgroups);
        foreach (var statement in listed.Statements)
        {
            var start = lowering.code.Count;
            if (lowering.Add(statement) is { } unknown)
            {
                lowering.code.RemoveRange(start, lowering.code.Count - start);
                lowering.code.Add(new Foreign(ListedText.Shown(unknown)));
                break;
            }
        }
        return new(lowering.code.ToEquatableArray()) { Comment = listed.Comment };
    }

    /// <summary>Adds a statement; what of it is not known, null: all is.</summary>
    private string? Add(ListedStatement statement)
    {
        switch (statement)
        {
            case ListedStatement.Match match:
                return AddMatch(match);
            case ListedStatement.Give(var verdict):
                code.Add(new Give(verdict));
                return null;
            case ListedStatement.VerdictOf(var key, var map):
                Imply(key);
                code.AddRange(Load(key, 0, out var mapUnknown)?.Code ?? []);
                code.Add(new VerdictOf(map, 0));
                return mapUnknown;
            case ListedStatement.Write(var target, var value):
                return AddWrite(target, value);
            case ListedStatement.Translate(var isSource, var isV6, var address):
                Ask(NftablesMetaKey.Family, (byte)(isV6 ? 10 : 2));
                Imply(address);
                code.AddRange(Load(address, 0, out var unknown)?.Code ?? []);
                code.Add(isSource ? new SourceNat(isV6, 0) : new DestinationNat(isV6, 0));
                return unknown;
            case ListedStatement.Reject(var tcpReset):
                code.Add(new Reject(tcpReset));
                return null;
            case ListedStatement.Count:
                code.Add(new Count());
                return null;
            case ListedStatement.Unknown(var what):
                return what;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private string? AddMatch(ListedStatement.Match match)
    {
        Imply(match.Left);
        if (Load(match.Left, 0, out var unknown) is not { } loaded)
        {
            return unknown;
        }
        code.AddRange(loaded.Code);
        if (match.Right is ListedExpression.SetName(var set))
        {
            code.Add(new InSet(set, 0, Absent: match.Relation == ListedRelation.NotEqual));
            return match.Relation is ListedRelation.Equal or ListedRelation.NotEqual && loaded.Mask is null ? null : $"asks the set '{set}' in another way";
        }
        var type = loaded.Type;
        if (loaded.IsKey)
        {
            return $"compares several fields with {match.Right}";
        }
        if (loaded.Mask is { } mask)
        {
            code.Add(new Bitwise(0, mask, Zeros(type)));
        }
        if (match.Relation is ListedRelation.AnyFlag or ListedRelation.NoFlag)
        {
            EquatableArray<ListedExpression> names = match.Right is ListedExpression.Flags(var several) ? several : [match.Right];
            var bits = Zeros(type).ToArray();
            foreach (var name in names)
            {
                if (type.Read(name) is not { } flag)
                {
                    return $"{name}";
                }
                bits = [.. bits.Zip(flag, (one, other) => (byte)(one | other))];
            }
            code.Add(new Bitwise(0, [.. bits], Zeros(type)));
            code.Add(new Compare(0, match.Relation == ListedRelation.AnyFlag ? NftablesComparison.NotEqual : NftablesComparison.Equal, Zeros(type)));
            return null;
        }
        var right = match is { Left: ListedExpression.ControlGroup, Right: ListedExpression.Word(var path) } ? cgroups.TryGetValue(path, out var id) ? new ListedExpression.Number(id) : match.Right : match.Right;
        var comparison = match.Relation == ListedRelation.Equal ? NftablesComparison.Equal : NftablesComparison.NotEqual;
        switch (match.Right)
        {
            case ListedExpression.Prefix(var first, var length):
                if (type.Read(first) is not { } address || type.Mask(length) is not { } leading)
                {
                    return $"{match.Right}";
                }
                code.Add(new Bitwise(0, leading, Zeros(type)));
                code.Add(new Compare(0, comparison, address));
                return null;
            case ListedExpression.Range(var low, var high):
                // Ranges of the host's numbers are compared after they were turned round.
                if (type.Read(low) is not { } from || type.Read(high) is not { } to || (type.IsHostOrder && type.Length != 4))
                {
                    return $"{match.Right}";
                }
                if (type.IsHostOrder)
                {
                    code.Add(new ToBigEndian(0));
                    (from, to) = ([.. from.Reverse()], [.. to.Reverse()]);
                }
                code.Add(new InRange(0, comparison == NftablesComparison.NotEqual, from, to));
                return null;
            default:
                if (type.Read(right) is not { } value)
                {
                    return match.Left is ListedExpression.ControlGroup ? $"the control group '{right}', which no policy names" : $"{match.Left} {right}";
                }
                code.Add(new Compare(0, comparison, value));
                if (match is { Relation: ListedRelation.Equal, Left: ListedExpression.Meta("nfproto" or "l4proto") meta })
                {
                    asked.Add((meta.Key == "nfproto" ? NftablesMetaKey.Family : NftablesMetaKey.Protocol, value[0]));
                }
                return null;
        }
    }

    private string? AddWrite(ListedExpression target, ListedExpression value)
    {
        NftablesExpression? store = target switch
        {
            ListedExpression.Meta("mark") => new SetMeta(NftablesMetaKey.Mark, 0),
            ListedExpression.Connection("mark", null) => new SetConntrack(NftablesConntrackKey.Mark, 0),
            _ => null,
        };
        if (store is null)
        {
            return $"writes {target}";
        }
        if (ListedType.Word.Read(value) is { } constant)
        {
            code.Add(new Constant(0, constant));
        }
        else
        {
            Imply(value);
            if (Load(value, 0, out var unknown) is not { Type: { Length: 4, IsHostOrder: true }, IsKey: false } loaded)
            {
                return unknown ?? $"writes {value}";
            }
            code.AddRange(loaded.Code);
        }
        code.Add(store);
        return null;
    }

    /// <summary>What the fields of an expression imply of the packet, where the rule has not asked it before.</summary>
    private void Imply(ListedExpression expression)
    {
        switch (expression)
        {
            case ListedExpression.Field("ip" or "ip6", _) field:
                Ask(NftablesMetaKey.Family, (byte)(field.Protocol == "ip" ? 2 : 10));
                break;
            case ListedExpression.Field(var protocol, _) when protocol != "th" && ListedType.Protocol.Read(new ListedExpression.Word(protocol)) is { } number:
                Ask(NftablesMetaKey.Protocol, number[0]);
                break;
            case ListedExpression.Concatenation(var parts):
                foreach (var part in parts)
                {
                    Imply(part);
                }
                break;
            case ListedExpression.Combined(var inner, _, _):
                Imply(inner);
                break;
            case ListedExpression.Hash(var inner, _, _):
                Imply(inner);
                break;
            case ListedExpression.Mapped(var inner, _):
                Imply(inner);
                break;
        }
    }

    private void Ask(NftablesMetaKey key, byte value)
    {
        if (asked.Add((key, value)))
        {
            code.Add(new Meta(key, 0));
            code.Add(new Compare(0, NftablesComparison.Equal, [value]));
        }
    }

    /// <summary>The instructions that put an expression into a register; null with the reason where something of it is not known.</summary>
    private static Loaded? Load(ListedExpression expression, int register, out string? unknown)
    {
        unknown = null;
        switch (expression)
        {
            case ListedExpression.Concatenation(var parts):
                var all = new List<NftablesExpression>();
                var length = 0;
                foreach (var part in parts)
                {
                    if (part is ListedExpression.Concatenation || Load(part, register + (length / 4), out unknown) is not { Mask: null } loaded)
                    {
                        unknown ??= $"{expression}";
                        return null;
                    }
                    all.AddRange(loaded.Code);
                    length += (loaded.Type.Length + 3) / 4 * 4;
                }
                return new(all, ListedType.Bytes(length), IsKey: true);
            case ListedExpression.Hash(var hashed, var modulus, var seed):
                if (Load(hashed, register, out unknown) is not { Mask: null } input)
                {
                    unknown ??= $"{expression}";
                    return null;
                }
                return new([.. input.Code, new Hash(register, input.Type.Length, register, modulus, seed)], ListedType.Word);
            case ListedExpression.Mapped(var key, var map):
                return Load(key, register, out unknown) is { Mask: null } asked ? new([.. asked.Code, new ValueOf(map, register, register)], ListedType.Word) : null;
            case ListedExpression.Combined:
                return LoadCombined(expression, register, out unknown);
            default:
                if (Atom(expression, register) is { } atom)
                {
                    return atom;
                }
                unknown = $"{expression}";
                return null;
        }
    }

    /// <summary>One instruction for however many constants: each leaves bits of the value, and turns others over.</summary>
    private static Loaded? LoadCombined(ListedExpression expression, int register, out string? unknown)
    {
        var operations = new Stack<(char, uint)>();
        while (expression is ListedExpression.Combined(var inner, var operation, var constant))
        {
            operations.Push((operation, constant));
            expression = inner;
        }
        if (Load(expression, register, out unknown) is not { IsKey: false, Mask: null, Type: { Length: 4, IsHostOrder: true } } loaded)
        {
            unknown ??= $"combines {expression}";
            return null;
        }
        var (mask, turned) = (uint.MaxValue, 0u);
        foreach (var (operation, constant) in operations)
        {
            (mask, turned) = operation switch
            {
                '&' => (mask & constant, turned & constant),
                '|' => (mask & ~constant, turned | constant),
                _ => (mask, turned ^ constant),
            };
        }
        return loaded with { Code = [.. loaded.Code, new Bitwise(register, OddMatches.Host(mask), OddMatches.Host(turned))] };
    }

    private static Loaded? Atom(ListedExpression expression, int register) => expression switch
    {
        ListedExpression.Meta(var key) => key switch
        {
            "mark" => new([new Meta(NftablesMetaKey.Mark, register)], ListedType.Word),
            "nfproto" => new([new Meta(NftablesMetaKey.Family, register)], ListedType.Family),
            "l4proto" => new([new Meta(NftablesMetaKey.Protocol, register)], ListedType.Protocol),
            "iifname" => new([new Meta(NftablesMetaKey.InputName, register)], ListedType.Device),
            "oifname" => new([new Meta(NftablesMetaKey.OutputName, register)], ListedType.Device),
            "skuid" => new([new Meta(NftablesMetaKey.User, register)], ListedType.Word),
            "skgid" => new([new Meta(NftablesMetaKey.Group, register)], ListedType.Word),
            _ => null,
        },
        ListedExpression.Connection(var key, null) => key switch
        {
            "mark" => new([new Conntrack(NftablesConntrackKey.Mark, register)], ListedType.Word),
            "state" => new([new Conntrack(NftablesConntrackKey.State, register)], ListedType.State),
            "status" => new([new Conntrack(NftablesConntrackKey.Status, register)], ListedType.Status),
            "direction" => new([new Conntrack(NftablesConntrackKey.Direction, register)], ListedType.Direction),
            _ => null,
        },
        ListedExpression.Connection("ip daddr" or "ip6 daddr", "reply" or "original") end =>
            new([new ConntrackDestination(end.Key == "ip6 daddr", end.Direction == "reply", register)], end.Key == "ip6 daddr" ? ListedType.Ipv6 : ListedType.Ipv4),
        ListedExpression.Field(var protocol, var name) => Field(protocol, name, register),
        ListedExpression.Bits("nh" or "th", var offset, var length) bits when offset % 8 == 0 && length % 8 == 0 && length is > 0 and <= 128 && offset is >= 0 and <= 2048 =>
            new([new Payload(bits.Header == "nh" ? NftablesHeader.Network : NftablesHeader.Transport, offset / 8, length / 8, register)], ListedType.Bytes(length / 8)),
        ListedExpression.DestinationType => new([new DestinationType(register)], ListedType.AddressType),
        ListedExpression.SocketIsWildcard => new([new SocketIsWildcard(register)], ListedType.Bytes(1)),
        ListedExpression.ControlGroup(var level) => new([new SocketCgroup(level, register)], ListedType.ControlGroup),
        _ => null,
    };

    private static Loaded? Field(string protocol, string name, int register)
    {
        return (protocol, name) switch
        {
            ("ip", "saddr") => Network(12, 4, ListedType.Ipv4),
            ("ip", "daddr") => Network(16, 4, ListedType.Ipv4),
            ("ip", "protocol") => Network(9, 1, ListedType.Protocol),
            ("ip", "dscp") => Network(1, 1, ListedType.CodePoint(1, 2)) with { Mask = [0xfc] },
            ("ip6", "saddr") => Network(8, 16, ListedType.Ipv6),
            ("ip6", "daddr") => Network(24, 16, ListedType.Ipv6),
            ("ip6", "dscp") => Network(0, 2, ListedType.CodePoint(2, 6)) with { Mask = [0x0f, 0xc0] },
            ("ip6", "flowlabel") => Network(1, 3, ListedType.Bytes(3)) with { Mask = [0x0f, 0xff, 0xff] },
            ("th" or "tcp" or "udp" or "dccp" or "sctp" or "udplite", "sport") => new([new Payload(NftablesHeader.Transport, 0, 2, register)], ListedType.Service),
            ("th" or "tcp" or "udp" or "dccp" or "sctp" or "udplite", "dport") => new([new Payload(NftablesHeader.Transport, 2, 2, register)], ListedType.Service),
            _ => null,
        };

        Loaded Network(int offset, int length, ListedType type) => new([new Payload(NftablesHeader.Network, offset, length, register)], type);
    }

    private static EquatableArray<byte> Zeros(ListedType type) => [.. new byte[type.Length]];

    /// <summary>What is in registers.</summary>
    /// <param name="Code">The instructions that put it there.</param>
    /// <param name="Type">Its type.</param>
    /// <param name="IsKey">Whether it is several values one after the other.</param>
    private sealed record Loaded(IReadOnlyList<NftablesExpression> Code, ListedType Type, bool IsKey = false)
    {
        /// <summary>The bits that are the field's; null: all.</summary>
        public EquatableArray<byte>? Mask { get; init; }
    }
}
