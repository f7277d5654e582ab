using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Api;
using Waymark.Daemon.Audit;
using Waymark.Nodes;

namespace Waymark.Daemon.Remote;

/// <summary>
/// The contract over TLS: the same services as on the socket, behind <see cref="RemoteAdmission"/>. An application of its own, for it comes and goes with the node file, and a host where nothing listens does not
/// pay for TLS.
/// </summary>
internal static class RemoteListener
{
    /// <summary>Listens; throws as <see cref="SideListener.StartAsync"/>.</summary>
    /// <param name="listen">Where.</param>
    /// <param name="admission">Who is let in.</param>
    /// <param name="daemon">The services of the daemon.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public static Task<SideListener> StartAsync(ListenDeclaration listen, RemoteAdmission admission, IServiceProvider daemon, CancellationToken cancellationToken)
    {
        var builder = SideListener.NewBuilder(kestrel =>
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
        // What fails in a call is told where everything is.
        builder.Services.AddSingleton(daemon.GetRequiredService<ILoggerFactory>());
        GrpcServices.Add(builder.Services);
        GrpcServices.Share(daemon, builder.Services);
        var app = builder.Build();
        var audit = daemon.GetRequiredService<AuditedCalls>();
        app.Use((context, next) => audit.RecordAsync(context, () => next(context)));
        app.Use((context, next) => admission.CallAsync(context, () => next(context)));
        app.Use((context, next) => Calls.UnpackedAsync(context, () => next(context)));
        GrpcServices.Map(app);
        return SideListener.StartAsync(app, cancellationToken);
    }
}
