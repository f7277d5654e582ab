using Waymark.Conflicts;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Requests;
using Waymark.Exchange;
using Waymark.Exchange.Wire;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Peers;

namespace Waymark.Daemon.Peers;

/// <summary>What follows from a decision for each peer: what is asked of it, what it is told of paths, and what became of what it asked.</summary>
internal sealed class PeerAsks(ConflictBook conflicts)
{
    /// <summary>How often a peer is told of paths, or asked for something else, at most: the first time at once, what comes behind it together.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a peer has for its first word on shared paths before what is asked of it is decided without.</summary>
    public static readonly TimeSpan TellingTime = TimeSpan.FromSeconds(2);

    private (MergedKey Of, Dictionary<(string Peer, string Set), string> By) superseded = (default, []);

    /// <summary>Asks a peer for what was decided; gives when there may be something else to say.</summary>
    /// <param name="account">The peer.</param>
    /// <param name="decided">What was decided.</param>
    /// <param name="now">The present, by the clock of deadlines.</param>
    /// <param name="clock">The time of the day.</param>
    public static TimeSpan? Ask(PeerAccount account, Snapshot decided, TimeSpan now, DateTimeOffset clock)
    {
        if (account.ToldBy <= now)
        {
            // It shares none, by what it says: what it told over an earlier connection is over.
            (account.ToldBy, account.Told) = (null, []);
        }
        // Before the first decision nobody has decided to ask for nothing.
        var due = decided.Revision > 0 && Decide(account, decided, clock) is { } review ? now + (review - clock) : (TimeSpan?)null;
        if (!account.IsConnected)
        {
            return due;
        }
        var link = account.Link!;
        if (decided.Revision == 0 || (account.ToldBy is not null && SharedWith(account, decided.World).Any()))
        {
            // What it holds from before is likely to be right, and lives on meanwhile.
            due = Earlier(due, account.ToldBy);
        }
        else if (now < account.UpdateAt)
        {
            due = Earlier(due, account.UpdateAt);
        }
        else if (account.Sending.Take() is { } update)
        {
            account.UpdateAt = now + Interval;
            link.Send(PeerTranslation.ToWire(update));
        }
        // Behind what has changed: both then hold the same.
        if (account.Sending.IsKnown && now >= account.KeepAliveAt)
        {
            account.KeepAliveAt = now + (account.LeaseThere / 3);
            link.Send(PeerTranslation.KeepAlive(account.Sending.Digest));
        }
        due = Earlier(due, account.Sending.IsKnown ? account.KeepAliveAt : null);
        return Tell(account, link, decided.World, now, clock) is { } again ? Earlier(due, again) : due;
    }

    /// <summary>Decides what to ask, and notes it as wanted; gives when that may become something else by itself.</summary>
    private static DateTimeOffset? Decide(PeerAccount account, Snapshot decided, DateTimeOffset clock)
    {
        var view = new PeerView(account.Declaration, account.Granted, account.Told);
        var request = PeerAsking.Decide(decided.World with { Now = clock > decided.World.Now ? clock : decided.World.Now }, decided.Decision, view, account.Request.State);
        // What is as before has the bytes that it had.
        var (before, allowance) = (account.Bytes, new RuleAllowance());
        var bytesOf = request.Policies.Where(one => one.Rule is not null).ToDictionary(one => one.Origin, one =>
        {
            var bytes = before.TryGetValue(one.Origin, out var known) && known.Rule == one.Rule ? known.Bytes : PeerTranslation.ToWire(one.Rule!);
            return new SentRule(one.Rule!, bytes, allowance.Take(bytes));
        });
        (account.Request, account.Bytes) = (request, bytesOf);
        account.Sending.Want(account.Bytes.Values.Where(one => one.Fault is null).Select(one => one.Bytes));
        return request.ReviewAt;
    }

    /// <summary>The paths that are shared with a peer.</summary>
    private static IEnumerable<Path> SharedWith(PeerAccount account, World world) => world.Paths.Paths.Where(path => path.Shared is not null && path.Peer == account.Declaration.Name);

    /// <summary>Finds what became of a peer's rules, and tells it where that is something else than before.</summary>
    public void Report(PeerAccount account, Snapshot decided)
    {
        account.Became = Of(account, decided).ToDictionary(report => report.Rule);
        if (!account.IsConnected)
        {
            return;
        }
        var news = account.Became.Values.Where(report => account.Reported.GetValueOrDefault(report.Rule) != report).ToList();
        news.ForEach(report => account.Reported[report.Rule] = report);
        if (news.Count > 0)
        {
            account.Link!.Send(PeerTranslation.ToWire(news));
        }
    }

    /// <summary>How this node stands to a peer.</summary>
    /// <param name="account">The peer.</param>
    /// <param name="dated">The time of the day at a time.</param>
    public static PeerStanding.State Show(PeerAccount account, Func<TimeSpan, DateTimeOffset> dated) => new(
        account.Declaration, account.Node, account.IsConnected, account.Since is { } since ? dated(since) : null, account.IsConnected ? account.Link!.Endpoint : "", account.Fault,
        account.Request.Policies.Select(one => Asked(account, one)).ToEquatableArray(),
        account.Keeping.Held.Select(rule => Held(account.Judged.GetValueOrDefault(rule.Digest), account.Became.GetValueOrDefault(rule.Digest))).ToEquatableArray(),
        account.Keeping.Until is { } until ? dated(until) : null, account.Connections, account.Refusals);

