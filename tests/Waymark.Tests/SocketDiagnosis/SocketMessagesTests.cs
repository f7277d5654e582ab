using System.Buffers.Binary;
using CsCheck;
using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.Linux.SocketDiagnosis;
using Waymark.PathExamination;

namespace Waymark.Tests.SocketDiagnosis;

public sealed class SocketMessagesTests
{
    [Fact]
    public void A_socket_is_read_with_its_ends_seen_from_here()
    {
        var socket = Read(Header(2, IpAddress.Parse("192.0.2.10"), 40000, IpAddress.Parse("203.0.113.7"), 443), State(248));
        Assert.Equal(new FlowEnds(IpAddress.Parse("192.0.2.10"), 40000, IpAddress.Parse("203.0.113.7"), 443), socket!.Ends);
        Assert.Equal((0x1122334455667788u, 7), (socket.Cookie, socket.DeviceIndex));
    }

    [Theory]
    [InlineData("2001:db8::10", "2001:db8::10")]
    [InlineData("::ffff:192.0.2.10", "192.0.2.10")]
    [InlineData("::1", "::1")]
    public void A_socket_of_IPv6_with_mapped_addresses_speaks_IPv4(string told, string expected)
    {
        var socket = Read(Header(10, System.Net.IPAddress.Parse(told).GetAddressBytes(), System.Net.IPAddress.Parse(told).GetAddressBytes()), State(248));
        Assert.Equal(IpAddress.Parse(expected), socket!.Ends.Source);
        Assert.Equal(IpAddress.Parse(expected), socket.Ends.Destination);
    }

    [Fact]
    public void What_TCP_knows_is_read_from_where_the_kernel_keeps_it() => Assert.Equal(
        new TcpMeasurement(TimeSpan.FromMicroseconds(68), TimeSpan.FromMicroseconds(72), 120, TimeSpan.FromMilliseconds(56))
        {
            LeastRoundTrip = TimeSpan.FromMicroseconds(148),
            SentSegments = 156,
            Retransmissions = 100,
            NeedlessRetransmissions = 216,
            ReceivedBytes = 128,
            DeliveryRate = 160 * 8,
            IsApplicationLimited = true,
            SegmentBytes = 16,
        },
        SocketMessages.Measurement(State(248)));

    [Fact]
    public void A_kernel_with_a_longer_structure_is_read_the_same() => Assert.Equal(SocketMessages.Measurement(State(248)), SocketMessages.Measurement(State(400)));

    /// <summary>104 bytes are those of Linux 2.6, 192 of 4.9, 216 of 4.18.</summary>
    [Theory]
    [InlineData(104, null, null, null, 0u)]
    [InlineData(192, 120ul, 156u, 1280.0, 0u)]
    [InlineData(216, 120ul, 156u, 1280.0, 0u)]
    [InlineData(220, 120ul, 156u, 1280.0, 216u)]
    public void What_an_older_kernel_does_not_keep_is_not_known(int length, ulong? acknowledged, uint? segments, double? rate, uint needless)
    {
        var old = SocketMessages.Measurement(State(length));
        Assert.Equal((TimeSpan.FromMicroseconds(68), 100u), (old.RoundTrip, old.Retransmissions));
        Assert.Equal((acknowledged, segments, rate, needless), (old.AcknowledgedBytes, old.SentSegments, old.DeliveryRate, old.NeedlessRetransmissions));
    }

    [Fact]
    public void What_was_not_measured_yet_is_not_known()
    {
        var state = State(248);
        state.AsSpan(68, 4).Clear();
        state.AsSpan(148, 4).Fill(0xff);
        var measurement = SocketMessages.Measurement(state);
        Assert.Equal((null, null), (measurement.RoundTrip, measurement.LeastRoundTrip));
    }

    [Fact]
    public void A_socket_that_is_not_established_or_tells_nothing_is_passed_over()
    {
        var header = Header(2, IpAddress.Parse("192.0.2.10"), 1, IpAddress.Parse("203.0.113.7"), 2);
        Assert.Null(Read(header, null));
        header[1] = 8;
        Assert.Null(Read(header, State(248)));
    }

    [Fact]
    public void Whatever_the_bytes_reading_them_ends_and_throws_nothing()
    {
        Gen.Byte.Array[0, 260].Sample(bytes => _ = SocketMessages.Measurement(bytes));
        Gen.Select(Gen.Int[0, 10].Select(one => (byte)one), Gen.Byte.Array[0, 400]).Sample((family, bytes) =>
        {
            if (bytes.Length > 2)
            {
                (bytes[0], bytes[1]) = (family, 1);
            }
            _ = SocketMessages.Read(new(SocketRequest.ByFamily, NetlinkFlags.None, 0, bytes));
        });
    }

    /// <summary>struct tcp_info as far as <paramref name="length"/>: each number of four bytes is its own place.</summary>
    private static byte[] State(int length)
    {
        var state = new byte[length];
        for (var at = 8; at + 4 <= length; at += 4)
        {
            BinaryPrimitives.WriteInt32LittleEndian(state.AsSpan(at), at);
        }
        // Numbers of eight bytes: the upper half is zero.
        foreach (var at in new[] { 120, 128, 160 }.Where(at => at + 8 <= length))
        {
            BinaryPrimitives.WriteInt64LittleEndian(state.AsSpan(at), at);
        }
        state[7] = 0b1101;
        return state;
    }

    private static byte[] Header(byte family, IpAddress source, ushort sourcePort, IpAddress destination, ushort destinationPort) =>
        Header(family, source.ToNetworkOrder(), destination.ToNetworkOrder(), sourcePort, destinationPort);

    private static byte[] Header(byte family, byte[] source, byte[] destination, ushort sourcePort = 1, ushort destinationPort = 2)
    {
        var header = new byte[72];
        (header[0], header[1]) = (family, 1);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), destinationPort);
        source.CopyTo(header, 8);
        destination.CopyTo(header, 24);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(40), 7);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(44), 0x1122334455667788);
        return header;
    }

    private static TcpSocket? Read(byte[] header, byte[]? state)
    {
        var writer = new NetlinkWriter();
        writer.BeginMessage(SocketRequest.ByFamily, NetlinkFlags.None);
        writer.Raw(header);
        if (state is not null)
        {
            writer.Attribute(SocketMessages.TcpState, state);
        }
        writer.EndMessage();
        var bytes = writer.Written;
        Assert.True(NetlinkMessage.TryRead(ref bytes, out var message));
        return SocketMessages.Read(message);
    }
}
