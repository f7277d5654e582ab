using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Waymark.Daemon.Audit;
using Waymark.Exchange.Wire;

namespace Waymark.Daemon.Api;

/// <summary>The contract's services: the same ones wherever somebody listens.</summary>
internal static class GrpcServices
{
    /// <summary>Adds what gRPC needs, within the contract's limits.</summary>
    public static IServiceCollection Add(IServiceCollection services)
    {
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = WireLimits.MessageBytes;
            grpc.Interceptors.Add<AuditInterceptor>();
        }).AddServiceOptions<PeerApi>(peers => peers.MaxReceiveMessageSize = PeerTranslation.MessageBytes);
        return services;
    }

    /// <summary>Adds the services themselves.</summary>
    public static IServiceCollection AddServices(this IServiceCollection services) => services
        .AddSingleton<PolicyApi>().AddSingleton<DecisionApi>().AddSingleton<PathApi>().AddSingleton<CharacteristicApi>().AddSingleton<QuotaApi>().AddSingleton<NodeApi>().AddSingleton<WatchApi>()
        .AddSingleton<AuditApi>().AddSingleton<PeerApi>();

    /// <summary>Adds the services of one application to another.</summary>
    public static void Share(IServiceProvider from, IServiceCollection to) => to
        .AddSingleton(from.GetRequiredService<PolicyApi>()).AddSingleton(from.GetRequiredService<DecisionApi>()).AddSingleton(from.GetRequiredService<PathApi>())
        .AddSingleton(from.GetRequiredService<CharacteristicApi>()).AddSingleton(from.GetRequiredService<QuotaApi>()).AddSingleton(from.GetRequiredService<NodeApi>())
        .AddSingleton(from.GetRequiredService<WatchApi>()).AddSingleton(from.GetRequiredService<AuditApi>())
        .AddSingleton(from.GetRequiredService<PeerApi>());

    /// <summary>Has them answer.</summary>
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGrpcService<PolicyApi>();
        app.MapGrpcService<DecisionApi>();
        app.MapGrpcService<PathApi>();
        app.MapGrpcService<CharacteristicApi>();
        app.MapGrpcService<QuotaApi>();
        app.MapGrpcService<NodeApi>();
        app.MapGrpcService<WatchApi>();
        app.MapGrpcService<AuditApi>();
        app.MapGrpcService<PeerApi>();
    }
}
