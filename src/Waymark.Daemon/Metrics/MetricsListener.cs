using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Waymark.Daemon.Metrics;

/// <summary>
/// A listener for scrapers, apart from the requesters' socket: plain HTTP/1.1, bounded. An application of its own, of parts that the daemon has anyhow: Kestrel's own constructor would bring TLS with it, 4 MB of
/// memory on every host.
/// </summary>
internal sealed class MetricsListener : IAsyncDisposable
{
    /// <summary>A scraper needs one; it is not by their number that a stranger should hold the daemon's memory.</summary>
    private const int Connections = 16;

    private readonly WebApplication app;

    private MetricsListener(WebApplication app) => this.app = app;

    /// <summary>Listens; throws <see cref="System.IO.IOException"/> or <see cref="System.Net.Sockets.SocketException"/> where the address cannot be had.</summary>
    public static async Task<MetricsListener> StartAsync(IPEndPoint endpoint, MetricsPage page, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxConcurrentConnections = Connections;
            options.Limits.MaxRequestBodySize = 0;
            options.Limits.MaxRequestLineSize = 1024;
            options.Limits.MaxRequestHeadersTotalSize = 8 << 10;
            options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
            options.Listen(endpoint, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        app.Run(page.AnswerAsync);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            // The caller gets the reason; what was made for it is of no more use.
            await app.DisposeAsync();
            throw;
        }
        return new(app);
    }

    /// <summary>Stops. Who is being answered is not waited for: it asks again.</summary>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new(canceled: true));
        await app.DisposeAsync();
    }

    /// <summary>Signals are the daemon's own affair.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
