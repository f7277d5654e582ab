using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.PathExamination;
using Waymark.PathExamination.Stamp;

namespace Waymark.SystemTests.PathExamination;

/// <summary>Our sender against reflectors that lie, repeat, reorder, delay and flood.</summary>
public sealed class HostileReflectorTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly StampWorld world = new();
    private readonly Socket far;
    private readonly IProbe probe;

    public HostileReflectorTests()
    {
        far = StampWorld.Udp(world.Far, IpFamily.V4, "192.0.2.1", 862);
        probe = world.Probe(IpFamily.V4);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        probe.Dispose();
        far.Dispose();
        world.Dispose();
    }

    [Fact]
    public async Task Times_that_cannot_be_are_faults_of_that_sample_alone()
    {
        await Answered(Honest);
        Assert.Equal("the reflector says that it answered before it was asked", (await Ask(r => Honest(r) with { Received = Later(r, 60) })).Fault);
        Assert.Equal("the reflector says that it held the packet for longer than the round trip took", (await Ask(r => Honest(r) with { Sent = Later(r, 60) })).Fault);
        Assert.Equal("the reflector says that it held the packet for longer than the round trip took", (await Ask(r => Honest(r) with { Received = new(0), Sent = new(0x7fffffff_ffffffff) })).Fault);
        // A clock that is an hour off says nothing of the round trip; it only must not be believed of the ways.
        var off = await Answered(r => Honest(r) with { Received = Later(r, 3600), Sent = Later(r, 3600) });
        Assert.False(off.OneWay!.Value.IsMeasured);
        await Answered(Honest);
    }

    [Fact]
    public async Task What_is_not_an_answer_to_what_is_under_way_is_silence()
    {
        foreach (var spoil in new Func<StampReply, StampReply>[]
        {
            r => r with { SessionId = 1 },
            r => r with { Request = r.Request with { Sequence = r.Request.Sequence + 1 } },
            r => r with { Request = r.Request with { Timestamp = new(r.Request.Timestamp.Bits + 1) } },
            r => r with { Request = r.Request with { ErrorEstimate = new(1) } },
        })
        {
            var result = await Ask(r => spoil(Honest(r)), TimeSpan.FromMilliseconds(200));
            Assert.Equal((null, null), (result.RoundTrip, result.Fault));
        }
        // A reflector that knows no session identifiers says zero.
        await Answered(r => Honest(r) with { SessionId = 0 });
    }

    [Fact]
    public async Task A_reply_from_another_port_does_not_count()
    {
        using var other = StampWorld.Udp(world.Far, IpFamily.V4, "192.0.2.1", 863);
        var asking = probe.ProbeAsync(StampWorld.Asking(IpFamily.V4), TimeSpan.FromMilliseconds(200), Cancel);
        var (request, sender) = Receive();
        other.SendTo(Packet(Honest(request)), sender);
        Assert.False((await asking).IsAnswered);
    }

    [Fact]
    public async Task A_duplicate_and_a_replay_count_for_nothing()
    {
        var asking = probe.ProbeAsync(StampWorld.Asking(IpFamily.V4), Patience, Cancel);
        var (request, sender) = Receive();
        var old = Packet(Honest(request));
        far.SendTo(old, sender);
        far.SendTo(old, sender);
        Assert.True((await asking).IsAnswered);
        asking = probe.ProbeAsync(StampWorld.Asking(IpFamily.V4), TimeSpan.FromMilliseconds(300), Cancel);
        Receive();
        far.SendTo(old, sender);
        Assert.False((await asking).IsAnswered);
    }

    [Fact]
    public async Task Answers_that_overtake_each_other_find_their_questions()
    {
        var asking = Enumerable.Range(0, 3).Select(_ => probe.ProbeAsync(StampWorld.Asking(IpFamily.V4), Patience, Cancel)).ToList();
        var requests = Enumerable.Range(0, 3).Select(_ => Receive()).ToList();
        foreach (var (request, sender) in requests.AsEnumerable().Reverse())
        {
            far.SendTo(Packet(Honest(request)), sender);
        }
        Assert.All(await Task.WhenAll(asking), result => Assert.True(result is { IsAnswered: true, Fault: null }));
    }

    [Fact]
    public async Task An_answer_that_comes_too_late_is_none_and_disturbs_no_later_one()
    {
        var asking = probe.ProbeAsync(StampWorld.Asking(IpFamily.V4), TimeSpan.FromMilliseconds(100), Cancel);
        var (request, sender) = Receive();
        Assert.False((await asking).IsAnswered);
        asking = probe.ProbeAsync(StampWorld.Asking(IpFamily.V4), Patience, Cancel);
        far.SendTo(Packet(Honest(request)), sender);
        far.SendTo(Packet(Honest(Receive().Request)), sender);
        Assert.True((await asking).IsAnswered);
    }

    [Fact]
    public async Task A_flood_of_anything_hides_no_answer()
    {
        var asking = probe.ProbeAsync(StampWorld.Asking(IpFamily.V4), TimeSpan.FromSeconds(20), Cancel);
        var (request, sender) = Receive();
        var random = new Random(1);
        var right = Packet(Honest(request));
        for (var i = 0; i < 20_000; i++)
        {
            var junk = (byte[])right.Clone();
            junk[random.Next(28, 38)] ^= (byte)random.Next(1, 256);
            far.SendTo(i % 3 == 0 ? junk[..random.Next(0, 44)] : junk, sender);
        }
        // What a flood pushes out of the socket's queue is lost like any packet; one of some gets through.
        for (var i = 0; i < 100 && !asking.IsCompleted; i++)
        {
            far.SendTo(right, sender);
            await Task.WhenAny(asking, Task.Delay(20, Cancel));
        }
        Assert.True((await asking).IsAnswered);
        await Answered(Honest);
    }

    private static StampReply Honest(StampRequest request) => new(request.Sequence, Later(request, 0), StampWorld.Kept, request.SessionId, Later(request, 0), request, 64);

    private static NtpTimestamp Later(StampRequest request, uint seconds) => new(request.Timestamp.Bits + ((ulong)seconds << 32));

    private static byte[] Packet(StampReply reply)
    {
        var packet = new byte[112];
        return packet[..reply.Write(new byte[44], packet, null)];
    }

    private (StampRequest Request, EndPoint Sender) Receive()
    {
        var packet = new byte[2048];
        EndPoint sender = new IPEndPoint(IPAddress.Any, 0);
        var length = far.ReceiveFrom(packet, ref sender);
        Assert.True(StampRequest.TryRead(packet.AsSpan(0, length), null, out var request));
        return (request, sender);
    }

    private async Task<ProbeResult> Ask(Func<StampRequest, StampReply> answer, TimeSpan? patience = null)
    {
        var asking = probe.ProbeAsync(StampWorld.Asking(IpFamily.V4), patience ?? Patience, Cancel);
        var (request, sender) = Receive();
        far.SendTo(Packet(answer(request)), sender);
        return await asking;
    }

    private async Task<ProbeResult> Answered(Func<StampRequest, StampReply> answer)
    {
        var result = await Ask(answer);
        Assert.True(result is { IsAnswered: true, Fault: null }, result.Fault);
        Assert.InRange(result.RoundTrip!.Value.TotalSeconds, 0, 4);
        return result;
    }
}
