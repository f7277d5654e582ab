using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.Netlink;
using Waymark.Linux.PathMaintenance;
using Waymark.Paths;

namespace Waymark.Benchmarks;

/// <summary>
/// Closes a path when the kernel says that its link is down, as the daemon does it, and tells how long that took. A second listener, that does nothing else, notes when
/// the message came in.
/// </summary>
internal sealed class LostLink : IDisposable
{
    /// <summary>linux/rtnetlink.h: a message of links, and the group that hears them; linux/if.h: the link can carry packets.</summary>
    private const int NewLink = 16, LinkGroup = 1, Running = 0x40;

    private readonly PathId path;
    private readonly int device;
    private readonly WakeSignal wake = new();
    private readonly CancellationTokenSource stop = new();
    private readonly BlockingCollection<long> heard = [], closed = [], back = [];
    private readonly Thread listener;
    private readonly Task following;

    public LostLink(FilterRuleInstaller installer, Path path)
    {
        (this.path, device) = (path.Id, path.DeviceIndex);
        var listens = new ManualResetEventSlim();
        listener = new(() => Listen(listens));
        listener.Start();
        listens.Wait();
        following = Task.Run(() => FollowAsync(installer));
        back.Take();
    }

    /// <summary>Milliseconds from the return of the receiving call to the kernel's acknowledgement of the closing.</summary>
    /// <param name="cut">Takes the link down.</param>
    public double Time(Action cut)
    {
        // What came in while the link came back.
        while (heard.TryTake(out _))
        {
        }
        cut();
        var from = heard.Take();
        return Stopwatch.GetElapsedTime(from, closed.Take()).TotalMilliseconds;
    }

    /// <summary>Waits until the path is there again.</summary>
    /// <param name="mend">Takes the link up.</param>
    public void Mend(Action mend)
    {
        mend();
        back.Take();
    }

    public void Dispose()
    {
        stop.Cancel();
        wake.Set();
        listener.Join();
        following.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        wake.Dispose();
        stop.Dispose();
    }

    private void Listen(ManualResetEventSlim listens)
    {
        using var socket = new NetlinkSocket(NetlinkProtocol.Route);
        socket.Join(LinkGroup);
        listens.Set();
        while (!stop.IsCancellationRequested)
        {
            socket.Wait(null, wake, message =>
            {
                var at = Stopwatch.GetTimestamp();
                if (message.Type == NewLink && BinaryPrimitives.ReadInt32LittleEndian(message.Body[4..]) == device && (BinaryPrimitives.ReadUInt32LittleEndian(message.Body[8..]) & Running) == 0)
                {
                    heard.Add(at);
                }
            });
        }
    }

    private async Task FollowAsync(FilterRuleInstaller installer)
    {
        var was = false;
        await foreach (var paths in new IpPathMaintainer(new()).WatchAsync(stop.Token))
        {
            var isThere = paths.Find(path) is { HasCarrier: true };
            if (was && !isThere)
            {
                installer.KillPath(path);
                closed.Add(Stopwatch.GetTimestamp());
            }
            else if (isThere && !was)
            {
                back.Add(0);
            }
            was = isThere;
        }
    }
}
