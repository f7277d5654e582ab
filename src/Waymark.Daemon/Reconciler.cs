using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.NodeReading;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Metrics;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Daemon.Tariffs;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathMaintenance;
using Waymark.Nodes;
using Waymark.Paths;

namespace Waymark.Daemon;

/// <summary>Runs the producers and the loop, each on its own, until one fails or all are told to stop.</summary>
internal sealed class Reconciler(PolicyBook book, NodeBook node, ReconcileLoop loop, ReachabilityKeeping reachability, TrafficReading traffic, ReflectorOperation reflector, UsageLedger ledger, Supervision supervision, MetricsService metrics, ProbeCounts probes, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<Reconciler> log) : BackgroundService
{
    private static readonly TimeSpan ResolveInterval = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            Reload();
        });
        Task[] running =
            [FollowPathsAsync(stoppingToken), ResolveNamesAsync(stoppingToken), Task.Run(() => loop.RunAsync(stoppingToken), stoppingToken), supervision.RunAsync(stoppingToken),
                reachability.RunAsync(stoppingToken), metrics.RunAsync(stoppingToken), reflector.RunAsync(stoppingToken), ledger.RunAsync(stoppingToken)];
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
        }
        catch (RefusedException refused)
        {
            // Its diagnostics are in the log already; what was in force still is.
            Log.Diagnosed(log, refused.Message);
        }
        catch (StoreException failed)
        {
            // What was in force still is.
            Log.StoreFailed(log, failed.Message);
        }
    }

    private async Task FollowPathsAsync(CancellationToken cancellationToken)
    {
        var territory = KernelDataPlane.TerritoryOf(node.Node);
        var file = new ReadNodeFile(node.Node, time.GetUtcNow());
        var examinerOptions = new PathExaminerOptions(
            path => file.Node.ProbesOf(path.Name),
            path => ConfiguredCharacteristics.Of(path, file.Node, file.At, ledger.Characteristics),
            _ => territory.ProbeMark)
        {
            Kinds = [.. ProbeKinds.All(time).Select(kind => new CountedProbeKind(kind, probes))],
            Known = reachability.Known(),
            Ranks = new WantedPercentiles(() => loop.Inputs.Sets).Ranks,
            Allowance = path => file.Node.AllowanceOf(path.Name),
            Stretched = (path, allowance, interval, detection) => Log.ProbesStretched(log, path, allowance, interval.TotalSeconds, detection.TotalSeconds),
            FaultChanged = (path, fault) =>
            {
                if (fault is not null)
                {
                    Log.ProbeFault(log, path, fault);
                }
            },
        };
        await using var examiner = new PathExaminer(examinerOptions, Publish, time, Environment.TickCount);
        ledger.Changed = examiner.Refresh;
        await using var reading = new SideWork(token => traffic.RunAsync(examiner, (_, _, _) => { }, token), cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            // Each node file has a maintainer of its own; what the examiner knows of paths stays.
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, node.Change);
            file = new(node.Node, time.GetUtcNow());
            try
            {
                IPathMaintainer[] maintainers = [new IpPathMaintainer(Options(file.Node, territory), Stir)];
                var gathering = new PathGathering([.. maintainers.Select(one => one.Protocol)], paths =>
                {
                    // Before anything is decided: a quota that is used up is so from the start.
                    ledger.Follow(file.Node, paths);
                    if (!loop.Inputs.IsReady)
                    {
                        // The first decision should know which of them were silent.
                        examiner.Examine(paths);
                    }
                    loop.PostPaths(paths);
                    examiner.Examine(paths);
                });
                var gathered = maintainers.Select(one => GatherAsync(one, gathering, either.Token)).ToList();
                try
                {
                    await await Task.WhenAny([.. gathered, reading.Ended]);
                }
                finally
                {
                    await either.CancelAsync();
                    await Task.WhenAll(gathered).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The node file says something else of paths now.
            }
        }
    }

    private void Publish(CharacteristicsSet set)
    {
        loop.Post(inputs => inputs with { Characteristics = set });
        reachability.Note(loop.Inputs.Paths, set);
    }

    private static async Task GatherAsync(IPathMaintainer maintainer, PathGathering gathering, CancellationToken cancellationToken)
    {
        await foreach (var paths in maintainer.WatchAsync(cancellationToken))
        {
            gathering.Put(maintainer.Protocol, paths);
        }
    }

    private void Stir() => loop.Post(inputs => inputs with { Stirs = inputs.Stirs + 1 });

    private async Task ResolveNamesAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(ResolveInterval, time);
        do
        {
            var state = loop.Inputs;
            var domains = NodeNamesReading.DomainsIn(state.Sets.Select(set => set.Set));
            if (domains.Count > 0)
            {
                var found = await NodeNamesReading.ResolveAsync(domains, state.Names.Domains, cancellationToken);
                if (found != state.Names.Domains)
                {
                    book.Learn(NodeNamesReading.Read(found));
                }
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private static IpPathOptions Options(NodeFile node, Territory territory) => new()
    {
        OwnTables = (territory.FirstTable, territory.FirstTable + (uint)territory.Paths),
        Interfaces = node.Paths.Select(path => new DeclaredInterface(path.Match, path.Name)
        {
            IsIgnored = path.IsIgnored,
            Gateways = path.Gateways,
            Peer = path.Peer,
            Over = path.Over,
        }).ToEquatableArray(),
    };

    private sealed record ReadNodeFile(NodeFile Node, DateTimeOffset At);
}
