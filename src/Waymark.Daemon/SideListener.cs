using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Waymark.Daemon;

/// <summary>
/// An application that listens beside the daemon's own socket and comes and goes with the node file, of parts that the daemon has anyhow: Kestrel's own constructor would bring TLS with it, 4 MB of memory on
/// every host.
/// </summary>
internal sealed class SideListener : IAsyncDisposable
{
    private readonly WebApplication app;

    private SideListener(WebApplication app) => this.app = app;

    /// <summary>What one is built from.</summary>
    /// <param name="configure">Where it listens, and its bounds.</param>
    public static WebApplicationBuilder NewBuilder(Action<KestrelServerOptions> configure)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(configure);
        return builder;
    }

    /// <summary>Listens; throws <see cref="System.IO.IOException"/> or <see cref="System.Net.Sockets.SocketException"/> where an address cannot be had.</summary>
    public static async Task<SideListener> StartAsync(WebApplication app, CancellationToken cancellationToken)
    {
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

    /// <summary>Stops. Who is being answered is not waited for: it asks again, and what was accepted is in force.</summary>
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
