using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Api;
using Waymark.Daemon.Requests;
using Waymark.Exchange.NodeCalls;
using Waymark.Exchange.Wire;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Exchange.NodeCalls;

/// <summary>A server of the contract on a real Unix socket, with the daemon's limits and its way of refusing, and nothing behind it.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
internal sealed class FakeDaemon : IAsyncDisposable
{
    private static int sockets;

    private readonly WebApplication app;

    private FakeDaemon(WebApplication app, string socket)
    {
        this.app = app;
        Client = new(socket);
    }

    public NodeClient Client { get; }

    /// <summary>A path where no socket is.</summary>
    public static string NewSocket() => System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"waymark-test-{Environment.ProcessId}-{Interlocked.Increment(ref sockets)}.sock");

    public static async Task<FakeDaemon> StartAsync(CancellationToken cancellationToken)
    {
        var socket = NewSocket();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = WireLimits.MessageBytes);
        builder.WebHost.ConfigureKestrel(kestrel => new CallerBounds(() => 0).Listen(kestrel, socket));
        var app = builder.Build();
        app.MapGrpcService<Policies>();
        app.MapGrpcService<Events>();
        await app.StartAsync(cancellationToken);
        return new(app, socket);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }

    /// <summary>Takes what the translation takes; answers how many statements it was.</summary>
    private sealed class Policies : V1.PolicyService.PolicyServiceBase
    {
        public override Task<V1.ApplyResponse> Apply(V1.ApplyRequest request, ServerCallContext context) => Calls.Answer(() =>
        {
            var set = PolicySetTranslation.ToCore(request.PolicySet, request.Name, out var diagnostics) ?? throw new RefusedException($"the policy set has {diagnostics.Count} mistakes", diagnostics);
            return Task.FromResult(new V1.ApplyResponse { Revision = (ulong)set.Statements.Count });
        });

        public override Task<V1.WithdrawResponse> Withdraw(V1.WithdrawRequest request, ServerCallContext context) =>
            Calls.Answer<V1.WithdrawResponse>(() => throw new RefusedException("'alice' may not take back a set of 'root'", [], isForbidden: true));
    }

    /// <summary>Says two things and then waits for the watcher to go.</summary>
    private sealed class Events : V1.WatchService.WatchServiceBase
    {
        public override async Task Watch(V1.WatchRequest request, IServerStreamWriter<V1.WatchResponse> stream, ServerCallContext context)
        {
            await stream.WriteAsync(new() { Decision = new() { Revision = 7 } }, context.CancellationToken);
            await stream.WriteAsync(new() { Lost = new() { Count = 3 } }, context.CancellationToken);
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }
    }
}
