using CsCheck;
using Waymark.Linux.Netlink;

namespace Waymark.Tests.Netlink;

public sealed class NetlinkMessageTests
{
    [Fact]
    public void What_is_written_is_read_again()
    {
        var writer = new NetlinkWriter();
        writer.BeginMessage(24, NetlinkFlags.Request | NetlinkFlags.Ack, 7);
        writer.Raw([1, 2, 3, 4]);
        writer.U8(1, 0xab);
        writer.U16Network(2, 0x1234);
        writer.U32(3, 0xdeadbeef);
        writer.U64Network(4, 0x0102030405060708);
        var nested = writer.BeginNested(5);
        writer.Text(6, "wan0");
        writer.Flag(7);
        writer.EndNested(nested);
        writer.EndMessage();
        writer.BeginMessage(25, NetlinkFlags.None, 8);
        writer.EndMessage();

        var bytes = writer.Written;
        Assert.Equal(0, bytes.Length % 4);
        Assert.True(NetlinkMessage.TryRead(ref bytes, out var first));
        Assert.Equal((24, NetlinkFlags.Request | NetlinkFlags.Ack, 7u), (first.Type, first.Flags, first.Sequence));
        var seen = new List<string>();
        foreach (var attribute in first.Attributes(4))
        {
            seen.Add(attribute.Type switch
            {
                1 => $"1 {attribute.U8:x}",
                2 => $"2 {attribute.U16Network:x}",
                3 => $"3 {attribute.U32:x}",
                4 => $"4 {attribute.U64Network:x}",
                _ => Nested(attribute),
            });
        }
        Assert.Equal(["1 ab", "2 1234", "3 deadbeef", "4 102030405060708", "5: 6 wan0, 7 "], seen);
        Assert.True(NetlinkMessage.TryRead(ref bytes, out var second) && second.Sequence == 8 && second.Body.IsEmpty);
        Assert.False(NetlinkMessage.TryRead(ref bytes, out _));
    }

    [Fact]
    public void A_nested_attribute_longer_than_its_length_can_say_is_refused()
    {
        var writer = new NetlinkWriter();
        writer.BeginMessage(1, NetlinkFlags.None);
        var nested = writer.BeginNested(1);
        for (var i = 0; i < 5; i++)
        {
            writer.Attribute(2, new byte[16000]);
        }
        Assert.Throws<InvalidOperationException>(() => writer.EndNested(nested));
    }

    [Fact]
    public void Bytes_of_any_kind_are_read_to_an_end() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            ReadOnlySpan<byte> rest = bytes;
            var read = 0;
            while (NetlinkMessage.TryRead(ref rest, out var message))
            {
                read += 16 + message.Body.Length;
                foreach (var attribute in message.Attributes(12))
                {
                    _ = (attribute.U8, attribute.U16, attribute.U16Network, attribute.I32, attribute.U32, attribute.U32Network, attribute.U64Network, attribute.Text);
                    foreach (var inner in attribute.Nested)
                    {
                        _ = inner.Text;
                    }
                }
            }
            Assert.True(read <= bytes.Length);
        });

    private static string Nested(NetlinkAttribute attribute)
    {
        var inside = new List<string>();
        foreach (var inner in attribute.Nested)
        {
            inside.Add($"{inner.Type} {inner.Text}");
        }
        return $"{attribute.Type}: {string.Join(", ", inside)}";
    }
}
