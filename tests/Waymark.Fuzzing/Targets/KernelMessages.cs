using Waymark.Flows;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.LegacyTables;
using Waymark.Linux.LinkReading;
using Waymark.Linux.Netlink;
using Waymark.Linux.Nftables;
using Waymark.Linux.SocketDiagnosis;

namespace Waymark.Fuzzing.Targets;

/// <summary>
/// Messages of a kernel of another version, and rules of other programs in them. The first byte says to which reader the rest goes; every one ends, and none throws.
/// </summary>
internal static class KernelMessages
{
    public static FuzzTarget Target { get; } = new("kernel-message",
    [
        .. Enumerable.Range(0, 9).Select(reader => (byte[])[(byte)reader, .. new byte[20], .. Attribute(1, [.. "meta\0"u8]), .. Attribute(0x8002, Attribute(1, [0, 0, 0, 3]))]),
        .. Enumerable.Range(1, 3).Select(reader => (byte[])[(byte)reader, 0, 0, 0, 0, .. Attribute(0x8003, [.. Attribute(1, [0xff, 0xff, 0xff, 0xfd]), .. Attribute(2, [.. "a\0"u8])])]),
        .. new[] { "cmp\0", "lookup\0", "payload\0", "bitwise\0", "immediate\0" }.Select(name =>
            (byte[])[0, .. Attribute(0x8001, [.. Attribute(1, System.Text.Encoding.ASCII.GetBytes(name)), .. Attribute(0x8002, [.. Attribute(1, [0, 0, 0, 1]), .. Attribute(2, [0, 0, 0, 1]), .. Attribute(0x8003, Attribute(1, [1, 2, 3, 4]))])])]),
    ], Take);

    private static bool Take(byte[] input)
    {
        if (input.Length == 0)
        {
            return false;
        }
        var message = new NetlinkMessage(3, 0, 1, input.AsSpan(1));
        switch (input[0] % 9)
        {
            case 0:
                _ = ExpressionMessages.Read(message.Attributes(0));
                break;
            case 1:
                return ExpressionMessages.ReadVerdict(message.Attributes(4)) is not null;
            case 2:
                _ = ExpressionMessages.ReadValue(message.Attributes(4));
                break;
            case 3:
                _ = MarkWriteReading.Read(message.Attributes(4));
                break;
            case 4:
                _ = ConnectionTracking.Read(message);
                break;
            case 5:
                _ = SocketMessages.Read(message);
                _ = SocketMessages.Measurement(message.Body);
                break;
            case 6:
                _ = LinkSpeed.Read(message);
                break;
            case 7:
                _ = WirelessLink.Read(message);
                break;
            default:
                foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
                {
                    _ = LegacyRuleReading.MarkRules(new LegacyTable(family, "mangle"), [0, 100, null, 300], message.Body);
                }
                break;
        }
        return false;
    }

    private static byte[] Attribute(ushort type, byte[] value)
    {
        var length = value.Length + 4;
        return [(byte)(length & 0xff), (byte)(length >> 8), (byte)(type & 0xff), (byte)(type >> 8), .. value, .. new byte[-length & 3]];
    }
}
