using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Metrics;
using Waymark.Linux.Netlink;
using Waymark.Paths;

namespace Waymark.Daemon.Loop;

/// <summary>How the kernel is had to follow: changed, looked after, and tried again where it refused.</summary>
internal sealed partial class ReconcileLoop
{
    private void Close(PathId path, Action<PathId> step)
    {
        try
        {
            step(path);
        }
        catch (NetlinkException refused)
        {
            // The apply that follows says the same again, whole.
            Log.KillRefused(log, path, refused.Message);
        }
    }

    private void Apply(long started, ulong losses)
    {
        var (rules, paths) = (Current.Decision.FilterRules, Current.World.Paths);
        try
        {
            var refused = dataPlane.Apply(rules, paths, losses).ToEquatableArray();
            (applied, retryAt, retry) = ((rules, paths), null, FirstRetry);
            var now = time.GetUtcNow();
            repairAt = now + RepairInterval;
            sweeps.Changed();
            Current = Current with { Refused = refused, Kernel = new(KernelState.InStep, "", now) };
            LoopInstruments.Applied(Stopwatch.GetElapsedTime(started), isRepair: false);
            events.Applied(Current, Stopwatch.GetElapsedTime(started), isRepair: false);
            Log.Applied(log, Current.Revision, rules.Rules.Count, rules.Classes.Count, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        catch (NetlinkException refused)
        {
            Fail(refused);
        }
    }

    private void Renew(DateTimeOffset now, ulong losses) => Mend(now, () => dataPlane.Renew(applied!.Value.Rules, applied.Value.Paths, losses), Log.Renewed);

    private void Sweep()
    {
        var began = sweeps.Now;
        try
        {
            dataPlane.Sweep();
        }
        catch (NetlinkException refused)
        {
            // Those flows end with their next packet; the next sweep tries again.
            Log.SweepRefused(log, refused.Message);
        }
        sweeps.Swept(began, RepairInterval);
    }

    private void Repair(DateTimeOffset now)
    {
        repairAt = now + RepairInterval;
        Sweep();
        Mend(now, dataPlane.Repair, Log.Repaired);
    }

    private void Mend(DateTimeOffset now, Func<bool> mend, Action<ILogger> say)
    {
        try
        {
            var started = Stopwatch.GetTimestamp();
            if (mend())
            {
                Current = Current with { Kernel = new(KernelState.InStep, "", now) };
                LoopInstruments.Applied(Stopwatch.GetElapsedTime(started), isRepair: true);
                events.Applied(Current, Stopwatch.GetElapsedTime(started), isRepair: true);
                say(log);
            }
        }
        catch (NetlinkException refused)
        {
            Fail(refused);
        }
    }

    private void Fail(NetlinkException refused)
    {
        // Not known to be all there any more: also a decision that is as before has to be applied.
        applied = null;
        Current = Current with { Kernel = Current.Kernel with { State = KernelState.Failed, Message = refused.Message } };
        retryAt = time.GetUtcNow() + retry;
        retry = retry * 2 > LongestRetry ? LongestRetry : retry * 2;
        LoopInstruments.Failed();
        events.Failed("apply", refused.Message);
        Log.ApplyFailed(log, refused.Message, retryAt.Value);
    }
}
