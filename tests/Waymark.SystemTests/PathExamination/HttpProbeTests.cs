using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathExamination.Http;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.SystemTests.PathExamination;

/// <summary>Requests for pages over the real kernel, to servers and portals that answer as a test says.</summary>
public sealed class HttpProbeTests : IDisposable
{
    private const string Good = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n";
    private const string Portal = "HTTP/1.1 302 Found\r\nLocation: http://login.example.net/\r\nContent-Length: 0\r\n\r\n";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20), Short = TimeSpan.FromMilliseconds(700);
    private readonly StampWorld world = new();
    private readonly List<IDisposable> held = [];
    private readonly List<string> requests = [];
    private X509Certificate2Collection? roots;
    private IpAddress? resolved;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        held.ForEach(one => one.Dispose());
        world.Dispose();
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task The_expected_status_is_an_answer_by_a_connection_of_its_own(IpFamily family)
    {
        var connections = 0;
        Serve(family, async (stream, request) =>
        {
            Interlocked.Increment(ref connections);
            requests.Add(request);
            // A server that thinks for long: that is none of the path's doing.
            await Task.Delay(150, Cancel);
            await Say(stream, Good);
        });
        using var probe = Open(family);
        for (var i = 0; i < 2; i++)
        {
            var result = await probe.ProbeAsync(Target(family), Patience, Cancel);
            Assert.Equal((null, null), (result.Fault, result.Finding));
            Assert.InRange(result.RoundTrip!.Value.TotalMilliseconds, 0.001, 100);
            Assert.InRange(result.Taken!.Value.TotalMilliseconds, 100, 20_000);
        }
        Assert.Equal(2, connections);
        var host = family == IpFamily.V4 ? "192.0.2.1:8080" : "[2001:db8:1::1]:8080";
        Assert.StartsWith($"GET /204 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", requests[0], StringComparison.Ordinal);
        // Which end closes first is not for us to say, and who does waits for a while.
        Assert.DoesNotContain(world.Node.Run("ss -Htan").Split('\n'), line => line.Length > 0 && !line.StartsWith("TIME-WAIT", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(IpFamily.V4, Portal, "captive portal: 302 to http://login.example.net/")]
    [InlineData(IpFamily.V6, Portal, "captive portal: 302 to http://login.example.net/")]
    [InlineData(IpFamily.V4, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "status 200 instead of 204: a captive portal, or another server")]
    [InlineData(IpFamily.V6, "HTTP/1.1 511 Network Authentication Required\r\nContent-Length: 0\r\n\r\n", "captive portal: 511")]
    [InlineData(IpFamily.V4, "SSH-2.0-OpenSSH_9.9\r\n\r\n", "what comes back is no HTTP")]
    [InlineData(IpFamily.V6, "", "the connection ended without an answer")]
    public async Task What_somebody_else_says_is_no_answer(IpFamily family, string answer, string finding)
    {
        Serve(family, (stream, _) => Say(stream, answer));
        using var probe = Open(family);
        var result = await probe.ProbeAsync(Target(family), Patience, Cancel);
        Assert.Equal((null, null, finding), (result.RoundTrip, result.Fault, result.Finding));
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_server_that_hangs_is_told_from_one_that_cannot_be_reached(IpFamily family)
    {
        Serve(family, (_, _) => Task.Delay(Timeout.Infinite, Cancel));
        using var probe = Open(family);
        var result = await probe.ProbeAsync(Target(family), Short, Cancel);
        Assert.Equal((null, null, "the connection came about, but no answer by it"), (result.RoundTrip, result.Fault, result.Finding));
        result = await probe.ProbeAsync(Target(family, 8081), Short, Cancel);
        Assert.Equal((null, null, "the connection is refused"), (result.RoundTrip, result.Fault, result.Finding));
        world.Far.Run("nft add table inet wall");
        world.Far.Run("nft 'add chain inet wall way { type filter hook input priority 0; }'");
        world.Far.Run("nft 'add rule inet wall way tcp dport 8080 drop'");
        result = await probe.ProbeAsync(Target(family), Short, Cancel);
        Assert.Equal((null, null, null), (result.RoundTrip, result.Fault, result.Finding));
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task Endless_bodies_and_headers_are_not_read(IpFamily family)
    {
        var sent = 0;
        var ended = new TaskCompletionSource();
        Serve(family, async (stream, request) =>
        {
            await Say(stream, request.Contains("/body", StringComparison.Ordinal) ? "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n" : "HTTP/1.1 204 No Content\r\n");
            try
            {
                while (true)
                {
                    await Say(stream, $"Filler: {new string('a', 1000)}\r\n");
                    sent += 1010;
                }
            }
            catch (System.IO.IOException)
            {
                // The other end has closed it.
                ended.TrySetResult();
            }
        });
        using var probe = Open(family);
        Assert.True((await probe.ProbeAsync(Target(family, page: "body"), Patience, Cancel)).IsAnswered);
        await ended.Task.WaitAsync(Patience, Cancel);
        ended = new();
        Assert.Equal("its header is longer than 8 KiB", (await probe.ProbeAsync(Target(family, page: "header"), Patience, Cancel)).Finding);
        await ended.Task.WaitAsync(Patience, Cancel);
        // It wrote into its own buffers as well.
        Assert.InRange(sent, 8000, 20_000_000);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_certificate_counts_only_from_whom_is_trusted_and_of_that_server(IpFamily family)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var right = Certificate(key, StampWorld.Target(family));
        using var other = Certificate(key, "198.51.100.99");
        var certificate = right;
        Serve(family, async (stream, _) =>
        {
            await using var secure = new SslStream(stream);
            await secure.AuthenticateAsServerAsync(certificate);
            await Say(secure, Good);
        }, readsFirst: false);
        var target = Target(family, scheme: "https");
        using (var untrusting = Open(family))
        {
            var result = await untrusting.ProbeAsync(target, Patience, Cancel);
            Assert.False(result.IsAnswered);
            Assert.StartsWith("not that server, or no TLS: ", result.Finding, StringComparison.Ordinal);
        }
        roots = [right, other];
        using var probe = Open(family);
        var good = await probe.ProbeAsync(target, Patience, Cancel);
        Assert.Equal((true, null), (good.IsAnswered, good.Finding));
        certificate = other;
        Assert.Contains("RemoteCertificateNameMismatch", (await probe.ProbeAsync(target, Patience, Cancel)).Finding, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_server_by_name_is_resolved_and_one_that_cannot_be_is_a_fault(IpFamily family)
    {
        Serve(family, (stream, request) =>
        {
            requests.Add(request);
            return Say(stream, Good);
        });
        using var probe = Open(family);
        var target = new ProbeTarget.Http("http://probe.example.net:8080/204", 204);
        Assert.StartsWith("'probe.example.net' has no address of IP", (await probe.ProbeAsync(target, Patience, Cancel)).Fault, StringComparison.Ordinal);
        resolved = IpAddress.Parse(StampWorld.Target(family));
        using var later = Open(family);
        Assert.True((await later.ProbeAsync(target, Patience, Cancel)).IsAnswered);
        Assert.Contains("Host: probe.example.net:8080\r\n", requests[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_a_route_is_a_fault()
    {
        using var probe = Open(IpFamily.V6);
        Assert.Equal("Network is unreachable", (await probe.ProbeAsync(new ProbeTarget.Http("http://[2001:db8:9::7]/", 204), Patience, Cancel)).Fault);
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task A_path_behind_a_portal_is_down_with_the_reason_until_somebody_logs_in(IpFamily family)
    {
        var answer = Good;
        Serve(family, async (stream, _) =>
        {
            // Longer than the path takes: the examiner has to wait for it, or the path would never be up.
            await Task.Delay(60, Cancel);
            await Say(stream, Volatile.Read(ref answer));
        });
        var settings = new ProbeSettings { Targets = [Target(family)], AreTargetsNamed = true, Every = TimeSpan.FromMilliseconds(100) };
        await using var examined = new ExaminedWan(world, family, settings);
        await examined.Await(set => set.TryGet(PathCharacteristics.Up(family), out var up) && up is { Value.Flag: true, IsEstimated: false, Source: "http" } && set.TryGet("rtt", out var rtt) && rtt.Samples > 10);
        Volatile.Write(ref answer, Portal);
        await examined.Await(set => set.TryGet(PathCharacteristics.Up(family), out var up) && !up.Value.Flag
            && set.TryGet(PathCharacteristics.ProbeFinding(family), out var finding) && finding.Value.Word == $"{Target(family)} by wan0: captive portal: 302 to http://login.example.net/");
        Volatile.Write(ref answer, Good);
        await examined.Await(set => set.TryGet(PathCharacteristics.Up(family), out var up) && up.Value.Flag && !set.TryGet(PathCharacteristics.ProbeFinding(family), out _));
    }

    private static ProbeTarget.Http Target(IpFamily family, int port = 8080, string page = "204", string scheme = "http") =>
        new($"{scheme}://{(family == IpFamily.V4 ? StampWorld.Target(family) : $"[{StampWorld.Target(family)}]")}:{port}/{page}", 204);

    private static Task Say(System.IO.Stream stream, string text) => stream.WriteAsync(Encoding.ASCII.GetBytes(text), Cancel).AsTask();

    private static X509Certificate2 Certificate(ECDsa key, string address)
    {
        var request = new CertificateRequest("CN=probe", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    private IProbe Open(IpFamily family) => world.Node.Network.Run(() => new HttpProbeKind(TimeProvider.System, (_, _, _) => Task.FromResult(resolved), roots).Open(family, "wan0", 0));

    private void Serve(IpFamily family, Func<System.IO.Stream, string, Task> answer, bool readsFirst = true)
    {
        var listener = world.Far.Network.Run(() =>
        {
            var one = new TcpListener(IPAddress.Parse(StampWorld.Target(family)), 8080);
            one.Start();
            return one;
        });
        held.Add(listener);
        _ = AcceptAsync();

        async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    _ = ServeAsync(await listener.AcceptTcpClientAsync(Cancel));
                }
            }
            catch (Exception over) when (over is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // The test is over.
            }
        }

        async Task ServeAsync(TcpClient client)
        {
            using (client)
            {
                try
                {
                    var buffer = new byte[4096];
                    var count = readsFirst ? await client.GetStream().ReadAsync(buffer, Cancel) : 0;
                    await answer(client.GetStream(), Encoding.ASCII.GetString(buffer, 0, count));
                }
                catch (Exception gone) when (gone is System.IO.IOException or OperationCanceledException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
                {
                    // The client has gone, as clients do, or does not like the certificate.
                }
            }
        }
    }
}
