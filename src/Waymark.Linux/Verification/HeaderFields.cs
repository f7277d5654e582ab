using Waymark.Flows;
using Waymark.Linux.Nftables;

namespace Waymark.Linux.Verification;

/// <summary>
/// Which field of a packet that this node sends some bytes of its headers are (RFC 791, RFC 8200, RFC 4302, RFC 4303): its source is this end.
/// </summary>
internal static class HeaderFields
{
    /// <summary>The field, after masking; null where the bytes are none that a selector speaks of, or the mask leaves something else than its leading bits.</summary>
    /// <param name="header">The bytes.</param>
    /// <param name="mask">The mask, as a number.</param>
    /// <param name="box">The packets: of one family and, among <see cref="Regions.PacketSpace.Possible"/>, of one kind.</param>
    public static FieldSlice? Of(Term.Header header, UInt128 mask, FlowBox box) => Whole(header, box)?.Masked(mask);

    private static FieldSlice? Whole(Term.Header header, FlowBox box) => (header.From, box.Family) switch
    {
        (NftablesHeader.Network, IpFamily.V4) => header switch
        {
            { Offset: 1, Length: 1 } => new(SeenField.Dscp, 6, 1, Left: 2),
            { Offset: 9, Length: 1 } => new(SeenField.Protocol, 8, 1),
            { Offset: 12 } => Leading(SeenField.Local, 4, header.Length),
            { Offset: 16 } => Leading(SeenField.Peer, 4, header.Length),
            _ => null,
        },
        (NftablesHeader.Network, IpFamily.V6) => header switch
        {
            { Offset: 0, Length: 2 } => new(SeenField.Dscp, 6, 2, Left: 6),
            { Offset: 1, Length: 3 } => new(SeenField.FlowLabel, 20, 3),
            { Offset: 8 } => Leading(SeenField.Local, 16, header.Length),
            { Offset: 24 } => Leading(SeenField.Peer, 16, header.Length),
            _ => null,
        },
        (NftablesHeader.Transport, _) => Transport(header, box),
        _ => null,
    };

    private static FieldSlice? Transport(Term.Header header, FlowBox box)
    {
        if (box.LocalPort?.Contains((UInt128)FlowBox.AbsentPort) == false)
        {
            return header.Offset switch { 0 => Leading(SeenField.LocalPort, 2, header.Length), 2 => Leading(SeenField.PeerPort, 2, header.Length), _ => null };
        }
        if (box.IcmpType?.Contains((UInt128)FlowBox.AbsentIcmp) == false)
        {
            return header switch { { Offset: 0, Length: 1 } => new(SeenField.IcmpType, 8, 1), { Offset: 1, Length: 1 } => new(SeenField.IcmpCode, 8, 1), _ => null };
        }
        var isSecurity = box.Spi?.Contains((UInt128)FlowBox.AbsentWord) == false;
        return isSecurity && header.Offset == (box.Protocol!.Contains((UInt128)51) ? 4 : 0) ? Leading(SeenField.Spi, 4, header.Length) : null;
    }

    private static FieldSlice? Leading(SeenField field, int bytes, int length) => length > bytes ? null : new(field, bytes * 8, length, Right: (bytes - length) * 8);
}
