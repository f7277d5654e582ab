using Waymark.PathExamination.Stamp;

namespace Waymark.Fuzzing.Targets;

/// <summary>Test packets (RFC 8762), open and with a key, at the reflector and back at the sender: read or not, and answered with as many bytes as came.</summary>
internal static class StampPackets
{
    private static readonly StampKey Key = StampKey.FromText("fuzz")!;

    public static FuzzTarget Target { get; } = new("stamp", [Request(null, 44), Request(null, 80), Request(Key, 112), Reply(null, 44), Reply(null, 60)], Take);

    private static bool Take(byte[] input)
    {
        var isDeep = false;
        foreach (var key in new[] { null, Key })
        {
            if (StampReply.TryRead(input, key, out var reply))
            {
                new StampExchange(reply.Request.Timestamp, reply.Sent, TimeSpan.FromMilliseconds(5), reply.Request.ErrorEstimate, reply).Evaluate(DateTimeOffset.UnixEpoch);
            }
            if (StampRequest.TryRead(input, key, out var request))
            {
                var answer = new byte[Math.Max(112, input.Length)];
                Expect.Equal(input.Length, new StampReply(1, new(2), new(3), request.SessionId, new(4), request, 64).Write(input, answer, key), "the answer is as long as the request");
                isDeep |= input.Length > 200;
            }
        }
        return isDeep;
    }

    private static byte[] Request(StampKey? key, int length)
    {
        var packet = new byte[Math.Max(length, StampRequest.BytesOf(key))];
        new StampRequest(7, new(0x1234_5678_9abc_def0), new(0x8001), 3).Write(packet, key);
        return packet;
    }

    private static byte[] Reply(StampKey? key, int length)
    {
        var request = Request(key, length);
        StampRequest.TryRead(request, key, out var read);
        var packet = new byte[Math.Max(112, request.Length)];
        return packet[..new StampReply(1, new(2), new(3), read.SessionId, new(4), read, 64).Write(request, packet, key)];
    }
}
