using Waymark.PathExamination.BfdSessions;

namespace Waymark.Fuzzing.Targets;

/// <summary>Control packets (RFC 5880), one after the other, each 24 bytes behind one that says how long after the last: a session takes them all, and no packet makes it speak more than twice.</summary>
internal static class BfdPackets
{
    public static FuzzTarget Target { get; } = new("bfd",
        [One(0, new() { State = BfdState.Down, DetectMultiplier = 3, MyDiscriminator = 9 }), [.. One(0, new() { State = BfdState.Down, DetectMultiplier = 3, MyDiscriminator = 9 }), .. One(3, new() { State = BfdState.Init, DetectMultiplier = 3, MyDiscriminator = 9, YourDiscriminator = 7 })]], Take);

    private static bool Take(byte[] input)
    {
        var session = new BfdSession(new(3, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50)), 7);
        var now = TimeSpan.Zero;
        var isDeep = false;
        for (var rest = input.AsSpan(); !rest.IsEmpty; rest = rest[Math.Min(rest.Length, BfdPacket.Length + 1)..])
        {
            now += TimeSpan.FromMilliseconds(rest[0] * 8);
            if (BfdPacket.TryRead(rest[1..Math.Min(rest.Length, BfdPacket.Length + 1)], out var packet))
            {
                session.Receive(packet, now);
            }
            var said = 0;
            while (session.Take(now, 0.5) is { } answer)
            {
                Expect.That(++said <= 2, "no packet makes it speak more than twice");
                Expect.That(answer is not { IsPoll: true, IsFinal: true }, "no packet is both (RFC 5880 section 6.5)");
                answer.Write(new byte[BfdPacket.Length]);
            }
            Expect.That(session.Due is not { } due || due > now, "nothing is left to be done now");
            isDeep |= session.State == BfdState.Up && packet is { IsPoll: true };
        }
        return isDeep;
    }

    private static byte[] One(byte later, BfdPacket packet)
    {
        var bytes = new byte[BfdPacket.Length + 1];
        bytes[0] = later;
        packet.Write(bytes.AsSpan(1));
        return bytes;
    }
}