    private static PeerStanding.Held Held(JudgedRule? judged, RuleReport? report) =>
        new(ForeignText.Show(judged?.Rule?.Name ?? ""), report?.State ?? RuleState.Asked, report?.Detail ?? "", judged?.Set?.Set);

    private static PeerStanding.Asked Asked(PeerAccount account, PolicyAsked policy)
    {
        if (policy.Fault is { } fault)
        {
            return new(policy.Origin, RuleState.Unresolved, fault);
        }
        var asked = account.Bytes[policy.Origin];
        if (asked.Fault is { } tooMuch)
        {
            return new(policy.Origin, RuleState.Rejected, tooMuch);
        }
        var report = account.Sending.Of(asked.Bytes.Digest);
        return new(policy.Origin, report.State, report.Detail);
    }

    /// <summary>Tells what was measured of the paths that both share; gives when that is to be looked at again, where it was told just now.</summary>
    private static TimeSpan? Tell(PeerAccount account, PeerLink link, World world, TimeSpan now, DateTimeOffset clock)
    {
        var told = SharedWith(account, world).OrderBy(path => path.Shared)
            .Select(path => KeyValuePair.Create(path.Shared!.Value, SharedMeasurements.ToTell(path, world.Characteristics.Of(path.Id), world.Disabled.AsSpan().Contains(path.Id), clock))).ToEquatableArray();
        var isSame = told.Count == account.LastTold.Count && told.Zip(account.LastTold).All(pair => pair.First.Key == pair.Second.Key && !SharedMeasurements.IsNoticeable(pair.Second.Value, pair.First.Value));
        if (isSame)
        {
            return null;
        }
        if (now < account.TellAt)
        {
            return account.TellAt;
        }
        (account.LastTold, account.TellAt) = (told, now + Interval);
        link.Send(PeerTranslation.ToWire(told.AsEnumerable()));
        return null;
    }

    /// <summary>What became of each rule of a peer that something became of.</summary>
    private IEnumerable<RuleReport> Of(PeerAccount account, Snapshot decided)
    {
        if (account.Judged.Count == 0)
        {
            yield break;
        }
        var name = account.Declaration.Name;
        var standings = decided.StandingsOf(name).ToLookup(one => one.Standing.Origin.Set);
        var unresolved = decided.AllUnresolved.Where(one => one.Origin.Requester == name).ToLookup(one => one.Origin.Set);
        var counted = RequesterSpans.Of(decided.World.Policies).SetsOf(name).ToDictionary(set => set.Name, set => set.Set);
        var winners = Superseded(decided);
        foreach (var (rule, judged) in account.Judged)
        {
            var set = rule.ToString();
            if (judged.Fault is { } fault)
            {
                yield return new(rule, RuleState.Rejected, fault);
            }
            else if (!ReferenceEquals(counted.GetValueOrDefault(set), judged.Set!.Set) || decided.Kernel.State == KernelState.Pending)
            {
                // Not decided yet, or on its way into the kernel, which does until then what it did.
                if (account.Became.GetValueOrDefault(rule) is { State: not RuleState.Rejected } before)
                {
                    yield return before;
                }
            }
            else if (decided.Kernel.State != KernelState.InStep)
            {
                // Not in the kernel.
                continue;
            }
            else if (winners.TryGetValue((name, set), out var winner))
            {
                yield return new(rule, RuleState.Superseded, winner);
            }
            else if (unresolved[set].FirstOrDefault() is { } failed)
            {
                yield return new(rule, RuleState.Unresolved, failed.Message);
            }
            else if (standings[set].All(one => one.Standing.Standing is Standing.InForce or Standing.Duplicate))
            {
                yield return new(rule, RuleState.Installed, "");
            }
        }
    }

    /// <summary>The sets of peers of which nothing is left, and whose policy goes before each.</summary>
    private Dictionary<(string Peer, string Set), string> Superseded(Snapshot decided)
    {
        var key = new MergedKey(decided.World.Policies);
        if (superseded.Of != key)
        {
            // A rule may be two policies, one for each family; one that has no flows of its family asks for nothing there.
            var parts = decided.World.Policies.Policies.Where(one => !one.Flows.Selector.IsEmpty).CountBy(one => (one.Origin.Requester, one.Origin.Set)).ToDictionary();
            superseded = (key, conflicts.Of(decided.World.Policies).All
                .Where(one => one.Kind is ConflictKind.Overruled or ConflictKind.Shadowed or ConflictKind.ShadowedTogether)
                .GroupBy(one => (one.Policy.Origin.Requester, one.Policy.Origin.Set))
                .Where(one => one.Count() == parts[one.Key])
                .ToDictionary(one => one.Key, one => one.First().Winner is { } winner ? $"'{winner.Origin.Requester}' goes first" : "others go first"));
        }
        return superseded.By;
    }

    private static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other : one;

    /// <summary>The same policies are the same object.</summary>
    private readonly record struct MergedKey(ConditionDecision.MergedPolicies? Policies)
    {
        public bool Equals(MergedKey other) => ReferenceEquals(Policies, other.Policies);

        public override int GetHashCode() => 0;
    }
}
