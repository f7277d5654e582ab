using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;
using Waymark.Paths;

namespace Waymark.Linux.PathMaintenance;

/// <summary>
/// Module A for plain IP (paper 5.2): each device by which a default route leads out is a path. Follows the kernel's notifications; each one, and each loss of
/// some, only says that something changed: the state is read anew, whole. The one exception is a link that goes: that is told on the message itself, before
/// anything is read. Never polls.
/// </summary>
/// <param name="options">What the node file says of interfaces.</param>
/// <param name="stirred">
/// Called, on a thread of its own, when a link has fallen or an address has come or gone, even where the paths are the same afterwards: routes of ours may have gone with
/// it. Null: nobody minds.
/// </param>
public sealed class IpPathMaintainer(IpPathOptions options, Action? stirred = null) : IPathMaintainer
{
    /// <summary>Between readings that a storm of changes spoiled.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(20);

    /// <inheritdoc/>
    public string Protocol => "ip";

    /// <summary>
    /// As <see cref="IPathMaintainer.WatchAsync"/>, of the network namespace of the thread that takes the first step. Who reads slowly misses what has passed
    /// meanwhile, never the newest. Throws <see cref="NetlinkException"/>.
    /// </summary>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<PathSet> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var found = Channel.CreateBounded<PathSet>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true, SingleWriter = true });
        using var wake = new WakeSignal();
        // Whoever stops reading without cancelling ends the thread too.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var registration = stop.Token.Register(wake.Set);
        // A thread of its own: it waits in the kernel, in the namespace that the daemon runs in.
        var thread = new Thread(() => Follow(found.Writer, wake, stop.Token)) { IsBackground = true, Name = "ip paths" };
        thread.Start();
        try
        {
            PathSet? last = null;
            await foreach (var set in found.Reader.ReadAllAsync(cancellationToken))
            {
                // A change and its reversal may have passed while the reader was busy.
                if (set != last)
                {
                    yield return last = set;
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            thread.Join();
        }
    }

    private void Follow(ChannelWriter<PathSet> found, WakeSignal wake, CancellationToken cancellationToken)
    {
        try
        {
            // Subscribed before the first reading, so that no change falls between them.
            using var notifications = new IpNotifications(options, wake);
            using var routing = new RoutingSocket();
            PathSet? last = null;
            void Publish(PathSet paths)
            {
                if (paths != last)
                {
                    found.TryWrite(last = paths);
                }
            }

            do
            {
                Publish(Read(routing, cancellationToken));
                if (notifications.TakeStir())
                {
                    stirred?.Invoke();
                }
            }
            while (notifications.Await(lost => Publish(IpPathReading.Without(last!, lost)), cancellationToken));
            found.Complete();
        }
        catch (Exception broken)
        {
            // Whoever reads the paths gets it.
            found.Complete(broken);
        }
    }

    private PathSet Read(RoutingSocket routing, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return IpPathReading.Read(routing, options);
            }
            catch (NetlinkException busy) when (busy.Error == NetlinkException.Interrupted)
            {
                // A storm of changes: nothing consistent can be read until it abates.
                cancellationToken.WaitHandle.WaitOne(Breath);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }
}
