using Waymark.Daemon.Audit;
using Waymark.Daemon.Store;
using Waymark.Exchange.Wire;
using Waymark.Peers;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Peers;

/// <summary>What comes over connections: who may stay of two, terms, inventories, updates, reports.</summary>
internal sealed partial class PeerService
{
    private void Open(PeerAccount account, PeerLink link, TimeSpan now)
    {
        if (link.Declaration != account.Declaration)
        {
            // It was under way when the node file changed: whom it was admitted as is nobody now.
            link.End(DeclaredOtherwise);
            return;
        }
        if (account.Link is { } other)
        {
            // Both have called at once: both ends see the same two keys, and so agree which stays. Of two by the same caller the newer does: the older is one that he has given up.
            var isOursToStay = admission.Credentials is { } own && string.CompareOrdinal(PeerLink.HolderOf(own.Own), link.Holder) < 0;
            if (other.IsOurs != link.IsOurs && other.IsOurs == isOursToStay)
            {
                link.End("another connection stays");
                return;
            }
            other.End("a newer connection stays");
            Forget(account);
        }
        (account.Link, account.HeardAt, account.DialAt) = (link, now, null);
        link.Send(PeerTranslation.Hello(file.Name ?? Environment.MachineName, account.Declaration.Lease, PeerRights.Verified(account.Declaration, link.Certified)));
        link.Send(PeerTranslation.Inventory(account.Keeping.Held.Select(rule => rule.Digest)));
    }

    private void Hear(PeerAccount account, PeerLink link, V1.PeerMessage message, TimeSpan now)
    {
        if (account.Terms is null != message.KindCase is V1.PeerMessage.KindOneofCase.Hello)
        {
            link.End(account.Terms is null ? "it does not say who it is first" : "it says twice who it is");
            return;
        }
        switch (message.KindCase)
        {
            case V1.PeerMessage.KindOneofCase.Hello:
                var (terms, fault) = PeerTranslation.ToCore(message.Hello);
                if (terms is null)
                {
                    link.End(fault!);
                    return;
                }
                (account.Terms, account.Node, account.LeaseThere, account.Since, account.Fault) = (terms, terms.Node, terms.Lease, now, "");
                (account.Granted, account.ToldBy) = (terms.Granted, now + PeerAsks.TellingTime);
                if (account.Certified != link.Certified)
                {
                    account.Certified = link.Certified;
                    account.JudgeAgain();
                }
                (areLinksOthers, areSetsOthers) = (true, true);
                account.Connections++;
                Log.PeerConnected(log, account.Declaration.Name, link.Endpoint);
                break;
            case V1.PeerMessage.KindOneofCase.Inventory:
                if (PeerTranslation.Digests(message.Inventory.Rules) is not { } held || held.Count > RuleKeeping.MostRules)
                {
                    link.End("its inventory is none");
                    return;
                }
                account.KeepAliveAt = account.Sending.IsKnown ? account.KeepAliveAt : now;
                account.Sending.Learn(held);
                break;
            case V1.PeerMessage.KindOneofCase.Update:
                Update(account, link, message.Update, now);
                break;
            case V1.PeerMessage.KindOneofCase.Reports:
                foreach (var report in PeerTranslation.ToCore(message.Reports))
                {
                    account.Sending.Note(report);
                }
                break;
            case V1.PeerMessage.KindOneofCase.SharedPaths:
                (account.Told, account.ToldBy) = (PeerTranslation.ToCore(message.SharedPaths, account.Declaration.Name, time.GetUtcNow()), null);
                break;
            case V1.PeerMessage.KindOneofCase.KeepAlive:
                KeepAlive(account, link, message.KeepAlive, now);
                break;
            default:
                // Of a newer version.
                break;
        }
    }

    private void Update(PeerAccount account, PeerLink link, V1.Update message, TimeSpan now)
    {
        var (before, until) = (account.Keeping.Held, account.Keeping.Until);
        if (PeerTranslation.ToCore(message) is not { } update || account.Keeping.Take(update, now) is not { } change)
        {
            account.Refusals++;
            audit.Add(new(default, account.Declaration.Name, link.Endpoint, "peer rules", "", AuditOutcome.Refused, $"more than {RuleKeeping.MostRules} rules, or too large ones"), isOften: true);
            link.End($"it asks for more than {RuleKeeping.MostRules} rules, or for rules that are too large");
            return;
        }
        if (change.IsEmpty)
        {
            KeepLease(account);
            return;
        }
        try
        {
            var kept = Dated(account.Keeping.Until ?? now);
            store.KeepPeerRules(account.Declaration, change, kept, account.Certified);
            account.KeptUntil = kept;
        }
        catch (Exception failed)
        {
            // Not on the disk, so it does not count: the peer hears it by the end of the connection, and asks again.
            account.Keeping.Restore(before, until ?? now, now);
            if (failed is not StoreException)
            {
                throw;
            }
            Log.StoreFailed(log, failed.Message);
            link.End("what it asks cannot be kept at the moment");
            return;
        }
        Judge(account);
        audit.Add(new(default, account.Declaration.Name, link.Endpoint, "peer rules", "", AuditOutcome.Accepted,
            $"{change.Put.Count(rule => account.Judged[rule.Digest].Fault is null)} new, {change.Removed.Count} taken back, {account.Keeping.Held.Count} in all"), isOften: true);
        areSetsOthers = true;
    }

    private void KeepAlive(PeerAccount account, PeerLink link, V1.KeepAlive message, TimeSpan now)
    {
        account.Keeping.Renew(now);
        KeepLease(account);
        if (RuleDigest.TryRead(message.Rules.Span, out var all) && all != account.Keeping.Digest)
        {
            link.Send(PeerTranslation.Inventory(account.Keeping.Held.Select(rule => rule.Digest)));
        }
    }

    /// <summary>Keeps on the disk until when the rules live: not with every word, each of which would be a write that is waited for. After a restart they end a little earlier than they would have.</summary>
    private void KeepLease(PeerAccount account)
    {
        if (account.Keeping.Until is { } lives && Dated(lives) is var until && (until - account.KeptUntil).Duration() >= account.Declaration.Lease / 6)
        {
            Guarded(() =>
            {
                store.KeepPeerLease(account.Declaration.Name, until);
                account.KeptUntil = until;
            });
        }
    }
}
