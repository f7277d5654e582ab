using System.Globalization;
using Microsoft.Extensions.Hosting.Systemd;
using Waymark.Daemon.Loop;

namespace Waymark.Daemon.Activities;

/// <summary>
/// Tells the supervisor how the daemon is (sd_notify(3)): ready once the first decision has been put in force, and alive only while the loop comes round. For each
/// sign of life the loop is asked for a whole round, decision and kernel; a loop that hangs, in our code or in the kernel's, gives none, and the supervisor starts a
/// new daemon, which adopts what is in force. A kernel that refuses a change does not count as hanging: the loop tries again, and a new daemon could do no better.
/// </summary>
internal sealed class Supervision(ReconcileLoop loop, ISystemdNotifier supervisor, TimeProvider time) : IActivity
{
    private static readonly ServiceState Alive = new("WATCHDOG=1");

    /// <summary>Runs until cancelled; ends at once where nobody supervises.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!supervisor.IsEnabled)
        {
            return;
        }
        try
        {
            await loop.SettleAsync(cancellationToken);
            supervisor.Notify(ServiceState.Ready);
            // Three times in the time allowed: a round that takes long is not yet silence.
            using var timer = new PeriodicTimer(LongestSilence(Environment.GetEnvironmentVariable) / 3 ?? Timeout.InfiniteTimeSpan, time);
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                await loop.SettleAsync(cancellationToken);
                supervisor.Notify(Alive);
            }
        }
        finally
        {
            supervisor.Notify(ServiceState.Stopping);
        }
    }

    /// <summary>After what silence the supervisor takes us for dead (sd_watchdog_enabled(3)); null: never, or it minds another process.</summary>
    internal static TimeSpan? LongestSilence(Func<string, string?> variable) =>
        long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
        && (variable("WATCHDOG_PID") is not { Length: > 0 } process || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            ? TimeSpan.FromMicroseconds(microseconds)
            : null;
}
