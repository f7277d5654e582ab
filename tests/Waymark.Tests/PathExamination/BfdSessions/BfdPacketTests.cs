using CsCheck;
using Waymark.PathExamination.BfdSessions;

namespace Waymark.Tests.PathExamination.BfdSessions;

public sealed class BfdPacketTests
{
    /// <summary>Version 1, diagnostic 3; Init with P; multiplier 3; 24 bytes; discriminators; 50 ms, 60 ms, no echo.</summary>
    private const string Sample = "23a00318" + "00000011" + "00000022" + "0000c350" + "0000ea60" + "00000000";

    internal static readonly Gen<BfdPacket> Any =
        from state in Gen.Enum<BfdState>()
        from diagnostic in Gen.Int[0, 31]
        from flags in Gen.Bool.Array[4]
        from multiplier in Gen.Int[1, 255]
        from mine in Gen.UInt[1, uint.MaxValue]
        from yours in Gen.UInt
        from intervals in Gen.UInt.Array[3]
        select new BfdPacket
        {
            State = state,
            Diagnostic = (BfdDiagnostic)diagnostic,
            IsPoll = flags[0],
            IsFinal = flags[1],
            IsControlPlaneIndependent = flags[2],
            IsDemand = flags[3],
            DetectMultiplier = (byte)multiplier,
            MyDiscriminator = mine,
            YourDiscriminator = state is BfdState.Init or BfdState.Up ? Math.Max(yours, 1) : yours,
            DesiredMinTransmit = intervals[0],
            RequiredMinReceive = intervals[1],
            RequiredMinEchoReceive = intervals[2],
        };

    [Fact]
    public void A_packet_is_laid_out_as_RFC_5880_draws_it()
    {
        Assert.True(BfdPacket.TryRead(Convert.FromHexString(Sample), out var packet));
        Assert.Equal(
            new BfdPacket
            {
                State = BfdState.Init,
                Diagnostic = BfdDiagnostic.NeighborSignaledDown,
                IsPoll = true,
                DetectMultiplier = 3,
                MyDiscriminator = 0x11,
                YourDiscriminator = 0x22,
                DesiredMinTransmit = 50_000,
                RequiredMinReceive = 60_000,
            },
            packet);
        Assert.Equal(Sample, Written(packet));
    }

    [Fact]
    public void What_is_written_is_read_again() => Any.Sample(packet => BfdPacket.TryRead(Convert.FromHexString(Written(packet)), out var read) && read == packet);

    [Theory]
    [InlineData(0, "03", "version 0")]
    [InlineData(0, "43", "version 2")]
    [InlineData(1, "a1", "multipoint")]
    [InlineData(1, "a4", "authentication without room for it")]
    [InlineData(2, "00", "no multiplier")]
    [InlineData(3, "17", "a length below that of a packet")]
    [InlineData(3, "19", "a length beyond the datagram")]
    [InlineData(4, "00000000", "no discriminator of its own")]
    [InlineData(8, "00000000", "no discriminator of ours, though it hears us")]
    public void What_RFC_5880_6_8_6_discards_is_not_read(int at, string spoiled, string why)
    {
        var bytes = Convert.FromHexString(Sample);
        Convert.FromHexString(spoiled).CopyTo(bytes, at);
        Assert.False(BfdPacket.TryRead(bytes, out _), why);
    }

    [Theory]
    [InlineData("20", true)]
    [InlineData("60", true)]
    [InlineData("a0", false)]
    [InlineData("e0", false)]
    public void Only_who_is_down_may_not_know_our_discriminator(string flags, bool isRead)
    {
        var bytes = Convert.FromHexString(Sample);
        bytes[1] = Convert.FromHexString(flags)[0];
        bytes.AsSpan(8, 4).Clear();
        Assert.Equal(isRead, BfdPacket.TryRead(bytes, out _));
    }

    [Fact]
    public void Authentication_is_read_as_such_where_there_is_room_and_never_written()
    {
        var bytes = Convert.FromHexString(Sample + "0000");
        (bytes[1], bytes[3]) = (0xa4, 26);
        Assert.True(BfdPacket.TryRead(bytes, out var packet) && packet.HasAuthentication);
        Assert.Throws<InvalidOperationException>(() => packet.Write(new byte[26]));
    }

    [Fact]
    public void What_follows_a_packet_is_passed_over_and_a_part_of_one_is_none()
    {
        var bytes = Convert.FromHexString(Sample + "ffffff");
        Assert.True(BfdPacket.TryRead(bytes, out _));
        Assert.All(Enumerable.Range(0, BfdPacket.Length), length => Assert.False(BfdPacket.TryRead(bytes.AsSpan(0, length), out _)));
    }

    private static string Written(BfdPacket packet)
    {
        var bytes = new byte[BfdPacket.Length];
        packet.Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
