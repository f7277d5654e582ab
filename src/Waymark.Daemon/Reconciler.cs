using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.NodeReading;
using Waymark.Daemon.Loop;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathMaintenance;
using Waymark.Nodes;

namespace Waymark.Daemon;

/// <summary>Runs the producers and the loop, each on its own, until one fails or all are told to stop.</summary>
internal sealed class Reconciler(PolicyBook book, ReconcileLoop loop, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<Reconciler> log) : BackgroundService
{
    private static readonly TimeSpan ResolveInterval = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            Reload();
        });
        try
        {
            await Task.WhenAll(FollowPathsAsync(stoppingToken), ResolveNamesAsync(stoppingToken), Task.Run(() => loop.RunAsync(stoppingToken), stoppingToken));
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
    }

    private async Task FollowPathsAsync(CancellationToken cancellationToken)
    {
        var node = book.Node;
        var readAt = time.GetUtcNow();
        var territory = KernelDataPlane.TerritoryOf(node);
        var examinerOptions = new PathExaminerOptions(
            path => node.ProbesOf(path.Name),
            path => ConfiguredCharacteristics.Of(path, node, readAt),
            _ => territory.ProbeMark)
        {
            Ranks = new WantedPercentiles(() => loop.Inputs.Sets).Ranks,
            FaultChanged = (path, fault) =>
            {
                if (fault is not null)
                {
                    Log.ProbeFault(log, path, fault);
                }
            },
        };
        await using var examiner = new PathExaminer(examinerOptions, set => loop.Post(inputs => inputs with { Characteristics = set }), time, Environment.TickCount);
        var maintainer = new IpPathMaintainer(Options(node, territory));
        await foreach (var paths in maintainer.WatchAsync(cancellationToken))
        {
            loop.Post(inputs => inputs with { Paths = paths, IsReady = true });
            examiner.Examine(paths);
        }
    }

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
                    loop.Post(inputs => inputs with { Names = NodeNamesReading.Read(found) });
                }
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private static IpPathOptions Options(NodeFile node, Territory territory) => new()
    {
        OwnTables = (territory.FirstTable, territory.FirstTable + (uint)territory.Paths),
        Interfaces = node.Paths.Select(path => new DeclaredInterface(path.Interface, path.Name)
        {
            IsIgnored = path.IsIgnored,
            Gateways = path.Gateways,
            Peer = path.Peer,
            Over = path.Over,
        }).ToEquatableArray(),
    };
}
