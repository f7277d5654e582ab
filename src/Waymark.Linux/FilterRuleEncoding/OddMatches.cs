using System.Buffers.Binary;
using System.Text;
using Waymark.Flows;
using Waymark.Linux.Nftables;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// The matches of a box that no map has: user, group, control group, input interface, code point, label, type, code, SPI, who began. A packet belongs when none of
/// the exceptions holds and one of the alternatives does. Exceptions serve what a packet may lack: an instruction that finds no value ends its rule, so "not user 7"
/// is said by leading user 7 away, and a packet without a user stays.
/// </summary>
/// <param name="Exceptions">Matches that lead away.</param>
/// <param name="Alternatives">Matches of which one must hold; one without instructions always does.</param>
internal sealed record OddMatches(List<EquatableArray<NftablesExpression>> Exceptions, List<EquatableArray<NftablesExpression>> Alternatives)
{
    private static readonly RangeSet AllWords = RangeSet.Of(new NumberRange(0, uint.MaxValue));

    /// <summary>Those of a box for packets of a side; null where no packet of the side can belong.</summary>
    public static OddMatches? Of(FlowBox box, FlowSide side, IReadOnlyDictionary<string, ulong> cgroups)
    {
        var matches = new OddMatches([], [[]]);
        var isLocal = side == FlowSide.Local;
        return matches.WithStarted(box.Started, isLocal)
            && matches.WithOwner(box.User, NftablesMetaKey.User, isLocal)
            && matches.WithOwner(box.Group, NftablesMetaKey.Group, isLocal)
            && (box.App is null || (box.App.HasAbsent && !isLocal))
            && matches.WithCgroup(box.Cgroup, isLocal, cgroups)
            && matches.WithInterface(box.FromInterface, isLocal)
            && matches.WithRanges(box.Dscp, box.Family == IpFamily.V4
                ? range => Masked(new(NftablesHeader.Network, 1, 1, 0), [0xfc], (byte)(range.Low << 2), (byte)(range.High << 2))
                : range => Masked16(new(NftablesHeader.Network, 0, 2, 0), 0x0fc0, (ushort)(range.Low << 6), (ushort)(range.High << 6)))
            && matches.WithRanges(box.FlowLabel, box.Family == IpFamily.V4 ? null
                : range => [new Payload(NftablesHeader.Network, 1, 3, 0), new Bitwise(0, [0x0f, 0xff, 0xff], [0, 0, 0]), .. In(Big(range.Low, 3), Big(range.High, 3))])
            && matches.WithRanges(box.IcmpType, range => [new Payload(NftablesHeader.Transport, 0, 1, 0), .. In(Big(range.Low, 1), Big(range.High, 1))])
            && matches.WithRanges(box.IcmpCode, range => [new Payload(NftablesHeader.Transport, 1, 1, 0), .. In(Big(range.Low, 1), Big(range.High, 1))])
            && matches.WithRanges(box.Spi, range =>
                [new Payload(NftablesHeader.Transport, box.Protocol!.Contains((UInt128)51) ? 4 : 0, 4, 0), .. In(Big(range.Low, 4), Big(range.High, 4))])
            ? matches
            : null;
    }

    /// <summary>A local flow is begun here or by the peer, a forwarded one behind us or by the peer; packets without a connection count as either.</summary>
    private bool WithStarted(StartedBy started, bool isLocal)
    {
        var own = started.HasFlag(isLocal ? StartedBy.Here : StartedBy.Forwarded);
        var peer = started.HasFlag(StartedBy.Peer);
        if (own != peer)
        {
            Exceptions.Add([new Conntrack(NftablesConntrackKey.Direction, 0), new Compare(0, NftablesComparison.Equal, [(byte)(own ? 1 : 0)])]);
        }
        return own || peer;
    }

