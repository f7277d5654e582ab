using System.Buffers.Binary;

namespace Waymark.Linux.Nftables;

/// <summary>
/// The targets of iptables that write marks, as its rules have them in nf_tables and in the old tables alike: MARK (struct xt_mark_tginfo2 { mark, mask }) and CONNMARK
/// (struct xt_connmark_tginfo1 and 2 { ctmark, ctmask, nfmask, mode, ... }); all in host order.
/// </summary>
internal static class MarkTarget
{
    /// <summary>What a target writes; null where it is none of these.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="data">What it is told; what is too short for it is none.</param>
    public static MarkWrite? Read(string name, ReadOnlySpan<byte> data)
    {
        switch (name)
        {
            case "MARK" when data.Length >= 8:
            {
                var (value, mask) = (Word(data), Word(data[4..]));
                return new(IsConnection: false, mask | value, mask == uint.MaxValue ? value : null);
            }
            case "CONNMARK" when data.Length >= 13:
            {
                var (value, mask, packetMask) = (Word(data), Word(data[4..]), Word(data[8..]));
                return data[12] switch
                {
                    0 => new(IsConnection: true, mask | value, mask == uint.MaxValue ? value : null),
                    1 => new(IsConnection: true, mask, null),
                    _ => new(IsConnection: false, packetMask, null),
                };
            }
            default:
                return null;
        }
    }

    private static uint Word(ReadOnlySpan<byte> data) => BinaryPrimitives.ReadUInt32LittleEndian(data);
}
