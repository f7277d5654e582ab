using Waymark.Daemon.Audit;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Store;
using Waymark.Nodes;
using Waymark.Units;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Requests;

/// <summary>Changes that have to be confirmed (docs/remote.md): the first of a requester opens a time, which each later one begins anew; when it is over all of them are taken back together.</summary>
internal sealed partial class PolicyBook
{
    private List<Awaited> unconfirmed = [];

    /// <summary>The first post whose following by the kernel something waits for; 0: nothing does.</summary>
    private ulong awaited;

    /// <summary>The unconfirmed changes, in order of requester.</summary>
    public EquatableArray<UnconfirmedChanges> Unconfirmed
    {
        get
        {
            lock (gate)
            {
                return unconfirmed.Where(one => !one.IsTakenBack).Select(one => one.Changes).ToEquatableArray();
            }
        }
    }

    /// <summary>When a requester's changes are taken back unless he confirms; null: there are none.</summary>
    public DateTimeOffset? ConfirmByOf(string requester)
    {
        lock (gate)
        {
            CatchUp();
            return unconfirmed.Find(one => one.Changes.By == requester)?.Changes.ConfirmBy;
        }
    }

    /// <summary>Has the caller's changes stand. Throws <see cref="RefusedException"/> where there is none, or the kernel has not followed them or has refused what came later, or the connection proves nothing.</summary>
    /// <param name="caller">Who confirms.</param>
    /// <param name="followed">What the kernel had followed when the connection was opened that he asks by, as <see cref="ReconcileLoop.Followed"/>.</param>
    /// <param name="submission">How he numbers it; null: not at all.</param>
    public ChangeOutcome Confirm(RequesterDeclaration caller, ulong followed, Submission? submission = null)
    {
        lock (gate)
        {
            if (Repeated(caller, submission) is { } done)
            {
                return done;
            }
            CatchUp();
            var mine = unconfirmed.Find(one => one.Changes.By == caller.Name && !one.IsTakenBack)
                ?? throw new RefusedException($"'{caller.Name}' has nothing to confirm: its changes stand, or were taken back because nobody confirmed them in time ('waymark watch' and 'waymark audit' say so)", [], isMissing: true);
            if (mine.Refused is not null)
            {
                throw mine.Refused;
            }
            if (loop.Followed < mine.Post || loop.Current.Kernel.State == KernelState.Failed)
            {
                var why = loop.Current.Kernel.Message;
                throw new RefusedException($"the kernel has not followed yet{(why.Length == 0 ? "" : $" ({why})")}, and what is not in force cannot be confirmed: see 'waymark status', and confirm when the kernel is in step", [], isUntimely: true);
            }
            if (followed < mine.Post)
            {
                // Connections stay on the paths that they are on: this one may live where no other comes through any more.
                throw new RefusedException("this connection is older than the last change and does not prove that the node can still be reached: connect anew, and confirm then", [], isUntimely: true);
            }
            var outcome = store.Confirm(new(caller.Name, Submission: submission), time.GetUtcNow());
            unconfirmed.Remove(mine);
            foreach (var (owner, name) in outcome.Sets)
            {
                Log.SetChanged(log, caller.Name, "confirmed", name);
                events.PolicySet(V1.PolicySetEventKind.Confirmed, owner, name, []);
            }
            return outcome;
        }
    }

    /// <summary>On what terms the caller makes a change now; throws <see cref="RefusedException"/> where he wants more time than he has.</summary>
    private ChangeTerms TermsOf(RequesterDeclaration caller, TimeSpan? asked, Submission? submission)
    {
        if (asked is { } length && (length < RequesterDeclaration.LeastConfirmation || length > RequesterDeclaration.MostConfirmation))
        {
            throw new RefusedException($"a change is confirmed within {Unit.Print(RequesterDeclaration.LeastConfirmation)} to {Unit.Print(RequesterDeclaration.MostConfirmation)}", []);
        }
        if (asked > caller.ConfirmWithin)
        {
            throw new RefusedException($"the node file gives '{caller.Name}' {Unit.Print(caller.ConfirmWithin.Value)} to confirm: ask for no more, or leave it out", []);
        }
        CatchUp();
        if (unconfirmed.Find(one => one.Refused is not null) is { } stuck)
        {
            // What is in force is not what is on the disk, or neither is what it should be: nothing can be changed there.
            throw stuck.Refused!;
        }
        return new(caller.Name, asked ?? caller.ConfirmWithin, submission);
    }

    /// <summary>Takes in what is unconfirmed after a change, or at start.</summary>
    /// <param name="all">All that is.</param>
    /// <param name="post">What the loop was told last.</param>
    /// <param name="by">Who made the change; null: nobody.</param>
    private void Take(IReadOnlyList<UnconfirmedChanges> all, ulong post, string? by = null)
    {
        var (moment, now) = (time.GetTimestamp(), time.GetUtcNow());
        unconfirmed = [.. all.Select(changes =>
        {
            if (unconfirmed.Find(one => one.Changes.By == changes.By && one.Changes.ConfirmBy == changes.ConfirmBy) is { } known)
            {
                return known with { Changes = changes, Post = changes.By == by ? post : known.Post };
            }
            var left = changes.ConfirmBy - now;
            return new Awaited(changes, post, moment, left > changes.Length ? changes.Length : left);
        })];
        waitChanged.Release();
    }

