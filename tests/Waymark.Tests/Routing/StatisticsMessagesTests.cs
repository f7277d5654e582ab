using System.Buffers.Binary;
using CsCheck;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;

namespace Waymark.Tests.Routing;

public sealed class StatisticsMessagesTests
{
    [Fact]
    public void Counters_of_an_answer_are_read_whole() =>
        Assert.Equal(
            new InterfaceStatistics(7, 5_000_000_000, 6_000_000_000) { ReceivedPackets = 11, SentPackets = 12 },
            Read(StatisticsMessages.NewStatistics, Header(12, family: 0), 1, Counters(11, 12, 5_000_000_000, 6_000_000_000)));

    [Theory]
    [InlineData(RoutingMessages.NewLink)]
    [InlineData(RoutingMessages.DeleteLink)]
    public void A_link_tells_them_too_and_for_the_last_time_when_it_goes(ushort type) =>
        Assert.Equal(new InterfaceStatistics(7, 3, 4) { ReceivedPackets = 1, SentPackets = 2 }, Read(type, Header(16, family: 0), 23, Counters(1, 2, 3, 4)));

    [Fact]
    public void Counters_that_are_cut_off_are_none() => Assert.Null(Read(StatisticsMessages.NewStatistics, Header(12, family: 0), 1, Counters(1, 2, 3, 4)[..31]));

    [Fact]
    public void What_a_bridge_tells_of_a_port_is_not_the_port() => Assert.Null(Read(RoutingMessages.DeleteLink, Header(16, family: 7), 23, Counters(1, 2, 3, 4)));

    [Fact]
    public void Whatever_the_bytes_reading_them_ends_and_throws_nothing() =>
        Gen.Select(Gen.Int[0, 2].Select(which => new[] { RoutingMessages.NewLink, RoutingMessages.DeleteLink, StatisticsMessages.NewStatistics }[which]), Gen.Byte.Array[0, 120]).Sample((type, bytes) =>
        {
            _ = StatisticsMessages.Read(new(type, NetlinkFlags.None, 0, bytes));
        });

    private static InterfaceStatistics? Read(ushort type, byte[] header, ushort attribute, byte[] value)
    {
        var writer = new NetlinkWriter();
        writer.BeginMessage(type, NetlinkFlags.None);
        writer.Raw(header);
        writer.Attribute(attribute, value);
        writer.EndMessage();
        var bytes = writer.Written;
        Assert.True(NetlinkMessage.TryRead(ref bytes, out var message));
        return StatisticsMessages.Read(message);
    }

    private static byte[] Header(int length, byte family)
    {
        var header = new byte[length];
        header[0] = family;
        header[4] = 7;
        return header;
    }

    private static byte[] Counters(params ulong[] counters)
    {
        var bytes = new byte[counters.Length * 8];
        for (var i = 0; i < counters.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), counters[i]);
        }
        return bytes;
    }
}
