using System.Buffers.Binary;
using Waymark.PathExamination.Stamp;

namespace Waymark.Tests.PathExamination.Stamp;

public sealed class StampPacketTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly StampKey Key = StampKey.FromText("00112233445566778899aabbccddeeff")!;

    private static readonly StampRequest Request = new(7, new(0x0102030405060708), new(0x8103), 0xbeef);

    private static readonly StampReply Reply = new(3, new(0x1112131415161718), new(0x8207), 0xbeef, new(0x2122232425262728), Request, 61);

    [Fact]
    public void A_request_is_laid_out_as_RFC_8762_section_4_2_1_has_it()
    {
        var packet = new byte[44];
        Request.Write(packet, null);
        Assert.Equal("00000007" + "0102030405060708" + "8103" + "BEEF" + new string('0', 56), Convert.ToHexString(packet));
        Assert.True(StampRequest.TryRead(packet, null, out var read));
        Assert.Equal(Request, read);
    }

    [Fact]
    public void A_reply_is_laid_out_as_RFC_8762_section_4_3_1_has_it()
    {
        var packet = new byte[112];
        Assert.Equal(44, Reply.Write(new byte[44], packet, null));
        Assert.Equal(
            "00000003" + "1112131415161718" + "8207" + "BEEF" + "2122232425262728" + "00000007" + "0102030405060708" + "8103" + "0000" + "3D" + "000000",
            Convert.ToHexString(packet.AsSpan(0, 44)));
        Assert.True(StampReply.TryRead(packet.AsSpan(0, 44), null, out var read));
        Assert.Equal(Reply, read);
    }

    [Fact]
    public void Authenticated_packets_are_laid_out_as_RFC_8762_sections_4_2_2_and_4_3_2_have_them()
    {
        var request = new byte[112];
        Request.Write(request, Key);
        Assert.Equal("00000007" + Zeros(12) + "0102030405060708" + "8103" + "BEEF" + Zeros(68), Convert.ToHexString(request.AsSpan(0, 96)));
        Assert.True(StampRequest.TryRead(request, Key, out var read));
        Assert.Equal(Request, read);
        var reply = new byte[112];
        Assert.Equal(112, Reply.Write(request, reply, Key));
        Assert.Equal(
            "00000003" + Zeros(12) + "1112131415161718" + "8207" + "BEEF" + Zeros(4) + "2122232425262728" + Zeros(8) + "00000007" + Zeros(12) + "0102030405060708" + "8103" + Zeros(6) + "3D" + Zeros(15),
            Convert.ToHexString(reply.AsSpan(0, 96)));
        Assert.True(StampReply.TryRead(reply, Key, out var answer));
        Assert.Equal(Reply, answer);

        static string Zeros(int octets) => new('0', 2 * octets);
    }

    [Fact]
    public void The_tag_is_HMAC_SHA_256_of_the_96_octets_before_it_cut_to_16()
    {
        var packet = new byte[112];
        Request.Write(packet, StampKey.FromText("Jefe"));
        Assert.Equal(System.Security.Cryptography.HMACSHA256.HashData("Jefe"u8, packet.AsSpan(0, 96)).AsSpan(0, 16).ToArray(), packet.AsSpan(96).ToArray());
    }

    [Fact]
    public void A_packet_of_which_any_bit_was_changed_is_not_the_key_holders()
    {
        var packet = new byte[112];
        for (var bit = 0; bit < 112 * 8; bit++)
        {
            Request.Write(packet, Key);
            packet[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(StampRequest.TryRead(packet, Key, out _), $"bit {bit}");
        }
        Request.Write(packet, Key);
        Assert.False(StampRequest.TryRead(packet, StampKey.FromText("another"), out _));
        Assert.False(StampReply.TryRead(packet.AsSpan(0, 111), Key, out _));
    }

    [Theory]
    [InlineData("  6b6579\n", "key")]
    [InlineData("0g", "0g")]
    [InlineData("abc", "abc")]
    public void A_key_is_hexadecimal_or_text(string text, string same)
    {
        Span<byte> one = stackalloc byte[16], other = stackalloc byte[16];
        StampKey.FromText(text)!.Sign([1, 2, 3], one);
        System.Security.Cryptography.HMACSHA256.HashData(System.Text.Encoding.UTF8.GetBytes(same), (byte[])[1, 2, 3]).AsSpan(0, 16).CopyTo(other);
        Assert.Equal(other.ToArray(), one.ToArray());
        Assert.DoesNotContain(same, StampKey.FromText(text)!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n ")]
    [InlineData("one\ntwo")]
    public void What_is_not_one_line_is_no_key(string text) => Assert.Null(StampKey.FromText(text));

    [Theory]
    [InlineData(13, false)]
    [InlineData(14, true)]
    [InlineData(41, true)]
    [InlineData(43, true)]
    public void A_sender_of_TWAMP_Light_gets_no_more_bytes_than_it_sent(int length, bool isTaken)
    {
        var packet = new byte[length];
        packet.AsSpan().Fill(0xa5);
        Assert.Equal(isTaken, StampRequest.TryRead(packet, null, out var request));
        if (isTaken)
        {
            Assert.True(request is { IsForeign: true, SessionId: 0 });
            Assert.Equal(length, (Reply with { Request = request }).Write(packet, new byte[112], null));
        }
    }

    [Fact]
    public void Padding_of_TWAMP_Light_is_no_session_identifier()
    {
        var packet = new byte[60];
        Request.Write(packet, null);
        packet[30] = 1;
        Assert.True(StampRequest.TryRead(packet, null, out var request));
        Assert.True(request is { IsForeign: true, SessionId: 0, Sequence: 7 });
    }

    [Fact]
    public void A_reply_is_never_taken_for_a_request_of_STAMP()
    {
        var packet = new byte[112];
        Reply.Write(new byte[44], packet, null);
        Assert.True(StampRequest.TryRead(packet.AsSpan(0, 44), null, out var request));
        Assert.True(request.IsForeign);
    }

    [Theory]
    // Padding is known; location is not; what is behind an extension that is longer than the packet goes back as it came.
    [InlineData("80010002AAAA" + "8002000100", "00010002AAAA" + "8002000100")]
    [InlineData("80010000" + "80020009AAAA", "00010000" + "40020009AAAA")]
    [InlineData("8001", "8001")]
    [InlineData("0002000000020000", "8002000080020000")]
    public void Extensions_come_back_with_what_the_reflector_knows_of_them(string sent, string answered)
    {
        byte[] request = [.. new byte[44], .. Convert.FromHexString(sent)];
        var packet = new byte[112];
        Assert.Equal(request.Length, Reply.Write(request, packet, null));
        Assert.Equal(answered, Convert.ToHexString(packet.AsSpan(44, request.Length - 44)));
    }

    [Fact]
    public void Extensions_of_an_authenticated_session_are_covered_by_a_tag_of_their_own()
    {
        var request = new byte[112 + 5 + 20 + 8];
        Request.Write(request.AsSpan(0, 112), Key);
        Convert.FromHexString("8002000109").CopyTo(request, 112);
        Convert.FromHexString("80080010").CopyTo(request, 117);
        Key.Sign([.. request.AsSpan(0, 4), .. request.AsSpan(112, 5)], request.AsSpan(121, 16));
        Convert.FromHexString("8001000400000000").CopyTo(request, 137);
        var reply = new byte[request.Length];
        Reply.Write(request, reply, Key);
        Assert.Equal(("8002000109", "00080010", "0001000400000000"), (Convert.ToHexString(reply[112..117]), Convert.ToHexString(reply[117..121]), Convert.ToHexString(reply[137..])));
        Assert.True(Key.IsTag(reply.AsSpan(121, 16), [.. reply.AsSpan(0, 4), .. reply.AsSpan(112, 5)]));

        request[116]++;
        Reply.Write(request, reply, Key);
        Assert.Equal(("20020001", "20080010", "20010004"), (Convert.ToHexString(reply[112..116]), Convert.ToHexString(reply[117..121]), Convert.ToHexString(reply[137..141])));
    }

    [Fact]
    public void Padding_fills_a_request_of_any_length()
    {
        for (var length = 44; length < 1300; length++)
        {
            var packet = new byte[length];
            Request.Write(packet, null);
            Assert.True(StampRequest.TryRead(packet, null, out var read) && read == Request);
            Assert.True(length < 48 || (packet[44] == 0x80 && packet[45] == 1 && BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(46)) == length - 48));
        }
    }

    [Fact]
    public void Timestamps_count_from_1900_and_go_on_behind_2036()
    {
        Assert.Equal(0x83AA7E80_80000000, NtpTimestamp.From(new DateTimeOffset(1970, 1, 1, 0, 0, 0, 500, TimeSpan.Zero)).Bits);
        var (before, after) = (new DateTimeOffset(2036, 2, 7, 6, 28, 15, TimeSpan.Zero), new DateTimeOffset(2036, 2, 7, 6, 28, 17, 250, TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromSeconds(2.25), NtpTimestamp.From(after) - NtpTimestamp.From(before));
        Assert.Equal(TimeSpan.FromSeconds(-2.25), NtpTimestamp.From(before) - NtpTimestamp.From(after));
    }

    [Fact]
    public void Times_of_PTP_are_read_and_those_that_are_none_refused()
    {
        var packet = new byte[112];
        var unix = (ulong)Noon.ToUnixTimeSeconds();
        var ptp = Reply with { ErrorEstimate = new(0xc203), Received = new((unix << 32) | 999_000_000), Sent = new(((unix + 1) << 32) | 1_000_000) };
        ptp.Write(new byte[44], packet, null);
        Assert.True(StampReply.TryRead(packet.AsSpan(0, 44), null, out var read));
        Assert.Equal((0.002, 0.999), (Math.Round((read.Sent - read.Received).TotalSeconds, 6), Math.Round((read.Received - NtpTimestamp.From(Noon)).TotalSeconds, 6)));
        (ptp with { Sent = new((unix << 32) | 1_000_000_000) }).Write(new byte[44], packet, null);
        Assert.False(StampReply.TryRead(packet.AsSpan(0, 44), null, out _));
    }

    [Theory]
    [InlineData(0x8001, true, 0)]
    [InlineData(0x2001, false, 1)]
    [InlineData(0x8000, false, 0)]
    [InlineData(0xbfff, true, 547_608_330_240)]
    public void An_error_estimate_is_a_multiplier_and_a_scale(int bits, bool isSynchronized, double seconds)
    {
        var estimate = new ErrorEstimate((ushort)bits);
        Assert.Equal((isSynchronized, seconds), (estimate.IsSynchronized, Math.Round(estimate.Error.TotalSeconds)));
    }
}
