using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Requests;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Api;

/// <summary>Events as they happen.</summary>
internal sealed class WatchApi(RequesterRights rights, EventStream events, IHostApplicationLifetime lifetime) : V1.WatchService.WatchServiceBase
{
    public override Task Watch(V1.WatchRequest request, IServerStreamWriter<V1.WatchResponse> stream, ServerCallContext context) => Calls.Answer(async () =>
    {
        rights.Caller(context);
        using var watcher = events.Watch(request.Kinds);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        // Headers now: the caller knows that from here on it misses nothing.
        await context.WriteResponseHeadersAsync([]);
        try
        {
            await foreach (var happened in watcher.ReadAllAsync(ended.Token))
            {
                if (watcher.TakeLost() is > 0 and var lost)
                {
                    await stream.WriteAsync(new() { At = happened.At, Lost = new() { Count = lost } }, context.CancellationToken);
                }
                await stream.WriteAsync(happened, context.CancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The watcher has gone, or the daemon stops.
        }
        return true;
    });
}
