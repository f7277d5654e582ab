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

    /// <summary>The elements of a piece: the product of its fields' ranges.</summary>
    public static IEnumerable<NftablesElement> Elements(Piece piece, IReadOnlyList<KeyFields> fields, LayerShape shape)
    {
        IEnumerable<(byte[] Low, byte[] High)> keys = [([], [])];
        foreach (var field in fields)
        {
            var type = TypeOf(field, shape.Odd.Family);
            var highest = field is KeyFields.Peer or KeyFields.Local ? IpAddress.Highest(shape.Odd.Family) : field == KeyFields.Protocol ? 255 : (UInt128)65535;
            var ranges = Ranges(piece.Box, field)?.Ranges ?? [new NumberRange(0, highest)];
            var length = fields.Count == 1 ? type.Length : type.Padded;
            keys = keys.SelectMany(key => ranges.Select(range => ((byte[])[.. key.Low, .. Bytes(range.Low, type, length)], (byte[])[.. key.High, .. Bytes(range.High, type, length)]))).ToList();
        }
        var verdict = NftablesVerdict.Goto(ClassNames.Setter(piece.Class));
        return keys.Select(key => new NftablesElement([.. key.Low], shape.IsExact ? [] : [.. key.High], verdict, [], piece.EndsAt));
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

    private static byte[] Bytes(UInt128 value, NftablesType type, int length)
    {
        Span<byte> whole = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(whole, value);
        var bytes = new byte[length];
        whole[(16 - type.Length)..].CopyTo(bytes);
        return bytes;
    }
}
