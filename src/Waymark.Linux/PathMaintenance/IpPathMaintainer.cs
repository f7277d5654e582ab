using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;
using Waymark.Paths;

namespace Waymark.Linux.PathMaintenance;

/// <summary>
/// Module A for plain IP (paper 5.2): each device by which a default route leads out is a path. Follows the kernel's notifications; each one, and each loss of
/// some, only says that something changed: the state is read anew, whole. Never polls.
/// </summary>
/// <param name="options">What the node file says of interfaces.</param>
public sealed class IpPathMaintainer(IpPathOptions options) : IPathMaintainer
{
    /// <summary>Notification groups: link, IPv4 address, route, rule, IPv6 address, route, rule (linux/rtnetlink.h).</summary>
    private static readonly uint[] Groups = [1, 5, 7, 8, 9, 11, 19];

    /// <summary>Notifications come in swarms: an interface that goes takes its addresses and routes along. What follows within this time is read together.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(2);

    /// <inheritdoc/>
    public string Protocol => "ip";

    /// <inheritdoc/>
    public async IAsyncEnumerable<PathSet> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var found = Channel.CreateUnbounded<PathSet>(new() { SingleReader = true, SingleWriter = true });
        using var wake = new WakeSignal();
        using var registration = cancellationToken.Register(wake.Set);
        // A thread of its own: it waits in the kernel, in the namespace that the daemon runs in.
        var thread = new Thread(() => Follow(found.Writer, wake, cancellationToken)) { IsBackground = true, Name = "ip paths" };
        thread.Start();
        try
        {
            await foreach (var set in found.Reader.ReadAllAsync(cancellationToken))
            {
                yield return set;
            }
        }
        finally
        {
            wake.Set();
            thread.Join();
        }
    }

    private void Follow(ChannelWriter<PathSet> found, WakeSignal wake, CancellationToken cancellationToken)
    {
        try
        {
            // Subscribed before the first reading, so that no change falls between them.
            using var events = new NetlinkSocket(NetlinkProtocol.Route, options.ReceiveBuffer);
            foreach (var group in Groups)
            {
                events.Join(group);
            }
            using var routing = new RoutingSocket();
            PathSet? last = null;
            while (!cancellationToken.IsCancellationRequested)
            {
                var paths = IpPathReading.Read(routing, options);
                if (last is null || paths != last)
                {
                    found.TryWrite(last = paths);
                }
                if (!AwaitChange(events, wake, cancellationToken))
                {
                    break;
                }
            }
            found.Complete();
        }
        catch (Exception broken)
        {
            // Whoever reads the paths gets it.
            found.Complete(broken);
        }
    }

    /// <summary>Waits until something changed and the swarm has passed; false where it was cancelled.</summary>
    private static bool AwaitChange(NetlinkSocket events, WakeSignal wake, CancellationToken cancellationToken)
    {
        var changed = false;
        while (!changed && !cancellationToken.IsCancellationRequested)
        {
            changed = !events.Wait(null, wake, _ => changed = true) || changed;
        }
        for (var more = true; more && !cancellationToken.IsCancellationRequested;)
        {
            more = false;
            more = !events.Wait(Settle, wake, _ => more = true) || more;
        }
        return !cancellationToken.IsCancellationRequested;
    }
}
