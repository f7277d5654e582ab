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
                return unconfirmed.Where(one => one.NotWritten is null).Select(one => one.Changes).ToEquatableArray();
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

    /// <summary>Has the caller's changes stand. Throws <see cref="RefusedException"/> where there is none, or the kernel has not followed them, or the connection proves nothing.</summary>
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
            var mine = unconfirmed.Find(one => one.Changes.By == caller.Name && one.NotWritten is null)
                ?? throw new RefusedException($"'{caller.Name}' has nothing to confirm: its changes stand, or were taken back because nobody confirmed them in time ('waymark watch' and 'waymark audit' say so)", [], isMissing: true);
            if (loop.Followed < mine.Post || loop.Current.Kernel.State != KernelState.InStep)
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
        if (unconfirmed.Find(one => one.NotWritten is not null) is { } stuck)
        {
            // What is in force is not what is on the disk: nothing can be changed there.
            throw stuck.NotWritten!;
        }
        return new(caller.Name, asked ?? caller.ConfirmWithin, submission);
    }

    /// <summary>Reads what is unconfirmed after a change, or at start.</summary>
    /// <param name="post">What the loop was told last.</param>
    /// <param name="by">Who made the change; null: nobody.</param>
    private void ReadUnconfirmed(ulong post, string? by = null)
    {
        var (moment, now) = (time.GetTimestamp(), time.GetUtcNow());
        unconfirmed = [.. store.Unconfirmed().Select(changes =>
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
            if (one.Changes.IsFollowed || one.NotWritten is not null || followed < one.Post || IsOver(one))
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
        Volatile.Write(ref awaited, unconfirmed.Where(one => !one.Changes.IsFollowed && !one.IsTold && one.NotWritten is null).Select(one => one.Post).DefaultIfEmpty().Min());
        WakeWhenFollowed();
    }

    private void WakeWhenFollowed()
    {
        if (Volatile.Read(ref awaited) is > 0 and var post && loop.Followed >= post && Interlocked.CompareExchange(ref awaited, 0, post) == post)
        {
            waitChanged.Release();
        }
    }

    /// <summary>Takes back what was not confirmed in time; whether there was any, so that other sets are to be published.</summary>
    private bool TakeBackOverdue()
    {
        var isChanged = false;
        foreach (var over in unconfirmed.Where(IsOver).ToList())
        {
            var (by, sets, before) = (over.Changes.By, over.Changes.Sets, store.BeforeUnconfirmed(over.Changes.By));
            StoreException? refused = null;
            try
            {
                store.Revert(by);
                unconfirmed.Remove(over);
            }
            catch (StoreException failed)
            {
                // The disk is full, say. What was before returns all the same; that it did is written as soon as it can be.
                refused = failed;
                unconfirmed[unconfirmed.IndexOf(over)] = over with { NotWritten = failed };
            }
            if (over.NotWritten is not null)
            {
                continue;
            }
            if (refused is not null)
            {
                Log.StoreFailed(log, refused.Message);
            }
            isChanged = true;
            accepted.RemoveAll(one => sets.AsSpan().Contains((one.Requester, one.Name)));
            accepted.AddRange(before);
            foreach (var (owner, name) in sets)
            {
                var isThere = before.Any(one => one.Requester == owner && one.Name == name);
                Log.SetChanged(log, by, "did not confirm in time, and so it is as before:", name);
                events.PolicySet(V1.PolicySetEventKind.Reverted, owner, name, []);
                audit.Add(new(default, by, "", "confirm", owner == by ? name : $"{name} of {owner}", AuditOutcome.Reverted,
                    $"not confirmed within {Unit.Print(over.Changes.Length)}: {(isThere ? "in force as it was before" : "no longer in force, as before")}"), isOften: false);
            }
        }
        return isChanged;
    }

    private bool IsOver(Awaited one) => LeftOf(one) <= TimeSpan.Zero || time.GetUtcNow() >= one.Changes.ConfirmBy;

    private TimeSpan LeftOf(Awaited one) => one.Left - time.GetElapsedTime(one.From);

    /// <summary>Unconfirmed changes, and how long they are waited for.</summary>
    /// <param name="Changes">The changes.</param>
    /// <param name="Post">By what post the loop was told of the last of them: connections that were opened before the kernel had followed it prove nothing.</param>
    /// <param name="From">From when on their time runs.</param>
    /// <param name="Left">For how long from then on.</param>
    /// <param name="NotWritten">Why it could not be written that they were taken back; null: they were not.</param>
    /// <param name="IsTold">Whether it was told that the store refused to keep from when on the time counts.</param>
    private sealed record Awaited(UnconfirmedChanges Changes, ulong Post, long From, TimeSpan Left, StoreException? NotWritten = null, bool IsTold = false);
}
