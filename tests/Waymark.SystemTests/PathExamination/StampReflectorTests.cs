using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.PathExamination.Stamp;

namespace Waymark.SystemTests.PathExamination;

/// <summary>Our reflector against senders of all kinds.</summary>
public sealed class StampReflectorTests : IDisposable
{
    private readonly StampWorld world = new();

    public void Dispose() => world.Dispose();

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task Every_answer_is_as_long_as_its_question(IpFamily family)
    {
        await using var reflector = world.Reflect(null, "0.0.0.0/0", "::/0");
        using var sender = StampWorld.Udp(world.Node, family, StampWorld.Source(family));
        foreach (var length in new[] { 14, 15, 40, 41, 43, 44, 45, 48, 100, 1200 })
        {
            Assert.Equal(length, Ask(sender, family, new byte[length])?.Length);
        }
        Assert.Null(Ask(sender, family, new byte[13], milliseconds: 200));
    }

    [Fact]
    public async Task A_session_is_counted_and_another_session_anew()
    {
        await using var reflector = world.Reflect(null, "0.0.0.0/0");
        using var sender = StampWorld.Udp(world.Node, IpFamily.V4, "192.0.2.10");
        var numbers = new List<uint>();
        foreach (var (sequence, session) in new (uint, ushort)[] { (7, 1), (9, 1), (9, 2), (12, 1) })
        {
            var packet = new byte[44];
            new StampRequest(sequence, new(1), new(1), session).Write(packet, null);
            Assert.True(StampReply.TryRead(Ask(sender, IpFamily.V4, packet), null, out var reply));
            Assert.Equal((sequence, session), (reply.Request.Sequence, reply.SessionId));
            numbers.Add(reply.Sequence);
        }
        Assert.Equal([0, 1, 0, 2], numbers);
    }

    [Fact]
    public async Task Two_reflectors_do_not_answer_each_other()
    {
        await using var reflector = world.Reflect(null, "0.0.0.0/0");
        using var sender = StampWorld.Udp(world.Node, IpFamily.V4, "192.0.2.10", 862);
        var request = new byte[44];
        new StampRequest(1, new(2), new(3), 4).Write(request, null);
        var reply = Ask(sender, IpFamily.V4, request)!;
        Assert.Null(Ask(sender, IpFamily.V4, reply, milliseconds: 300));
        Assert.Null(Ask(sender, IpFamily.V4, reply[..20], milliseconds: 300));
    }

    [Theory]
    [InlineData(IpFamily.V4, "192.0.2.255")]
    [InlineData(IpFamily.V6, "ff02::1")]
    public async Task What_is_sent_to_many_is_answered_by_none(IpFamily family, string many)
    {
        await using var reflector = world.Reflect(null, "0.0.0.0/0", "::/0");
        using var sender = StampWorld.Udp(world.Node, family, StampWorld.Source(family));
        sender.EnableBroadcast = true;
        Assert.NotNull(Ask(sender, family, new byte[44]));
        if (family == IpFamily.V6)
        {
            sender.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, int.Parse(world.Node.Run("cat /sys/class/net/wan0/ifindex"), System.Globalization.CultureInfo.InvariantCulture));
        }
        Assert.Null(Ask(sender, family, new byte[44], many, milliseconds: 300));
    }

    [Fact]
    public async Task A_flood_gets_no_more_answers_than_are_fair_and_others_still_get_theirs()
    {
        await using var reflector = world.Reflect(null, "0.0.0.0/0", "::/0");
        using var flooding = StampWorld.Udp(world.Node, IpFamily.V4, "192.0.2.10");
        using var modest = StampWorld.Udp(world.Node, IpFamily.V6, "2001:db8:1::10");
        var start = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 20_000; i++)
        {
            flooding.SendTo(new byte[44], new IPEndPoint(IPAddress.Parse("192.0.2.1"), 862));
        }
        var answered = 0;
        while (Receive(flooding, 300) is not null)
        {
            answered++;
        }
        var seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        Assert.InRange(answered, 1, 200 + (500 * seconds) + 1);
        Assert.NotNull(Ask(modest, IpFamily.V6, new byte[44]));
    }

    [Fact]
    public void A_port_that_is_taken_is_refused_and_leaves_nothing_open()
    {
        using var other = StampWorld.Udp(world.Far, IpFamily.V6, "::1", 862);
        using (var four = StampWorld.Udp(world.Far, IpFamily.V4, "127.0.0.1", 862))
        {
            Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => world.Reflect(null, "::/0")).SocketErrorCode);
        }
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => world.Reflect(null, "::/0")).SocketErrorCode);
        Assert.DoesNotContain("0.0.0.0:862", world.Far.Run("ss -uln"), StringComparison.Ordinal);
    }

    private static byte[]? Ask(Socket sender, IpFamily family, byte[] packet, string? target = null, int milliseconds = 5000)
    {
        sender.SendTo(packet, new IPEndPoint(IPAddress.Parse(target ?? StampWorld.Target(family)), 862));
        return Receive(sender, milliseconds);
    }

    private static byte[]? Receive(Socket sender, int milliseconds)
    {
        if (!sender.Poll(TimeSpan.FromMilliseconds(milliseconds), SelectMode.SelectRead))
        {
            return null;
        }
        var packet = new byte[2048];
        return packet[..sender.Receive(packet)];
    }
}
