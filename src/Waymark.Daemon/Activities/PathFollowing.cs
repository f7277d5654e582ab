using Microsoft.Extensions.Logging;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Metrics;
using Waymark.Daemon.NodeReading;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Daemon.Tariffs;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.PathExamination;
using Waymark.Linux.PathExamination.Datagrams;
using Waymark.Linux.PathMaintenance;
using Waymark.Nodes;
using Waymark.Paths;

namespace Waymark.Daemon.Activities;

/// <summary>Modules A and B at work: follows the paths that the node file speaks of, has them examined, and tells the loop what came of it.</summary>
internal sealed class PathFollowing(
    NodeBook node, ReconcileLoop loop, ReachabilityKeeping reachability, TrafficReading traffic, UsageLedger ledger, ProbeCounts probes, TimeProvider time, ILogger<PathFollowing> log) : IActivity
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var territory = Territory.Of(node.Node);
        var file = new ReadNodeFile(node.Node, time.GetUtcNow());
        using var thread = new PacketThread(time, "probes");
        var examinerOptions = new PathExaminerOptions(
            path => file.Node.ProbesOf(path.Name),
            path => ConfiguredCharacteristics.Of(path, file.Node, file.At, ledger.Characteristics),
            _ => territory.ProbeMark)
        {
            Kinds = [.. ProbeKinds.All(thread).Select(kind => new CountedProbeKind(kind, probes))],
            Known = reachability.Known(),
            Ranks = new WantedPercentiles(() => loop.Inputs.AllSets).Ranks,
            Allowance = path => file.Node.AllowanceOf(path.Name),
            Stretched = (path, allowance, interval, detection) => Log.ProbesStretched(log, path, allowance, interval.TotalSeconds, detection.TotalSeconds),
            FaultChanged = (path, fault) =>
            {
                if (fault is not null)
                {
                    Log.ProbeFault(log, path, fault);
                }
            },
            FindingChanged = (path, _, finding) =>
            {
                if (finding is not null)
                {
                    Log.ProbeFinding(log, path, finding);
                }
            },
        };
        await using var examiner = new PathExaminer(examinerOptions, Publish, thread, Environment.TickCount);
        ledger.Changed = examiner.Refresh;
        await using var reading = new SideWork(token => traffic.RunAsync(examiner, examiner.Heard, token), cancellationToken);
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

    private static IpPathOptions Options(NodeFile node, Territory territory) => new()
    {
        OwnTables = (territory.FirstTable, territory.FirstTable + (uint)territory.Paths),
        Interfaces = node.Paths.Select(path => new DeclaredInterface(path.Match, path.Name)
        {
            IsIgnored = path.IsIgnored,
            Gateways = path.Gateways,
            Peer = path.Peer,
            Shared = path.Shared,
            Scope = node.ScopeOf(path),
            Over = path.Over,
        }).ToEquatableArray(),
    };

    private sealed record ReadNodeFile(NodeFile Node, DateTimeOffset At);
}
