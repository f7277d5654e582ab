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
        foreach (var (origin, _) in expired is null ? Unrecorded(over, inputs) : over.Where(one => !expired.Contains((one.Origin.Requester, one.Origin.Set, one.Policy))))
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

    /// <summary>At start: what had ended before, and is not in the log, for nobody was there to write it.</summary>
    private IEnumerable<(PolicyOrigin Origin, Policy Policy)> Unrecorded(List<(PolicyOrigin Origin, Policy Policy)> over, Inputs inputs)
    {
        if (over.Count == 0)
        {
            return [];
        }
        var recorded = audit.Newest(int.MaxValue, one => one is { Outcome: AuditOutcome.Expired, Request: "apply" }).ToLookup(one => (one.Requester, one.Subject), one => one.At);
        return over.Where(one => !recorded[(one.Origin.Requester, AuditRecord.Cut(one.Origin.ToString()))].Any(at => at >= EndOf(one.Origin, one.Policy, inputs)));
    }

    private static DateTimeOffset? EndOf(PolicyOrigin origin, Policy policy, Inputs inputs)
    {
        var set = inputs.Sets.FirstOrDefault(one => one.Requester.Name == origin.Requester && one.Name == origin.Set);
        var accepted = set?.FirstAccepted.Where(one => one.Key == policy).Select(one => (DateTimeOffset?)one.Value).FirstOrDefault() ?? set?.AcceptedAt;
        return accepted + policy.Lifetime;
    }

    private void Add(string requester, string request, string subject, string detail) => audit.Add(new(default, requester, "", request, subject, AuditOutcome.Expired, detail), isOften: false);
}
