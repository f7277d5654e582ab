using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Activities;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Remote;
using Waymark.Daemon.Requests;
using Waymark.Daemon.Store;
using Waymark.Exchange;
using Waymark.Nodes;
using Waymark.Peers;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Peers;

/// <summary>
/// Modules X and E between nodes at work: asks peers for what was decided here, and keeps, judges and hands on what they ask. What happens (a message, a connection, a decision, a time) is an event; one consumer takes them one
/// after the other and owns all that changes. What a peer asked for is on the disk before it counts, and never handed on to another peer.
/// </summary>
internal sealed partial class PeerService(PeerAsks asks, NodeBook node, ReconcileLoop loop, StateStore store, EventStream stream, AuditLog audit, RemoteAdmission admission, PeerStanding standing, TimeProvider time, ILogger<PeerService> log) : IActivity
{
    /// <summary>How many events wait to be taken; who has another is kept waiting with it.</summary>
    private const int MostWaiting = 1024;

    /// <summary>The shortest wait for a time that has come.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(1);

    private readonly Channel<PeerEvent> events = Channel.CreateBounded<PeerEvent>(MostWaiting);
    private readonly Random jitter = new(Environment.TickCount);
    private readonly ConcurrentDictionary<string, PeerPace> paces = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PeerAccount> accounts = new(StringComparer.Ordinal);
    private NodeFile file = NodeFile.Default;
    private readonly long start = time.GetTimestamp();
    private TimeSpan checkAt;
    private bool areSetsOthers, areLinksOthers;

    /// <summary>
    /// The clock of all deadlines: how long this life has been going on. Nobody sets it, so that no lease ends and no peer is kept waiting because somebody, or the first answer of a time server, sets the time of the day.
    /// </summary>
    private TimeSpan Passed => time.GetElapsedTime(start);

    /// <summary>Takes over what an earlier life was asked for and whose lease has not ended: before the first decision, so that nothing moves. Throws <see cref="StoreException"/>.</summary>
    public void Load()
    {
        FollowFile();
        foreach (var peer in store.DroppedPeers)
        {
            Drop(peer, "an earlier version kept it, and did not keep whose certificate it was asked with");
        }
        foreach (var kept in store.PeerRules())
        {
            // Another host's, which had the name when they were asked for, are not this one's.
            var account = accounts.GetValueOrDefault(kept.Peer) is { } declared && declared.Declaration.Certificate == kept.Certificate ? declared : null;
            account?.Keeping.Restore(kept.Rules, Passed + (kept.Until - time.GetUtcNow()), Passed);
            if (account is null || account.Keeping.Expire(Passed))
            {
                Drop(kept.Peer, account is null ? Undeclared(kept.Certificate) : "their lease ended while this node was away");
                continue;
            }
            account.Certified = kept.Certified;
            Judge(account);
        }
        Publish();
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        loop.Rounded += Nudge;
        try
        {
            while (true)
            {
                // The next file's signal is taken before this file.
                await using var change = node.Change.Register(Nudge);
                var wait = Round(Passed, cancellationToken) - Passed;
                using var due = new CancellationTokenSource(wait > Breath ? wait : Breath, time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, due.Token);
                Task happens = events.Reader.WaitToReadAsync(either.Token).AsTask();
                await happens.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
                while (events.Reader.TryRead(out var happened))
                {
                    Take(happened);
                }
            }
        }
        finally
        {
            foreach (var account in accounts.Values)
            {
                account.Link?.End("this daemon stops");
            }
        }
    }

    /// <summary>Takes a message of a connection. Returns when it was taken, so that no more than one of each connection waits.</summary>
    public async Task HearAsync(PeerLink link, V1.PeerMessage message, CancellationToken cancellationToken)
    {
        var heard = new PeerEvent.Heard(link, message);
        await events.Writer.WriteAsync(heard, cancellationToken);
        await heard.Taken.Task.WaitAsync(cancellationToken);
    }

    /// <summary>A call of a peer came to nothing.</summary>
    public ValueTask MissAsync(PeerDeclaration peer, string why, CancellationToken cancellationToken) => events.Writer.WriteAsync(new PeerEvent.Unreached(peer, why), cancellationToken);

