using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathExamination.Dns;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.SystemTests.PathExamination;

/// <summary>Questions over the real kernel, to name servers that answer as a test says.</summary>
public sealed class DnsProbeTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10), Short = TimeSpan.FromMilliseconds(400);
    private readonly StampWorld world = new();
    private readonly List<byte[]> asked = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => world.Dispose();

    [Theory]
    [InlineData(IpFamily.V4, ".")]
    [InlineData(IpFamily.V6, "example.net")]
    public async Task Any_answer_counts_whatever_was_found(IpFamily family, string name)
    {
        foreach (var (code, flags) in new[] { (0, 0x80), (3, 0x80), (0, 0x82) })
        {
            using var server = Serve(family, question => [Answer(question, code, flags)]);
            using var probe = Open(family);
            var result = await probe.ProbeAsync(Target(family, name), Patience, Cancel);
            Assert.Equal((null, null), (result.Fault, result.Finding));
            Assert.InRange(result.RoundTrip!.Value.TotalMilliseconds, 0.001, 5000);
        }
        Assert.Equal(3, asked.Select(Convert.ToHexString).Distinct().Count());
    }

    [Theory]
    [InlineData(IpFamily.V4, 2, "it answers SERVFAIL")]
    [InlineData(IpFamily.V6, 5, "it answers REFUSED")]
    public async Task A_server_that_does_not_serve_has_not_answered(IpFamily family, int code, string finding)
    {
        using var server = Serve(family, question => [Answer(question, code)]);
        using var probe = Open(family);
        var result = await probe.ProbeAsync(Target(family), Patience, Cancel);
        Assert.Equal((null, null, finding), (result.RoundTrip, result.Fault, result.Finding));
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task Answers_to_something_else_and_from_others_are_silence(IpFamily family)
    {
        using var other = StampWorld.Udp(world.Far, family, StampWorld.Target(family));
        using var server = Serve(
            family,
            question =>
            {
                byte[] id = Answer(question), name = Answer(question);
                id[1] ^= 1;
                name[13] ^= 1;
                return [id, name, question, question[..11], []];
            },
            (question, from) => other.SendTo(Answer(question), from));
        using var probe = Open(family);
        var result = await probe.ProbeAsync(Target(family, "example.net"), Short, Cancel);
        Assert.Equal((null, null, null), (result.RoundTrip, result.Fault, result.Finding));
        Assert.Single(asked);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_port_that_nobody_listens_on_is_silence(IpFamily family)
    {
        using var probe = Open(family);
        var result = await probe.ProbeAsync(Target(family), Short, Cancel);
        Assert.Equal((null, null, null), (result.RoundTrip, result.Fault, result.Finding));
    }

    [Fact]
    public async Task A_server_without_a_route_is_a_fault()
    {
        using var probe = Open(IpFamily.V6);
        Assert.Equal("Network is unreachable", (await probe.ProbeAsync(new ProbeTarget.Dns(IpAddress.Parse("2001:db8:9::7"), "."), Patience, Cancel)).Fault);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_path_goes_down_with_the_reason_when_its_name_server_fails(IpFamily family)
    {
        var code = 0;
        using var server = Serve(family, question => [Answer(question, Volatile.Read(ref code))]);
        var settings = new ProbeSettings { Targets = [Target(family)], AreTargetsNamed = true, Every = TimeSpan.FromMilliseconds(100) };
        await using var examined = new ExaminedWan(world, family, settings);
        await examined.Await(set => set.TryGet(PathCharacteristics.Up(family), out var up) && up is { Value.Flag: true, IsEstimated: false, Source: "dns" } && set.TryGet("rtt", out var rtt) && rtt.Samples > 3);
        Volatile.Write(ref code, 2);
        await examined.Await(set => set.TryGet(PathCharacteristics.Up(family), out var up) && !up.Value.Flag
            && set.TryGet(PathCharacteristics.ProbeFinding(family), out var finding) && finding.Value.Word == $"dns {StampWorld.Target(family)} by wan0: it answers SERVFAIL");
        Volatile.Write(ref code, 0);
        await examined.Await(set => set.TryGet(PathCharacteristics.Up(family), out var up) && up.Value.Flag && !set.TryGet(PathCharacteristics.ProbeFinding(family), out _));
    }

    private static ProbeTarget.Dns Target(IpFamily family, string name = ".") => new(IpAddress.Parse(StampWorld.Target(family)), name);

    private static byte[] Answer(byte[] question, int code = 0, int flags = 0x80)
    {
        var answer = (byte[])question.Clone();
        (answer[2], answer[3]) = ((byte)(answer[2] | flags), (byte)(0x80 | code));
        return answer;
    }

    private IProbe Open(IpFamily family) => world.Node.Network.Run(() => new DnsProbeKind(world.Thread).Open(family, "wan0", 0));

    private Socket Serve(IpFamily family, Func<byte[], byte[][]> answers, Action<byte[], EndPoint>? beside = null)
    {
        var server = StampWorld.Udp(world.Far, family, StampWorld.Target(family), 53);
        server.ReceiveTimeout = 0;
        new Thread(() =>
        {
            var buffer = new byte[600];
            try
            {
                while (true)
                {
                    EndPoint from = new IPEndPoint(family == IpFamily.V4 ? IPAddress.Any : IPAddress.IPv6Any, 0);
                    var question = buffer[..server.ReceiveFrom(buffer, ref from)];
                    asked.Add(question);
                    beside?.Invoke(question, from);
                    foreach (var answer in answers(question))
                    {
                        server.SendTo(answer, from);
                    }
                }
            }
            catch (SocketException)
            {
                // The test is over.
            }
            catch (ObjectDisposedException)
            {
                // The same.
            }
        }) { IsBackground = true }.Start();
        return server;
    }
}
