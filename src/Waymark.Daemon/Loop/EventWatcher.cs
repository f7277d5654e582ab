using System.Threading.Channels;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Loop;

/// <summary>One watcher's events. What it is too slow for is lost and counted; what it does not want costs it nothing.</summary>
/// <param name="kinds">Those it wants; empty: all but measurements.</param>
/// <param name="end">Called when it is disposed.</param>
internal sealed class EventWatcher(IEnumerable<V1.EventKind> kinds, Action<EventWatcher> end) : IDisposable
{
    private const int MostPending = 1000;

    private readonly HashSet<V1.EventKind> wanted = [.. kinds];
    private readonly Channel<V1.WatchResponse> pending = Channel.CreateBounded<V1.WatchResponse>(new BoundedChannelOptions(MostPending) { FullMode = BoundedChannelFullMode.DropWrite });
    private uint lost;

    public IAsyncEnumerable<V1.WatchResponse> ReadAllAsync(CancellationToken cancellationToken) => pending.Reader.ReadAllAsync(cancellationToken);

    public bool Wants(V1.EventKind kind) => wanted.Count == 0 ? kind != V1.EventKind.Measurement : wanted.Contains(kind);

    /// <summary>How many events were lost since last asked.</summary>
    public uint TakeLost() => Interlocked.Exchange(ref lost, 0);

    public void Offer(V1.WatchResponse happened)
    {
        if (!Wants(KindOf(happened)))
        {
            return;
        }
        if (pending.Reader.Count >= MostPending)
        {
            Interlocked.Increment(ref lost);
            return;
        }
        pending.Writer.TryWrite(happened);
    }

    public void Dispose() => end(this);

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
        V1.WatchResponse.EventOneofCase.Peer => V1.EventKind.Peer,
        _ => V1.EventKind.Unspecified,
    };
}
