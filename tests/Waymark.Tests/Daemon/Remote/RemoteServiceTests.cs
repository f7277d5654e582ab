using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Waymark.Cli.Pki;
using Waymark.Daemon.Activities;
using Waymark.Daemon.Remote;
using Waymark.Exchange.Certificates;
using Waymark.Tests.Daemon.Api;

namespace Waymark.Tests.Daemon.Remote;

/// <summary>The listener for other hosts while somebody sets the clock.</summary>
public sealed class RemoteServiceTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_address_that_could_not_be_had_is_tried_again_also_when_the_clock_was_set_back()
    {
        await using var run = await ApiRun.StartAsync();
        AuthorityDirectory.Create(run.In("pki"), "A", ECCurve.NamedCurves.nistP256, DateTimeOffset.UnixEpoch, TimeSpan.FromDays(36_500));
        using var authority = AuthorityDirectory.Open(run.In("pki"));
        var (certificate, file, key) = authority.Issue([CertificateName.Parse("van.example.net")!], CertificatePurpose.Host, run.In(""), DateTimeOffset.UnixEpoch, TimeSpan.FromDays(36_500));
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        System.IO.File.AppendAllText(
            run.In("node.way"), $$"""listen { address 127.0.0.1; port {{((IPEndPoint)other.LocalEndpoint).Port}}; certificate "{{file}}"; key "{{key}}"; authority "{{run.In("pki/ca.pem")}}"; }""");
        run.Book.Reload();
        var clock = new SetClock();
        var standing = run.Services.GetRequiredService<RemoteStanding>();
        await using var service = new SideWork(ActivatorUtilities.CreateInstance<RemoteService>(run.Services, clock).RunAsync, Cancelled);
        await UntilAsync(() => standing.Current is { } now && now.Fault.Contains("cannot listen", StringComparison.Ordinal));
        other.Stop();
        clock.Now -= TimeSpan.FromHours(2);
        clock.Pass(TimeSpan.FromSeconds(10));
        await UntilAsync(() => standing.Current is { IsListening: true });

        async Task UntilAsync(Func<bool> condition)
        {
            for (var tries = 0; !condition(); tries++)
            {
                Assert.True(tries < 1000 && !service.Ended.IsCompleted, standing.Current?.ToString() ?? "nothing listens");
                await Task.Delay(TimeSpan.FromMilliseconds(10), Cancelled);
            }
        }
    }
}
