using CsCheck;
using Waymark.PathExamination.BfdSessions;
using Waymark.Tests.PathExamination.BfdSessions;

namespace Waymark.Tests.Fuzz;

/// <summary>Whatever comes by the wire: reading it ends, throws nothing, and leaves a session that can go on.</summary>
public sealed class BfdFuzz
{
    [Fact]
    public void Random_bytes_are_read_without_a_fault() => Gen.Byte.Array[0, 60].Sample(
        bytes => !BfdPacket.TryRead(bytes, out var packet) || (bytes.Length >= BfdPacket.Length && packet is { MyDiscriminator: not 0, DetectMultiplier: not 0 }),
        iter: 20_000);

    [Fact]
    public void Spoiled_packets_are_read_without_a_fault() => Gen.Select(BfdPacketTests.Any, Gen.Int[0, BfdPacket.Length - 1], Gen.Byte, Gen.Int[0, BfdPacket.Length]).Sample(
        (packet, at, spoiled, length) =>
        {
            var bytes = new byte[BfdPacket.Length];
            packet.Write(bytes);
            bytes[at] = spoiled;
            return !BfdPacket.TryRead(bytes.AsSpan(0, length), out _) || length == BfdPacket.Length;
        },
        iter: 20_000);

    /// <summary>Also intervals of zero and of more than an hour: nothing overflows, and no packet makes a session speak more than twice.</summary>
    [Fact]
    public void A_session_survives_every_packet() => Gen.Select(BfdPacketTests.Any, Gen.Int[0, 2000]).Array[1, 40].Sample(
        came =>
        {
            var session = new BfdSession(new(3, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50)), 7);
            var now = TimeSpan.Zero;
            foreach (var (packet, milliseconds) in came)
            {
                now += TimeSpan.FromMilliseconds(milliseconds);
                session.Receive(packet with { YourDiscriminator = packet.YourDiscriminator == 0 ? 0u : 7u }, now);
                var said = 0;
                while (session.Take(now, 0.5) is { } answer)
                {
                    Assert.True(++said <= 2 && answer is not { IsPoll: true, IsFinal: true }, $"{said}: {answer}");
                    answer.Write(new byte[BfdPacket.Length]);
                }
                Assert.True(session.Due is not { } due || due > now, "nothing is left to be done now");
            }
        },
        iter: 5_000);
}
