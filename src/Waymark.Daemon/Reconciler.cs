using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Activities;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;

namespace Waymark.Daemon;

/// <summary>Runs the loop and everything beside it, each on its own, until one fails or all are told to stop.</summary>
internal sealed class Reconciler(IEnumerable<IActivity> activities, PolicyBook book, RequesterRights rights, AuditLog audit, IHostApplicationLifetime lifetime, ILogger<Reconciler> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            Reload();
        });
        Task[] running = [.. activities.Select(one => Task.Run(() => one.RunAsync(stoppingToken), stoppingToken))];
        try
        {
            // The first that fails ends them all: without the loop or the paths the others would only look alive.
            await foreach (var ended in Task.WhenEach(running))
            {
                await ended;
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
        catch (Exception broken)
        {
            // Not something that can be gone on from: the kernel keeps its rules, and the supervisor starts a new daemon that adopts them.
            Log.Fatal(log, broken.ToString());
            Environment.ExitCode = ExitCodes.Failed;
            lifetime.StopApplication();
        }
        finally
        {
            // The loop keeps what the next life should know as its last act.
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Reload()
    {
        try
        {
            book.Reload();
            Record(AuditOutcome.Accepted, "");
        }
        catch (RefusedException refused)
        {
            // Its diagnostics are in the log already; what was in force still is.
            Log.Diagnosed(log, refused.Message);
            Record(AuditOutcome.Refused, refused.Message);
        }
        catch (StoreException failed)
        {
            // What was in force still is.
            Log.StoreFailed(log, failed.Message);
            Record(AuditOutcome.Refused, failed.Message);
        }
    }

    /// <summary>Nobody says who sent a signal; only root and the daemon's own user can.</summary>
    private void Record(AuditOutcome outcome, string detail) => audit.Add(new(default, rights.FileOwner.Name, "signal HUP", "reload", "", outcome, detail), isOften: false);
}
