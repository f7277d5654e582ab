using System.Buffers.Binary;
using Waymark.Flows;
using Waymark.Linux.Nftables;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>The map of a layer, and how a packet becomes its key.</summary>
/// <param name="Map">The map.</param>
/// <param name="Fields">The parts of its key, in order.</param>
/// <param name="AddressFamily">Of its addresses.</param>
internal sealed record LayerMap(NftablesSet Map, EquatableArray<KeyFields> Fields, IpFamily AddressFamily)
{
    /// <summary>Every field, in the order of a key that is not computed.</summary>
    public static readonly KeyFields[] All = [KeyFields.Peer, KeyFields.Local, KeyFields.PeerPort, KeyFields.LocalPort, KeyFields.Protocol];

    /// <summary>nft's type of a field.</summary>
    public static NftablesType TypeOf(KeyFields field, IpFamily family) => field switch
    {
        KeyFields.Peer or KeyFields.Local => family == IpFamily.V4 ? NftablesType.Ipv4Address : NftablesType.Ipv6Address,
        KeyFields.PeerPort or KeyFields.LocalPort => NftablesType.Service,
        _ => NftablesType.Protocol,
    };

    /// <summary>What a box says of a field; null: anything.</summary>
    public static RangeSet? Ranges(FlowBox box, KeyFields field) => field switch
    {
        KeyFields.Peer => box.Peer,
        KeyFields.Local => box.Local,
        KeyFields.PeerPort => box.PeerPort,
        KeyFields.LocalPort => box.LocalPort,
        _ => box.Protocol,
    };

    /// <summary>The instructions that put the key into the registers from 0: of a packet that goes out, so that its source is this end.</summary>
    public EquatableArray<NftablesExpression> Load()
    {
        var load = new List<NftablesExpression>();
        var register = 0;
        foreach (var field in Fields)
        {
            load.Add(Loaded(field, AddressFamily, register));
            register += TypeOf(field, AddressFamily).Padded / 4;
        }
        return load.ToEquatableArray();
    }

    /// <summary>The elements of a piece, which send packets to <paramref name="setter"/>: the product of its fields' ranges.</summary>
    public static IEnumerable<NftablesElement> Elements(Piece piece, IReadOnlyList<KeyFields> fields, LayerShape shape, NftablesVerdict setter)
    {
        var types = new NftablesType[fields.Count];
        var ranges = new EquatableArray<NumberRange>[fields.Count];
        var (length, count) = (0, 1);
        for (var i = 0; i < fields.Count; i++)
        {
            types[i] = TypeOf(fields[i], shape.Odd.Family);
            ranges[i] = Ranges(piece.Box, fields[i])?.Ranges ?? [new NumberRange(0, Highest(fields[i], shape.Odd.Family))];
            length += fields.Count == 1 ? types[i].Length : types[i].Padded;
            count *= ranges[i].Count;
        }
        var elements = new NftablesElement[count];
        Span<byte> low = stackalloc byte[length], high = stackalloc byte[length];
        for (var n = 0; n < count; n++)
        {
            low.Clear();
            high.Clear();
            var (at, rest) = (0, n);
            for (var i = 0; i < ranges.Length; i++)
            {
                // The place in the product as a number, of which each field has a digit.
                var range = ranges[i][rest % ranges[i].Count];
                rest /= ranges[i].Count;
                Write(low[at..], range.Low, types[i]);
                Write(high[at..], range.High, types[i]);
                at += types[i].Padded;
            }
            elements[n] = new([.. low], shape.IsExact ? [] : [.. high], setter, [], piece.EndsAt);
        }
        return elements;
    }

    internal static Payload Loaded(IpFamily family, bool isSource, int register) => family == IpFamily.V4
        ? new(NftablesHeader.Network, isSource ? 12 : 16, 4, register)
        : new(NftablesHeader.Network, isSource ? 8 : 24, 16, register);

    private static NftablesExpression Loaded(KeyFields field, IpFamily family, int register) => field switch
    {
        KeyFields.Peer => Loaded(family, isSource: false, register),
        KeyFields.Local => Loaded(family, isSource: true, register),
        KeyFields.PeerPort => new Payload(NftablesHeader.Transport, 2, 2, register),
        KeyFields.LocalPort => new Payload(NftablesHeader.Transport, 0, 2, register),
        _ => new Meta(NftablesMetaKey.Protocol, register),
    };

    private static UInt128 Highest(KeyFields field, IpFamily family) => field switch
    {
        KeyFields.Peer or KeyFields.Local => IpAddress.Highest(family),
        KeyFields.Protocol => 255,
        _ => 65535,
    };

    private static void Write(Span<byte> field, UInt128 value, NftablesType type)
    {
        Span<byte> whole = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(whole, value);
        whole[(16 - type.Length)..].CopyTo(field);
    }
}
