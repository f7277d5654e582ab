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
        var kinds = request.Kinds.ToHashSet();
        using var watcher = events.Watch();
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
                if (kinds.Count == 0 || kinds.Contains(KindOf(happened)))
                {
                    await stream.WriteAsync(happened, context.CancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The watcher has gone, or the daemon stops.
        }
        return true;
    });

    private static V1.EventKind KindOf(V1.WatchResponse happened) => happened.EventCase switch
    {
        V1.WatchResponse.EventOneofCase.Path => V1.EventKind.Path,
        V1.WatchResponse.EventOneofCase.Decision => V1.EventKind.Decision,
        V1.WatchResponse.EventOneofCase.Move => V1.EventKind.Move,
        V1.WatchResponse.EventOneofCase.Apply => V1.EventKind.Apply,
        V1.WatchResponse.EventOneofCase.PolicySet => V1.EventKind.PolicySet,
        V1.WatchResponse.EventOneofCase.Failure => V1.EventKind.Failure,
        V1.WatchResponse.EventOneofCase.Measurement => V1.EventKind.Measurement,
        V1.WatchResponse.EventOneofCase.Outside => V1.EventKind.Outside,
        _ => V1.EventKind.Unspecified,
    };
}
