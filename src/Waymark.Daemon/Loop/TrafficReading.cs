using Microsoft.Extensions.Logging;
using Waymark.Flows;
using Waymark.Linux.PathExamination;
using Waymark.Paths;

namespace Waymark.Daemon.Loop;

/// <summary>Reads off paths once a second what can be had without asking them, and tells the examiner.</summary>
/// <param name="dataPlane">Knows which paths connections are pinned to; made when it is first needed.</param>
/// <param name="loop">Knows the paths, and what is told of them.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where it says what the kernel refuses.</param>
internal sealed class TrafficReading(Func<IDataPlane> dataPlane, ReconcileLoop loop, TimeProvider time, ILogger<TrafficReading> log)
{
    /// <summary>Rates are averages over five readings, so that none hangs on when exactly one was taken.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>What the examiner knows its values by.</summary>
    private const string Teller = "traffic";

    /// <summary>Runs until it is told to stop.</summary>
    /// <param name="examiner">Is told.</param>
    /// <param name="heard">Called for each path and family that was seen to carry both ways.</param>
    /// <param name="cancellationToken">Tells it.</param>
    public async Task RunAsync(PathExaminer examiner, Action<PathId, IpFamily, DateTimeOffset> heard, CancellationToken cancellationToken)
    {
        using var traffic = new TrafficExaminer(
            new()
            {
                Pinned = connections => dataPlane().PathsOf(connections),
                Told = path => loop.Inputs.Characteristics.Of(path),
                Heard = heard,
            },
            time);
        string? told = null;
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            examiner.Tell(Teller, traffic.Read(loop.Inputs.Paths));
            if (traffic.Fault is { } fault && fault != told)
            {
                Log.TrafficUnread(log, fault);
            }
            told = traffic.Fault;
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }
}
