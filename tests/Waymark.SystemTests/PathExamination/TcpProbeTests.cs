using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathExamination.Tcp;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.SystemTests.PathExamination;

/// <summary>Requests for a connection over the real kernel, to servers that listen, that do not, and that never hear of it.</summary>
public sealed class TcpProbeTests : IDisposable
{
    private const int Port = 4430;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly StampWorld world = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => world.Dispose();

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_server_that_listens_answers_and_nothing_is_left_of_it(IpFamily family)
    {
        using var server = Listen(family);
        using var probe = Open(family);
        for (var i = 0; i < 10; i++)
        {
            var result = await probe.ProbeAsync(Target(family), Patience, Cancel);
            Assert.Null(result.Fault);
            Assert.InRange(result.RoundTrip!.Value.TotalMilliseconds, 0.001, 500);
        }
        // The test of the test: the server does see connections, of which nobody has any state.
        using var accepted = await server.AcceptSocketAsync(Cancel);
        Assert.Equal("", world.Node.Run("ss -Htan"));
        Assert.DoesNotContain("TIME-WAIT", world.Far.Run("ss -Htan"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_refusal_is_an_answer(IpFamily family)
    {
        using var probe = Open(family);
        var result = await probe.ProbeAsync(Target(family), Patience, Cancel);
        Assert.Null(result.Fault);
        Assert.InRange(result.RoundTrip!.Value.TotalSeconds, 0.000001, 5);
    }

    [Theory]
    [InlineData(IpFamily.V4, "drop")]
    [InlineData(IpFamily.V6, "drop")]
    [InlineData(IpFamily.V4, "reject with icmpx type host-unreachable")]
    [InlineData(IpFamily.V6, "reject with icmpx type no-route")]
    public async Task What_is_swallowed_or_cannot_be_led_further_is_silence(IpFamily family, string verdict)
    {
        using var server = Listen(family);
        Filter(world.Far, $"tcp dport {Port} {verdict}");
        using var probe = Open(family);
        var result = await probe.ProbeAsync(Target(family), TimeSpan.FromMilliseconds(400), Cancel);
        Assert.Equal((null, null), (result.RoundTrip, result.Fault));
    }

    [Theory]
    [InlineData(IpFamily.V4, "192.0.2.99")]
    [InlineData(IpFamily.V6, "2001:db8:1::99")]
    public async Task A_neighbour_that_does_not_answer_for_its_address_is_silence(IpFamily family, string nobody)
    {
        using var probe = Open(family);
        var result = await probe.ProbeAsync(new ProbeTarget.Tcp(IpAddress.Parse(nobody), Port), Patience, Cancel);
        Assert.Equal((null, null), (result.RoundTrip, result.Fault));
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_packet_that_was_lost_is_a_loss_though_the_one_sent_again_is_answered(IpFamily family)
    {
        using var server = Listen(family);
        Filter(world.Far, $"tcp dport {Port} tcp flags syn numgen inc mod 2 == 0 drop");
        using var probe = Open(family);
        var lost = await probe.ProbeAsync(Target(family), Patience, Cancel);
        Assert.Equal((null, null), (lost.RoundTrip, lost.Fault));
        // It was answered after all, so that the server has the connection.
        using var accepted = await server.AcceptSocketAsync(Cancel);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task An_answer_that_was_lost_is_a_loss_though_it_is_sent_again(IpFamily family)
    {
        using var server = Listen(family);
        using var probe = Open(family);
        Assert.InRange((await probe.ProbeAsync(Target(family), Patience, Cancel)).RoundTrip!.Value.TotalSeconds, 0, 0.9);
        Filter(world.Node, $"tcp sport {Port} tcp flags & (syn | ack) == syn | ack numgen inc mod 2 == 0 drop");
        // That it took a second shows that one was lost; what took it, the answer does not show.
        var lost = await probe.ProbeAsync(Target(family), Patience, Cancel);
        Assert.Equal((null, null), (lost.RoundTrip, lost.Fault));
        using var before = await server.AcceptSocketAsync(Cancel);
        using var accepted = await server.AcceptSocketAsync(Cancel);
    }

    /// <summary>IPv6 only: by a device that a socket is bound to, IPv4 takes every target that no route leads to for a neighbour.</summary>
    [Fact]
    public async Task A_target_without_a_route_is_a_fault()
    {
        const string Target = "2001:db8:9::7";
        using var probe = Open(IpFamily.V6);
        var asked = new ProbeTarget.Tcp(IpAddress.Parse(Target), Port);
        Assert.Equal("Network is unreachable", (await probe.ProbeAsync(asked, Patience, Cancel)).Fault);
        world.Node.Ip($"-6 rule add to {Target} prohibit");
        Assert.Equal("kept in by this host's firewall or a prohibiting route", (await probe.ProbeAsync(asked, Patience, Cancel)).Fault);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_device_that_has_gone_is_a_fault(IpFamily family)
    {
        using var probe = Open(family);
        world.Node.Ip("link del wan0");
        Assert.StartsWith("no socket can be opened: ", (await probe.ProbeAsync(Target(family), Patience, Cancel)).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_is_not_there_cannot_be_opened() =>
        Assert.Throws<SocketException>(() => world.Node.Network.Run(() => new TcpProbeKind(TimeProvider.System).Open(IpFamily.V4, "wan9", 0)));

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task They_leave_by_their_device_with_their_mark_though_another_route_is_better(IpFamily family)
    {
        var (number, target, gateway) = family == IpFamily.V4 ? (4, "198.51.100.7", "192.0.2.1") : (6, "2001:db8:9::7", "2001:db8:1::1");
        world.Node.Connect("wan1", world.Far, "far1");
        world.Node.Ip(family == IpFamily.V4 ? "addr add 203.0.113.10/24 dev wan1" : "addr add 2001:db8:2::10/64 dev wan1 nodad");
        world.Far.Ip($"addr add {target} dev lo");
        // The system would go by wan1; the mark leads to the path's own table.
        world.Node.Ip($"-{number} route add default dev wan1 metric 1");
        world.Node.Ip($"-{number} route add default via {gateway} dev wan0 table 27101");
        world.Node.Ip($"-{number} rule add fwmark 0x1000000/0x3f000000 table 27101");
        Filter(world.Far, $"iifname far0 tcp dport {Port} accept", $"iifname far1 tcp dport {Port} drop");
        Filter(world.Node, "tcp flags syn mark != 0x1000000 drop", hook: "output");
        using var probe = Open(family);
        probe.Mark = 0x1000000;
        Assert.True((await probe.ProbeAsync(new ProbeTarget.Tcp(IpAddress.Parse(target), Port), Patience, Cancel)).IsAnswered);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_path_is_up_by_them_and_down_once_they_are_swallowed(IpFamily family)
    {
        var settings = new ProbeSettings { Targets = [Target(family)], AreTargetsNamed = true, Every = TimeSpan.FromMilliseconds(100) };
        await using var examined = new ExaminedWan(world, family, settings);
        await examined.Await(set => set.TryGet(PathCharacteristics.Up(family), out var up) && up is { Value.Flag: true, IsEstimated: false, Source: "tcp" } && set.TryGet("rtt", out var rtt) && rtt.Samples > 3);
        Filter(world.Far, $"tcp dport {Port} drop");
        await examined.Await(set => set.TryGet(PathCharacteristics.Up(family), out var up) && !up.Value.Flag);
        Assert.Empty(examined.Examiner.Faults);
    }

    private static ProbeTarget.Tcp Target(IpFamily family) => new(IpAddress.Parse(StampWorld.Target(family)), Port);

    private IProbe Open(IpFamily family) => world.Node.Network.Run(() => new TcpProbeKind(TimeProvider.System).Open(family, "wan0", 0));

    private TcpListener Listen(IpFamily family) => world.Far.Network.Run(() =>
    {
        var listener = new TcpListener(IPAddress.Parse(StampWorld.Target(family)), Port);
        listener.Start();
        return listener;
    });

    private static void Filter(TestNamespace where, string rule, string? second = null, string hook = "input")
    {
        where.Run("nft add table inet wall");
        where.Run($"nft 'add chain inet wall way {{ type filter hook {hook} priority 0; }}'");
        where.Run($"nft 'add rule inet wall way {rule}'");
        if (second is not null)
        {
            where.Run($"nft 'add rule inet wall way {second}'");
        }
    }
}
