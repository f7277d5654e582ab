using System.Buffers.Binary;
using Waymark.Lab.Accuracy;

namespace Waymark.Tests.Lab.Accuracy;

public sealed class ProbeFrameTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_echo_and_its_answer_have_one_number_and_that_of_ping_is_told_from_ours(bool six)
    {
        var (request, reply) = six ? ((byte)128, (byte)129) : ((byte)8, (byte)0);
        var protocol = six ? (byte)58 : (byte)1;
        Assert.Equal(new ProbeFrame(Asker.Icmp, false, 0x1234_0007), ProbeFrame.Of(Frame(six, protocol, [request, 0, 0, 0, 0x12, 0x34, 0, 7, .. new byte[8]])));
        Assert.Equal(new ProbeFrame(Asker.Icmp, true, 0x1234_0007), ProbeFrame.Of(Frame(six, protocol, [reply, 0, 0, 0, 0x12, 0x34, 0, 7, .. new byte[8]])));
        Assert.Equal(new ProbeFrame(Asker.Ping, true, 0x1234_0007), ProbeFrame.Of(Frame(six, protocol, [reply, 0, 0, 0, 0x12, 0x34, 0, 7, .. new byte[56]])));
        // A neighbour's address is asked for by ICMPv6 too.
        Assert.Null(ProbeFrame.Of(Frame(six, protocol, [135, 0, 0, 0, 0x12, 0x34, 0, 7, .. new byte[16]])));
    }

    [Theory]
    [InlineData(false, 44, Asker.Stamp)]
    [InlineData(true, 44, Asker.Stamp)]
    [InlineData(false, 1172, Asker.Train)]
    [InlineData(true, 1152, Asker.Train)]
    public void A_STAMP_reply_has_the_number_of_its_request_whatever_its_own_is(bool six, int length, Asker asker)
    {
        var request = Udp(5000, 862, length, (0, 42), (12, 0x8001_0003));
        var reply = Udp(862, 5000, length, (0, 7), (12, 0x8001_0003), (24, 42));
        Assert.Equal(new ProbeFrame(asker, false, (3UL << 32) | 42), ProbeFrame.Of(Frame(six, 17, request)));
        Assert.Equal(new ProbeFrame(asker, true, (3UL << 32) | 42), ProbeFrame.Of(Frame(six, 17, reply)));
        Assert.Null(ProbeFrame.Of(Frame(six, 17, Udp(5000, 54, length, (0, 42)))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_a_handshake_the_first_two_packets_count(bool six)
    {
        Assert.Equal(new ProbeFrame(Asker.Tcp, false, (5000UL << 32) | 0xffff_ffff), ProbeFrame.Of(Frame(six, 6, Tcp(5000, 8080, 0xffff_ffff, 0, 2))));
        Assert.Equal(new ProbeFrame(Asker.Tcp, true, (5000UL << 32) | 0xffff_ffff), ProbeFrame.Of(Frame(six, 6, Tcp(8080, 5000, 99, 0, 18))));
        Assert.Null(ProbeFrame.Of(Frame(six, 6, Tcp(5000, 8080, 0, 100, 16))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_question_and_its_answer_have_the_askers_port_and_the_identifier(bool six)
    {
        Assert.Equal(new ProbeFrame(Asker.Dns, false, (5000UL << 16) | 0x1234), ProbeFrame.Of(Frame(six, 17, Udp(5000, 53, 17, (0, 0x1234_0100)))));
        Assert.Equal(new ProbeFrame(Asker.Dns, true, (5000UL << 16) | 0x1234), ProbeFrame.Of(Frame(six, 17, Udp(53, 5000, 17, (0, 0x1234_8180)))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_a_page_the_handshake_counts_and_what_the_server_says_then(bool six)
    {
        Assert.Equal(new ProbeFrame(Asker.Http, false, 5000), ProbeFrame.Of(Frame(six, 6, Tcp(5000, 8081, 7, 0, 2))));
        Assert.Equal(new ProbeFrame(Asker.Http, true, 5000), ProbeFrame.Of(Frame(six, 6, Tcp(8081, 5000, 99, 8, 18))));
        Assert.Equal(new ProbeFrame(Asker.Http, true, 5000) { IsPage = true }, ProbeFrame.Of(Frame(six, 6, [.. Tcp(8081, 5000, 100, 8, 24), 1])));
        Assert.Null(ProbeFrame.Of(Frame(six, 6, Tcp(8081, 5000, 100, 8, 16))));
        Assert.Null(ProbeFrame.Of(Frame(six, 6, [.. Tcp(5000, 8081, 8, 100, 24), 1])));
    }

    [Fact]
    public void What_is_cut_is_nothing()
    {
        foreach (var six in new[] { false, true })
        {
            var whole = Frame(six, 17, Udp(5000, 862, 44, (0, 42)));
            for (var length = 0; length < whole.Length; length++)
            {
                Assert.Null(ProbeFrame.Of(whole.AsSpan(0, length)));
            }
        }
    }

    private static byte[] Frame(bool six, byte protocol, byte[] payload)
    {
        var header = new byte[14 + (six ? 40 : 20)];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(12), six ? (ushort)0x86dd : (ushort)0x0800);
        header[14] = six ? (byte)0x60 : (byte)0x45;
        header[14 + (six ? 6 : 9)] = protocol;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14 + (six ? 4 : 2)), (ushort)(payload.Length + (six ? 0 : 20)));
        return [.. header, .. payload];
    }

    private static byte[] Udp(ushort from, ushort to, int length, params (int At, uint Word)[] words)
    {
        var packet = new byte[8 + length];
        BinaryPrimitives.WriteUInt16BigEndian(packet, from);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), to);
        foreach (var (at, word) in words)
        {
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8 + at), word);
        }
        return packet;
    }

    private static byte[] Tcp(ushort from, ushort to, uint sequence, uint acknowledged, byte flags)
    {
        var packet = new byte[20];
        BinaryPrimitives.WriteUInt16BigEndian(packet, from);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), to);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), acknowledged);
        packet[12] = 0x50;
        packet[13] = flags;
        return packet;
    }
}
