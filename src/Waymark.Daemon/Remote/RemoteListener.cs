using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Api;
using Waymark.Daemon.Audit;
using Waymark.Nodes;

namespace Waymark.Daemon.Remote;

/// <summary>
/// The contract over TLS: the same services as on the socket, behind <see cref="RemoteAdmission"/>. An application of its own, for it comes and goes with the node file, and a host where nothing listens does not
/// pay for TLS.
/// </summary>
internal sealed class RemoteListener : IAsyncDisposable
{
    private readonly WebApplication app;

    private RemoteListener(WebApplication app) => this.app = app;

    /// <summary>Listens; throws <see cref="System.IO.IOException"/> or <see cref="System.Net.Sockets.SocketException"/> where an address cannot be had.</summary>
    /// <param name="listen">Where.</param>
    /// <param name="admission">Who is let in.</param>
    /// <param name="daemon">The services of the daemon.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public static async Task<RemoteListener> StartAsync(ListenDeclaration listen, RemoteAdmission admission, IServiceProvider daemon, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        // What fails in a call is told where everything is.
        builder.Services.AddSingleton(daemon.GetRequiredService<ILoggerFactory>());
        GrpcServices.Add(builder.Services);
        GrpcServices.Share(daemon, builder.Services);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            RemoteBounds.Limit(kestrel);
            foreach (var address in listen.Addresses.AsEnumerable())
            {
                kestrel.Listen(new IPEndPoint(address.ToIPAddress(), listen.Port), options =>
                {
                    options.Protocols = HttpProtocols.Http2;
                    options.Use(next => connection => admission.EnterAsync(connection, next));
                    options.UseHttps(new TlsHandshakeCallbackOptions
                    {
                        HandshakeTimeout = RemoteBounds.HandshakeTime,
                        OnConnection = context => ValueTask.FromResult(admission.Handshake(context.Connection.Features.GetRequiredFeature<RemotePeer>())),
                    });
                    options.Use(next => connection => admission.EstablishAsync(connection, next));
                });
            }
        });
        var app = builder.Build();
        var audit = daemon.GetRequiredService<AuditedCalls>();
        app.Use((context, next) => audit.RecordAsync(context, () => next(context)));
        app.Use((context, next) => admission.CallAsync(context, () => next(context)));
        app.Use((context, next) => Calls.UnpackedAsync(context, () => next(context)));
        GrpcServices.Map(app);
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

    /// <summary>Stops. Who is being answered is not waited for: what was accepted is in force.</summary>
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
