using Waymark.Daemon.Activities;
using Waymark.Daemon.Loop;
using Waymark.PathDecision;
using Waymark.PathExamination;
using Waymark.Policies;

namespace Waymark.Daemon.Audit;

/// <summary>Records what ends by itself: policies whose lifetime is over, values of other programs and paths out of use for a time. And writes how often came what is only counted.</summary>
internal sealed class AuditKeeping(AuditLog audit, ReconcileLoop loop, TimeProvider time) : IActivity
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private HashSet<(string Requester, string Set, Policy Policy)>? expired;
    private IReadOnlyList<OutsideValue> said = [];
    private IReadOnlyList<KeyValuePair<Paths.PathId, DateTimeOffset?>> disabled = [];

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // What had ended before this start was the last life's to record.
        await loop.SettleAsync(cancellationToken);
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            Look();
            audit.Flush();
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private void Look()
    {
        var (now, inputs) = (time.GetUtcNow(), loop.Inputs);
        var over = loop.Current.Standings.Where(one => one.Standing.Standing == Standing.Expired).Select(one => (one.Standing.Origin, one.Policy.Policy)).ToList();
        foreach (var (origin, _) in over.Where(one => expired?.Contains((one.Origin.Requester, one.Origin.Set, one.Policy)) == false))
        {
            Add(origin.Requester, "apply", origin.ToString(), "the policy's lifetime is over");
        }
        expired = [.. over.Select(one => (one.Origin.Requester, one.Origin.Set, one.Policy))];
        foreach (var value in said.Where(one => one.Until <= now && !inputs.Outside.Any(later => later.Path == one.Path && later.Name == one.Name && later.Requester == one.Requester && later.Counts(now))))
        {
            Add(value.Requester, "characteristic set", $"{value.Path}: {value.Name}", "its time is over");
        }
        said = [.. inputs.Outside.Where(one => one.Counts(now))];
        foreach (var (path, _) in disabled.Where(one => one.Value <= now && !inputs.Disabled.Any(later => later.Key == one.Key && !(later.Value <= now))))
        {
            Add("", "path disable", path.ToString(), "its time is over");
        }
        disabled = [.. inputs.Disabled.Where(one => !(one.Value <= now))];
    }

    private void Add(string requester, string request, string subject, string detail) => audit.Add(new(default, requester, "", request, subject, AuditOutcome.Expired, detail), isOften: false);
}
