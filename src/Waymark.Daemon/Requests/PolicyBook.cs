using Microsoft.Extensions.Logging;
using Waymark.Daemon.Activities;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Loop;
using Waymark.Daemon.NodeReading;
using Waymark.Daemon.Store;
using Waymark.Exchange;
using Waymark.Flows;
using Waymark.Nodes;
using Waymark.Policies;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Requests;

/// <summary>
/// Module E's memory: every accepted set, from files and from requesters. A change is on the disk before it is in force, and in force before it is answered.
/// </summary>
internal sealed partial class PolicyBook(
    NodeBook node, PolicyDirectory directory, RequesterRights rights, AccountReading accounts, StateStore store, ReconcileLoop loop, EventStream events, AuditLog audit, TimeProvider time, ILogger<PolicyBook> log) : IActivity, IDisposable
{
    /// <summary>The most sets of one requester: each change looks at all of them.</summary>
    public const int MostSets = 500;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly SemaphoreSlim waitChanged = new(0);
    private List<StoredSet> accepted = [];

    /// <summary>Whose sets are files of the policy directory.</summary>
    public bool IsFile(string requester, string name) => requester == rights.FileOwner.Name && directory.Files.ContainsKey(name);

    /// <summary>Reads everything at start; throws <see cref="RefusedException"/> where the node file has mistakes and never had none.</summary>
    public void Load()
    {
        lock (gate)
        {
            node.Load();
            accepted = [.. store.Sets(out var broken)];
            foreach (var set in broken)
            {
                Log.StoredSetBroken(log, set);
            }
            // What nobody confirmed while no daemon ran is taken back before anything is put in force.
            Take(store.Unconfirmed(), post: 0);
            TakeBackOverdue();
            ReadFiles();
            var post = Publish();
            unconfirmed = [.. unconfirmed.Select(one => one with { Post = post })];
        }
    }

    /// <summary>
    /// Reads the node file and the policy directory again; warnings and the names of the files. Throws <see cref="RefusedException"/> where one has mistakes: a node file
    /// with mistakes changes nothing; of policy files, the others are in force as they are now.
    /// </summary>
    public (IReadOnlyList<Diagnostic> Diagnostics, IReadOnlyList<string> Sets) Reload()
    {
        try
        {
            lock (gate)
            {
                // Before anything else is taken in.
                PolicyDirectory.FilesIn(directory.Path);
                var warnings = node.Reload();
                Expel();
                var found = ReadFiles();
                Publish();
                if (found.Any(one => one.Severity == Severity.Error))
                {
                    throw new RefusedException("a policy file has mistakes; what it said before stays in force, the other files are in force as they are now", [.. found]);
                }
                return ([.. warnings, .. found], [.. directory.Files.Keys]);
            }
        }
        finally
        {
            // Also where a policy file has mistakes.
            node.Announce();
        }
    }

    /// <summary>Takes out what ends by itself, when its time has come: changes that nobody confirmed, sets whose connection has ended. Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        loop.Rounded += WakeWhenFollowed;
        try
        {
            while (true)
            {
                TimeSpan wait;
                lock (gate)
                {
                    CatchUp();
                    AwaitKernel();
                    wait = unconfirmed.Select(LeftOf).Concat(held.Values.Select(LeftOf)).Append(TimeSpan.MaxValue).Min();
                }
                // The clock of the day may be set meanwhile, and a disk that refused may take it now: both are looked at each second.
                await waitChanged.WaitAsync(wait == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : wait > Second || wait <= TimeSpan.Zero ? Second : wait, cancellationToken);
            }
        }
        finally
        {
            loop.Rounded -= WakeWhenFollowed;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => waitChanged.Dispose();

    /// <summary>Takes what the resolver says of domains now; rights and sets may speak of them.</summary>
    public void Learn(EquatableArray<KeyValuePair<string, EquatableArray<IpAddress>>> domains)
    {
        lock (gate)
        {
            var names = accounts.With(domains);
            loop.Post(inputs => inputs with { Names = names });
            Publish();
        }
    }

    /// <summary>Accepts a set. Throws <see cref="RefusedException"/> where it may not be asked for.</summary>
    /// <param name="requester">Who asks.</param>
    /// <param name="name">What he calls it.</param>
    /// <param name="set">For what.</param>
    /// <param name="confirmWithin">In what time he wants to confirm it; null: as the node file says.</param>
    /// <param name="submission">How he numbers it; null: not at all.</param>
    public ChangeOutcome Accept(RequesterDeclaration requester, string name, PolicySet set, TimeSpan? confirmWithin = null, Submission? submission = null)
    {
        lock (gate)
        {
            if (Repeated(requester, submission) is { } done)
            {
                return done;
            }
            CheckName(name);
            rights.Check(requester, set);
            var terms = TermsOf(requester, confirmWithin, submission);
            CheckFree(requester.Name, name);
            if (held.ContainsKey((requester.Name, name)))
            {
                throw new RefusedException($"'{name}' is held by a connection: take another name, or end that one and then apply it", []);
            }
            var known = accepted.FindIndex(one => one.Requester == requester.Name && one.Name == name);
            if (known >= 0 && accepted[known].Set == set)
            {
                if (store.Move(requester.Name, name, set))
                {
                    accepted[known] = accepted[known] with { Set = set };
                    Publish();
                }
                return store.Keep(new([(requester.Name, name)], IsChange: false, IsInForce: true), terms, time.GetUtcNow());
            }
            if (known < 0)
            {
                CheckCount(requester.Name);
            }
            var now = time.GetUtcNow();
            return Take(store.Change(requester.Name, name, set, terms, now), V1.PolicySetEventKind.Accepted, requester.Name, "applied");
        }
    }

    /// <summary>Takes a set back; throws <see cref="RefusedException"/> where there is none, or it is another's.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="requester">Whose set.</param>
    /// <param name="name">Its name.</param>
    /// <param name="confirmWithin">As for <see cref="Accept"/>.</param>
    /// <param name="submission">As for <see cref="Accept"/>.</param>
    /// <param name="lease">Only where this holds it; null: whatever bears the name.</param>
    public ChangeOutcome Withdraw(RequesterDeclaration caller, string requester, string name, TimeSpan? confirmWithin = null, Submission? submission = null, Guid? lease = null)
    {
        lock (gate)
        {
            if (Repeated(caller, submission) is { } done)
            {
                return done;
            }
            if (requester != caller.Name && !caller.MayAdminister)
            {
                throw new RefusedException($"'{caller.Name}' may not withdraw sets of '{requester}'", [], isForbidden: true);
            }
            var terms = TermsOf(caller, confirmWithin, submission);
            if (IsFile(requester, name))
            {
                throw new RefusedException($"'{name}' is a file of {directory.Path}: remove it there and run 'waymark reload'", []);
            }
            var holding = held.GetValueOrDefault((requester, name));
            if (lease is not null && holding?.Id != lease)
            {
                throw new RefusedException($"'{name}' is not held by that lease any more: it has ended, or another connection holds the set", [], isMissing: true);
            }
            if (holding is not null)
            {
                var released = store.Keep(new([(requester, name)], IsChange: true, IsInForce: false) { WasHeld = true }, terms, time.GetUtcNow());
                Release(holding);
                Announce(V1.PolicySetEventKind.Withdrawn, caller.Name, requester, name, "withdrew", null);
                return released;
            }
            if (!accepted.Any(one => one.Requester == requester && one.Name == name))
            {
                var known = accepted.Where(one => one.Requester == requester).Select(one => one.Name).Concat(held.Keys.Where(one => one.Requester == requester).Select(one => one.Name)).ToList();
                throw new RefusedException($"'{requester}' has no policy set '{name}'{(known.Count == 0 ? "" : "; it has " + string.Join(", ", known))}", [], isMissing: true);
            }
            return Take(store.Change(requester, name, null, terms, time.GetUtcNow()), V1.PolicySetEventKind.Withdrawn, caller.Name, "withdrew");
        }
    }

    /// <summary>Takes the requester's last change back; throws <see cref="RefusedException"/> where there is none.</summary>
    public ChangeOutcome Undo(RequesterDeclaration requester, TimeSpan? confirmWithin = null, Submission? submission = null)
    {
        lock (gate)
        {
            if (Repeated(requester, submission) is { } done)
            {
                return done;
            }
            var undone = store.Undo(requester.Name, TermsOf(requester, confirmWithin, submission), time.GetUtcNow()) ?? throw new RefusedException($"'{requester.Name}' has no change to undo", [], isMissing: true);
            return Take(undone, V1.PolicySetEventKind.Undone, requester.Name, "undid its change of");
        }
    }

    /// <summary>All sets as the decision takes them, with a change that is only thought of.</summary>
    public EquatableArray<AcceptedPolicySet> With(RequesterDeclaration requester, string name, PolicySet? set)
    {
        lock (gate)
        {
            if (set is not null)
            {
                CheckName(name);
                rights.Check(requester, set);
            }
            var now = time.GetUtcNow();
            return loop.Inputs.Sets.Where(one => one.Requester.Name != requester.Name || one.Name != name)
                .Concat(set is null ? [] : [new AcceptedPolicySet(new(requester.Name, requester.Rank), name, set, now, [])]).ToEquatableArray();
        }
    }

    /// <summary>What came of a request that was done already; null: it was not. Throws <see cref="RefusedException"/> where another bore its number.</summary>
    private ChangeOutcome? Repeated(RequesterDeclaration caller, Submission? submission)
    {
        if (submission is null || store.Submitted(caller.Name, submission.Id, time.GetUtcNow()) is not var (digest, outcome))
        {
            return null;
        }
        return digest == submission.Digest ? outcome : throw new RefusedException($"the submission id {submission.Id} was that of another request: make a new one for each, and repeat it only with the same request", []);
    }

    /// <summary>Takes out what has ended by now: before anything is done that rests on what is there.</summary>
    private void CatchUp()
    {
        CountFromFollowing();
        if (TakeBackOverdue() | ExpireLost())
        {
            Publish();
        }
    }

    private List<Diagnostic> ReadFiles()
    {
        var read = directory.Read();
        foreach (var (name, diagnostics) in read.Where(one => one.Value.Any(diagnostic => diagnostic.Severity == Severity.Error)))
        {
            events.PolicySet(V1.PolicySetEventKind.Refused, rights.FileOwner.Name, name, diagnostics);
        }
        return [.. read.OrderBy(one => one.Key, StringComparer.Ordinal).SelectMany(one => one.Value)];
    }

    /// <summary>Puts a change in force that is on the disk.</summary>
    private ChangeOutcome Take(StoredChange change, V1.PolicySetEventKind kind, string by, string verb)
    {
        var (owner, name) = change.Outcome.Sets[0];
        accepted.RemoveAll(one => one.Requester == owner && one.Name == name);
        if (change.Set is { } set)
        {
            accepted.Add(set);
        }
        Take(change.Unconfirmed, Announce(kind, by, owner, name, verb, change.Outcome.ConfirmBy), by);
        return change.Outcome;
    }

    /// <summary>Tells a change; gives by what post the loop was told.</summary>
    private ulong Announce(V1.PolicySetEventKind kind, string by, string owner, string name, string verb, DateTimeOffset? confirmBy)
    {
        var post = Publish(owner, name);
        Log.SetChanged(log, by, verb, name);
        events.PolicySet(kind, owner, name, [], confirmBy);
        return post;
    }

    private void CheckFree(string requester, string name)
    {
        if (IsFile(requester, name))
        {
            throw new RefusedException($"'{name}' is a file of {directory.Path}: edit it there and run 'waymark reload', or take another name", []);
        }
    }

    private void CheckCount(string requester)
    {
        if (accepted.Count(one => one.Requester == requester) + held.Keys.Count(one => one.Requester == requester) >= MostSets)
        {
            throw new RefusedException($"'{requester}' has {MostSets} policy sets already, and more are not kept: withdraw some, or say more in one", []);
        }
    }

    private static void CheckName(string name)
    {
        if (name.Length is 0 or > 255 || name is "." or ".." || name.Contains('/', StringComparison.Ordinal) || !ForeignText.IsPlain(name))
        {
            throw new RefusedException("the name of a policy set has 1 to 255 characters, none of them '/' or one that cannot be seen, and is not '.' or '..'", []);
        }
    }
}
