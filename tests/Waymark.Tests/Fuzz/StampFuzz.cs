using System.Diagnostics;
using Waymark.PathExamination.Stamp;

namespace Waymark.Tests.Fuzz;

/// <summary>Random and spoiled test packets: reading and answering them ends, throws nothing, and answers with as many bytes as came.</summary>
public sealed class StampFuzz
{
    private static readonly TimeSpan Box = TimeSpan.FromSeconds(1);

    private static readonly StampKey Key = StampKey.FromText("fuzz")!;

    [Fact]
    public void Random_packets_are_read_and_answered_without_a_fault() => Run(seed: 1, random =>
    {
        var packet = new byte[random.Next(0, 300)];
        random.NextBytes(packet);
        Take(packet);
    });

    [Fact]
    public void Spoiled_packets_are_read_and_answered_without_a_fault() => Run(seed: 2, random =>
    {
        var key = random.Next(2) == 0 ? null : Key;
        var length = StampRequest.BytesOf(key);
        var packet = new byte[length + random.Next(0, 200)];
        new StampRequest((uint)random.Next(), new((ulong)random.NextInt64()), new((ushort)random.Next(65536)), (ushort)random.Next(65536)).Write(packet, key);
        // Extensions of any kind and length, some of them longer than what is left.
        for (var at = length; at + 4 < packet.Length; at += 4 + packet[at + 3])
        {
            (packet[at], packet[at + 1], packet[at + 2], packet[at + 3]) = ((byte)random.Next(256), (byte)random.Next(10), 0, (byte)random.Next(0, 40));
        }
        for (var spoils = random.Next(0, 3); spoils > 0; spoils--)
        {
            packet[random.Next(packet.Length)] = (byte)random.Next(256);
        }
        Take(packet);
    });

    private static void Take(byte[] packet)
    {
        foreach (var key in new[] { null, Key })
        {
            if (StampReply.TryRead(packet, key, out var reply))
            {
                new StampExchange(reply.Request.Timestamp, reply.Sent, TimeSpan.FromMilliseconds(5), reply.Request.ErrorEstimate, reply).Evaluate(DateTimeOffset.UnixEpoch);
            }
            if (StampRequest.TryRead(packet, key, out var request))
            {
                var answer = new byte[Math.Max(112, packet.Length)];
                var length = new StampReply(1, new(2), new(3), request.SessionId, new(4), request, 64).Write(packet, answer, key);
                Assert.Equal(packet.Length, length);
            }
        }
    }

    private static void Run(int seed, Action<Random> once)
    {
        var clock = Stopwatch.StartNew();
        for (var round = 0; clock.Elapsed < Box; round++)
        {
            try
            {
                once(new Random((seed * 1_000_000) + round));
            }
            catch (Exception fault)
            {
                throw new InvalidOperationException($"seed {seed}, round {round}", fault);
            }
        }
    }
}