    private bool WithOwner(RangeSet? set, NftablesMetaKey key, bool isLocal)
    {
        if (set is null)
        {
            return true;
        }
        var hasAbsent = set.Contains((UInt128)FlowBox.AbsentWord);
        if (!isLocal)
        {
            return hasAbsent;
        }
        // Numbers of the host's byte order are compared as big-endian bytes, so single ids are exact and ranges are turned round by the kernel first.
        EquatableArray<NftablesExpression> Match(NumberRange range) => range.Low == range.High
            ? [new Meta(key, 0), new Compare(0, NftablesComparison.Equal, Host((uint)range.Low))]
            : [new Meta(key, 0), new ToBigEndian(0), .. In(Big(range.Low, 4), Big(range.High, 4))];
        if (hasAbsent)
        {
            Exceptions.AddRange(AllWords.Intersect(set.Complement((UInt128)FlowBox.AbsentWord)).Ranges.Select(Match));
            return true;
        }
        Multiply(set.Ranges.Select(Match).ToList());
        return true;
    }

    private bool WithCgroup(NameSet? set, bool isLocal, IReadOnlyDictionary<string, ulong> cgroups)
    {
        if (set is null)
        {
            return true;
        }
        if (!isLocal)
        {
            return set.HasAbsent;
        }
        EquatableArray<NftablesExpression> Match(NameEntry entry)
        {
            var id = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(id, cgroups[entry.Name]);
            return [new SocketCgroup(entry.Name.Count('/') + 1, 0), new Compare(0, NftablesComparison.Equal, [.. id])];
        }
        return WithNames(set, Match);
    }

    private bool WithInterface(NameSet? set, bool isLocal)
    {
        if (set is null)
        {
            return true;
        }
        return isLocal ? set.HasAbsent : WithNames(set with { HasAbsent = set.Otherwise },
            entry => [new Meta(NftablesMetaKey.InputName, 0), new Compare(0, NftablesComparison.Equal, [.. Name(entry.Name)])]);
    }

    /// <summary>Names are few: an entry that does not belong is an exception, one that belongs an alternative. The encoder has refused deeper nesting.</summary>
    private bool WithNames(NameSet set, Func<NameEntry, EquatableArray<NftablesExpression>> match)
    {
        Exceptions.AddRange(set.Entries.Where(entry => !entry.Belongs).Select(match));
        if (!set.Otherwise)
        {
            Multiply(set.Entries.Where(entry => entry.Belongs).Select(match).ToList());
        }
        return true;
    }

    private bool WithRanges(RangeSet? set, Func<NumberRange, EquatableArray<NftablesExpression>>? match)
    {
        if (set is null)
        {
            return true;
        }
        if (match is null)
        {
            return false;
        }
        Multiply(set.Ranges.Select(match).ToList());
        return true;
    }

    private void Multiply(IReadOnlyList<EquatableArray<NftablesExpression>> factors)
    {
        var product = Alternatives.SelectMany(one => factors.Select(factor => (EquatableArray<NftablesExpression>)[.. one.AsSpan(), .. factor.AsSpan()])).ToList();
        Alternatives.Clear();
        Alternatives.AddRange(product);
    }

    private static EquatableArray<NftablesExpression> Masked(Payload load, byte[] mask, byte low, byte high) =>
        [load, new Bitwise(0, [.. mask], [0]), .. In([low], [high])];

    private static EquatableArray<NftablesExpression> Masked16(Payload load, ushort mask, ushort low, ushort high) =>
        [load, new Bitwise(0, Big(mask, 2), [0, 0]), .. In(Big(low, 2), Big(high, 2))];

    private static NftablesExpression[] In(EquatableArray<byte> low, EquatableArray<byte> high) =>
        low == high ? [new Compare(0, NftablesComparison.Equal, low)] : [new InRange(0, Outside: false, low, high)];

    private static EquatableArray<byte> Big(UInt128 value, int length)
    {
        Span<byte> whole = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(whole, value);
        return [.. whole[(16 - length)..]];
    }

    /// <summary>A number as the kernel's machine holds its own: in the host's byte order (both of our architectures are little-endian).</summary>
    internal static EquatableArray<byte> Host(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return [.. bytes];
    }

    /// <summary>The name of an interface as a register of 16 bytes.</summary>
    internal static byte[] Name(string device)
    {
        var name = new byte[16];
        Encoding.ASCII.GetBytes(device, name);
        return name;
    }
}
