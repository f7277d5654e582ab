using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Activities;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Daemon.Store;

/// <summary>Keeps which paths answered, so that a daemon that starts again in the middle of an outage does not try the silent ones with everybody's flows.</summary>
internal sealed class ReachabilityKeeping(StateStore store, ILogger<ReachabilityKeeping> log) : IActivity
{
    private readonly string boot = System.IO.File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
    private readonly Channel<EquatableArray<KnownReachability>> changes =
        Channel.CreateBounded<EquatableArray<KnownReachability>>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private EquatableArray<KnownReachability> last = [];

    /// <summary>What was last known, since the machine was booted.</summary>
    public EquatableArray<KnownReachability> Known()
    {
        try
        {
            return store.Reachability(boot);
        }
        catch (StoreException failed)
        {
            // Then it is found out anew.
            Log.StoreFailed(log, failed.Message);
            return [];
        }
    }

    /// <summary>Takes note of what is known now; quick. Only what changed is written: up, down, by which network.</summary>
    public void Note(PathSet paths, CharacteristicsSet characteristics)
    {
        var now = KnownReachability.In(paths, characteristics).ToEquatableArray();
        if (!now.Select(Said).SequenceEqual(last.Select(Said)))
        {
            last = now;
            changes.Writer.TryWrite(now);
        }

        static KnownReachability Said(KnownReachability one) => one with { At = default };
    }

    /// <summary>Writes changes, one at a time, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var known in changes.Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                store.Keep(known, boot);
            }
            catch (StoreException failed)
            {
                // What is known stands; only the next start will know less.
                Log.StoreFailed(log, failed.Message);
            }
        }
    }
}
