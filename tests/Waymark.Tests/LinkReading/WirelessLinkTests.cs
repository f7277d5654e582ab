using CsCheck;
using Waymark.Linux.LinkReading;
using Waymark.Linux.Netlink;

namespace Waymark.Tests.LinkReading;

public sealed class WirelessLinkTests
{
    /// <summary>
    /// What Linux 6.1 answered on a simulated radio (mac80211_hwsim) that was connected to an access point, without the counts by class of traffic; of the same moment iw 5.19 said
    /// <c>signal: -30 dBm</c>, <c>signal avg: -30 dBm</c>, <c>tx bitrate: 6.5 MBit/s MCS 0</c> and no rx bitrate.
    /// </summary>
    private const string Answer =
        "280100002000020001000000680000001301000008000300020000000a000600020000000100000008002e0001000000f8001500080010000c00000008000100881700000c002a0055821c8d02000000"
        + "08000200424b000008000300f20300000c001700424b0000000000000c001800f2030000000000000c00200000000000000000000c002700000000000000000005000700e200000005000d00e2000000"
        + "1c00080008000500410000000600010041000000050002000000000008000900f000000008000a000c00000008000b000000000008000c0000000000080012000000000018000f000400030005000400"
        + "0200000006000500640000000c001100fe000000aa0000000c001c0009000000000000000c001d006f0000000000000005001e00e2000000";

    [Fact]
    public void The_other_end_is_told_as_iw_tells_it() => Assert.Equal(new WirelessStation(-30, null, 6_500_000), Read(Convert.FromHexString(Answer)));

    [Fact]
    public void Both_rates_and_the_average_signal_are_told_where_the_device_knows_them()
    {
        var writer = Begin();
        var station = writer.BeginNested(21);
        writer.U8(7, unchecked((byte)-71));
        writer.U8(13, unchecked((byte)-68));
        Rate(writer, 8, 1_300);
        Rate(writer, 14, 11_529);
        writer.EndNested(station);
        Assert.Equal(new WirelessStation(-68, 1_152_900_000, 130_000_000), Read(writer));
    }

    [Fact]
    public void A_device_that_tells_nothing_of_its_station_has_one_of_which_nothing_is_known()
    {
        var writer = Begin();
        writer.EndNested(writer.BeginNested(21));
        Assert.Equal(new WirelessStation(null, null, null), Read(writer));
    }

    [Theory]
    [InlineData(1000, 1e9)]
    [InlineData(100_000, 1e11)]
    [InlineData(-1, null)]
    [InlineData(0, null)]
    public void The_speed_of_a_cable_is_told_where_it_is_known(int megabits, double? expected)
    {
        var writer = Begin();
        writer.U32(5, unchecked((uint)megabits));
        writer.EndMessage();
        var bytes = writer.Written;
        Assert.True(NetlinkMessage.TryRead(ref bytes, out var message));
        Assert.Equal(expected, LinkSpeed.Read(message));
    }

    [Fact]
    public void Whatever_the_bytes_reading_them_ends_and_throws_nothing() =>
        Gen.Select(Gen.Int[16, 295], Gen.Byte, Gen.Int[0, 280]).Sample((at, value, cut) =>
        {
            // Half of them whole: a length that is not true ends the reading early.
            var bytes = Convert.FromHexString(Answer)[..^Math.Max(0, cut - 140)];
            bytes[Math.Min(at, bytes.Length - 1)] = value;
            NetlinkMessage message = new(32, NetlinkFlags.None, 0, bytes.AsSpan(16));
            _ = WirelessLink.Read(message);
            _ = LinkSpeed.Read(message);
        });

    private static NetlinkWriter Begin()
    {
        var writer = new NetlinkWriter();
        writer.BeginMessage(32, NetlinkFlags.None);
        writer.Raw([19, 1, 0, 0]);
        return writer;
    }

    private static void Rate(NetlinkWriter writer, ushort type, uint steps)
    {
        var rate = writer.BeginNested(type);
        writer.U32(5, steps);
        writer.EndNested(rate);
    }

    private static WirelessStation? Read(NetlinkWriter writer)
    {
        writer.EndMessage();
        return Read(writer.Written);
    }

    private static WirelessStation? Read(ReadOnlySpan<byte> bytes)
    {
        Assert.True(NetlinkMessage.TryRead(ref bytes, out var message));
        return WirelessLink.Read(message);
    }
}