    /// <summary>
    /// Counts the time from now on where the kernel has just followed: what was not in force could cut nobody off (docs/decisions/the-time-to-confirm-begins-in-the-kernel.md). Where it never does, or that cannot be
    /// written, the time ends as if it had.
    /// </summary>
    private void CountFromFollowing()
    {
        var followed = loop.Followed;
        for (var i = 0; i < unconfirmed.Count; i++)
        {
            var one = unconfirmed[i];
            if (one.Changes.IsFollowed || one.Refused is not null || followed < one.Post || IsOver(one))
            {
                continue;
            }
            var changes = one.Changes with { ConfirmBy = time.GetUtcNow() + one.Changes.Length, IsFollowed = true };
            try
            {
                store.Follow(changes.By, changes.ConfirmBy);
                unconfirmed[i] = one with { Changes = changes, From = time.GetTimestamp(), Left = changes.Length };
            }
            catch (StoreException failed)
            {
                // Tried again each second, until the time is over.
                if (!one.IsTold)
                {
                    Log.StoreFailed(log, failed.Message);
                }
                unconfirmed[i] = one with { IsTold = true };
            }
        }
    }

    /// <summary>What is next to be followed by the kernel; what cannot be written is not waited for, but looked at each second.</summary>
    private void AwaitKernel()
    {
        Volatile.Write(ref awaited, unconfirmed.Where(one => !one.Changes.IsFollowed && !one.IsTold && one.Refused is null).Select(one => one.Post).DefaultIfEmpty().Min());
        WakeWhenFollowed();
    }

    private void WakeWhenFollowed()
    {
        if (Volatile.Read(ref awaited) is > 0 and var post && loop.Followed >= post && Interlocked.CompareExchange(ref awaited, 0, post) == post)
        {
            waitChanged.Release();
        }
    }

    /// <summary>
    /// Takes back what was not confirmed in time; whether there was any, so that other sets are to be published. Where the disk does not take it, what was before returns all the same, and that it did is written as soon as
    /// it can be; where what was before cannot even be read, what is in force stays until it can. Both are told once, and tried again each second.
    /// </summary>
    private bool TakeBackOverdue()
    {
        var isChanged = false;
        foreach (var over in unconfirmed.Where(IsOver).ToList())
        {
            var isBack = over.IsTakenBack;
            try
            {
                if (!isBack)
                {
                    TakeBack(over.Changes, store.BeforeUnconfirmed(over.Changes.By));
                    isChanged = isBack = true;
                }
                store.Revert(over.Changes.By);
                unconfirmed.Remove(over);
            }
            catch (StoreException failed)
            {
                if (over.Refused is null)
                {
                    Log.StoreFailed(log, failed.Message);
                }
                unconfirmed[unconfirmed.IndexOf(over)] = over with { Refused = failed, IsTakenBack = isBack };
            }
        }
        return isChanged;
    }

    private void TakeBack(UnconfirmedChanges changes, IReadOnlyList<StoredSet> before)
    {
        accepted.RemoveAll(one => changes.Sets.AsSpan().Contains((one.Requester, one.Name)));
        accepted.AddRange(before);
        foreach (var (owner, name) in changes.Sets)
        {
            var isThere = before.Any(one => one.Requester == owner && one.Name == name);
            Log.SetChanged(log, changes.By, "did not confirm in time, and so it is as before:", name);
            events.PolicySet(V1.PolicySetEventKind.Reverted, owner, name, []);
            audit.Add(new(default, changes.By, "", "confirm", owner == changes.By ? name : $"{name} of {owner}", AuditOutcome.Reverted,
                $"not confirmed within {Unit.Print(changes.Length)}: {(isThere ? "in force as it was before" : "no longer in force, as before")}"), isOften: false);
        }
    }

    private bool IsOver(Awaited one) => LeftOf(one) <= TimeSpan.Zero || time.GetUtcNow() >= one.Changes.ConfirmBy;

    private TimeSpan LeftOf(Awaited one) => one.Left - time.GetElapsedTime(one.From);

    /// <summary>Unconfirmed changes, and how long they are waited for.</summary>
    /// <param name="Changes">The changes.</param>
    /// <param name="Post">By what post the loop was told of the last of them: connections that were opened before the kernel had followed it prove nothing.</param>
    /// <param name="From">From when on their time runs.</param>
    /// <param name="Left">For how long from then on.</param>
    /// <param name="Refused">Why they could not be taken back, or that they were could not be written; null: there was nothing to.</param>
    /// <param name="IsTakenBack">Whether they are taken back in all but the store.</param>
    /// <param name="IsTold">Whether it was told that the store refused to keep from when on the time counts.</param>
    private sealed record Awaited(UnconfirmedChanges Changes, ulong Post, long From, TimeSpan Left, StoreException? Refused = null, bool IsTakenBack = false, bool IsTold = false);
}