    /// <summary>Something is to be looked at. One that is waiting is enough, and where there is no room something else is.</summary>
    private void Nudge() => events.Writer.TryWrite(PeerEvent.Nudge.One);

    /// <summary>Follows the node file, where it is another: a peer that is declared otherwise is another peer, and who is declared no longer asks for nothing.</summary>
    private void FollowFile()
    {
        if (ReferenceEquals(file, node.Node))
        {
            return;
        }
        file = node.Node;
        foreach (var gone in accounts.Values.Where(one => !file.Peers.Contains(one.Declaration)).ToList())
        {
            accounts.Remove(gone.Declaration.Name);
            gone.Link?.End(DeclaredOtherwise);
            var renewed = file.Peers.FirstOrDefault(one => one.Name == gone.Declaration.Name && one.Certificate == gone.Declaration.Certificate);
            if (renewed is not null)
            {
                var account = Add(renewed);
                account.Keeping.Restore(gone.Keeping.Held, gone.Keeping.Until ?? default, Passed);
                account.Certified = gone.Certified;
            }
            else if (gone.Keeping.Held.Count > 0)
            {
                Drop(gone.Declaration.Name, Undeclared(gone.Declaration.Certificate));
            }
            (areSetsOthers, areLinksOthers) = (true, true);
        }
        foreach (var declared in file.Peers.Where(one => !accounts.ContainsKey(one.Name)))
        {
            Add(declared);
        }
        foreach (var account in accounts.Values)
        {
            // Paths may bear other numbers now.
            account.JudgeAgain();
        }
        areSetsOthers = true;
    }

    private PeerAccount Add(PeerDeclaration declared)
    {
        var account = new PeerAccount(declared, jitter.NextDouble) { DialAt = declared.Host is null ? null : Passed };
        accounts.Add(declared.Name, account);
        return account;
    }

    private void Take(PeerEvent happened)
    {
        // Whoever comes now was admitted by the file of now.
        FollowFile();
        var now = Passed;
        switch (happened)
        {
            case PeerEvent.Nudge:
                break;
            case PeerEvent.Opened(var link):
                if (accounts.GetValueOrDefault(link.Peer) is { } called)
                {
                    called.Defect = null;
                    Contained(called, link, () => Open(called, link, now));
                }
                else
                {
                    link.End("it is no peer of this node");
                }
                break;
            case PeerEvent.Heard(var link, var message) heard:
                if (accounts.GetValueOrDefault(link.Peer) is { } account && account.Link == link)
                {
                    account.HeardAt = now;
                    Contained(account, link, () => Hear(account, link, message, now));
                }
                heard.Taken.SetResult();
                break;
            case PeerEvent.Ended(var link):
                Close(link, now);
                break;
            case PeerEvent.Unreached(var peer, var why):
                if (accounts.GetValueOrDefault(peer.Name) is { Link: null } missed && missed.Declaration == peer)
                {
                    Fail(missed, why, now);
                }
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Does what is due, and says when the next is.</summary>
    private TimeSpan Round(TimeSpan now, CancellationToken cancellationToken)
    {
        FollowFile();
        CheckCertificates(now);
        foreach (var account in accounts.Values)
        {
            Contained(account, account.Link, () => End(account, now));
            if (account.DialAt <= now)
            {
                // Without a certificate that can be read there is nobody to call as.
                account.DialAt = admission.Credentials is null ? now + RedialPace.First : null;
                _ = admission.Credentials is { } credentials ? DialAsync(account.Declaration, credentials, cancellationToken) : Task.CompletedTask;
            }
        }
        if (areSetsOthers)
        {
            foreach (var account in accounts.Values)
            {
                Judge(account);
            }
        }
        Publish();
        var decided = loop.Current;
        var due = now + TimeSpan.FromMinutes(1);
        foreach (var account in accounts.Values)
        {
            Contained(account, account.Link, () =>
            {
                due = Earlier(due, PeerAsks.Ask(account, decided, now, time.GetUtcNow()));
                asks.Report(account, decided);
            });
            due = Earlier(Earlier(due, account.Keeping.Until), account.DialAt);
            if (account.HeardAt + (account.Link is null ? account.LeaseThere : account.Declaration.Lease) is { } silent && silent > now)
            {
                due = Earlier(due, silent);
            }
        }
        Show();
        return Earlier(due, accounts.Values.Any(one => one.Link is not null) ? checkAt : null);
    }

    /// <summary>Shows how this node stands to its peers, and tells those who watch what is other than before.</summary>
    private void Show()
    {
        var before = standing.Current;
        var states = before.ToDictionary(one => one.Peer.Name);
        foreach (var account in accounts.Values)
        {
            Contained(account, account.Link, () => states[account.Declaration.Name] = PeerAsks.Show(account, Dated));
        }
        standing.Current = file.Peers.Select(one => states.GetValueOrDefault(one.Name)).OfType<PeerStanding.State>().ToEquatableArray();
        foreach (var change in PeerChanges.Between(before, standing.Current))
        {
            stream.Peer(change);
        }
    }

    /// <summary>Ends what has gone on for too long without a word.</summary>
    private void End(PeerAccount account, TimeSpan now)
    {
        if (account.Keeping.Expire(now))
        {
            areSetsOthers = true;
            Drop(account.Declaration.Name, "the peer was silent for its lease");
        }
        if (account.Link is null && now >= account.HeardAt + account.LeaseThere)
        {
            account.Sending.Expire();
            account.Told = [];
        }
        if (account.Link is { } link && now >= account.HeardAt + account.Declaration.Lease)
        {
            link.End("it is silent");
        }
    }

    /// <summary>Takes what a peer asked for off the disk, and tells why it counts no longer.</summary>
    private void Drop(string peer, string why)
    {
        Guarded(() => store.ForgetPeerRules(peer));
        audit.Add(new(default, peer, "", "peer rules", "", AuditOutcome.Expired, why), isOften: false);
        Log.PeerExpired(log, peer, why);
    }

    private static string Undeclared(string certificate) => $"the node file has no such peer with the certificate '{ForeignText.Show(certificate)}' any more";

    /// <summary>Judges what a peer asks and has not been judged yet, and tells of what is rejected.</summary>
    private void Judge(PeerAccount account)
    {
        var name = account.Declaration.Name;
        foreach (var one in account.Judge(file, time.GetUtcNow()).Where(one => one.Fault is not null))
        {
            if (one.Defect is not null)
            {
                Log.PeerDefect(log, name, one.Defect);
            }
            account.Refusals++;
            audit.Add(new(default, name, account.Link?.Endpoint ?? "", "peer rule", one.Rule?.Name ?? "", AuditOutcome.Refused, one.Fault!), isOften: true);
        }
    }

    private void Publish()
    {
        if (areSetsOthers)
        {
            var sets = accounts.Values.SelectMany(one => one.Sets).ToEquatableArray();
            loop.Post(inputs => inputs with { PeerSets = sets });
        }
        if (areLinksOthers)
        {
            var connected = accounts.Values.Where(one => one.IsConnected).Select(one => one.Declaration.Name).Order(StringComparer.Ordinal).ToEquatableArray();
            if (connected != loop.Inputs.ConnectedPeers)
            {
                loop.Post(inputs => inputs with { ConnectedPeers = connected });
            }
        }
        (areSetsOthers, areLinksOthers) = (false, false);
    }

    private void Guarded(Action keep)
    {
        try
        {
            keep();
        }
        catch (StoreException failed)
        {
            // What counts is right all the same; only after a restart will it be what was kept last, until its lease ends.
            Log.StoreFailed(log, failed.Message);
        }
    }

    /// <summary>The time of the day when it is, or was, so late by <see cref="Passed"/>.</summary>
    private DateTimeOffset Dated(TimeSpan at) => time.GetUtcNow() + (at - Passed);

    private static TimeSpan Earlier(TimeSpan one, TimeSpan? other) => other < one ? other.Value : one;
}
