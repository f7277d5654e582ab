using Waymark.Daemon.Store;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.Policies;

namespace Waymark.Daemon.Requests;

/// <summary>What the loop is told: each accepted set with the rank of its requester, where he still may ask for it.</summary>
internal sealed partial class PolicyBook
{
    /// <summary>What came of each set (the same object) when all were last looked at, and by which node file and names: while these are the same, of a thousand sets only what has changed is looked at again.</summary>
    private Dictionary<PolicySet, Looked> looked = [];
    private (NodeFile File, NodeNames Names)? lookedBy;

    /// <summary>What the loop was told last.</summary>
    private EquatableArray<AcceptedPolicySet> published = [];

    /// <summary>Tells the loop of one set, where all else is as it was told last.</summary>
    private ulong Publish(string owner, string name)
    {
        if (lookedBy is not { } by || !ReferenceEquals(by.File, node.Node) || !ReferenceEquals(by.Names, accounts.With(loop.Inputs.Names.Domains)) || looked.Count > 2 * (accepted.Count + held.Count + directory.Files.Count))
        {
            return Publish();
        }
        var now = IsFile(owner, name) ? Accepted(looked, rights.FileOwner, name, directory.Files[name].Set, directory.Files[name].At)
            : held.TryGetValue((owner, name), out var lease) ? Accepted(looked, rights.Find(owner), name, lease.Set, lease.At, owner, lease.Since)
            : accepted.Find(one => one.Requester == owner && one.Name == name) is { } stored ? Accepted(looked, rights.Find(owner), name, stored.Set, stored.AcceptedAt, owner)
            : null;
        if (published.FirstOrDefault(one => one.Requester.Name == owner && one.Name == name) is { } before && !ReferenceEquals(before.Set, now?.Set))
        {
            looked.Remove(before.Set);
        }
        return Tell([.. published.Where(one => one.Requester.Name != owner || one.Name != name), .. now is null ? Array.Empty<AcceptedPolicySet>() : [now]], by.File);
    }

    private ulong Tell(EquatableArray<AcceptedPolicySet> sets, NodeFile file)
    {
        published = sets;
        return loop.Post(inputs => inputs with { Sets = sets, Node = file });
    }

    /// <summary>Tells it of all sets.</summary>
    private ulong Publish()
    {
        var (owner, file, names) = (rights.FileOwner, node.Node, accounts.With(loop.Inputs.Names.Domains));
        if (!ReferenceEquals(names, loop.Inputs.Names))
        {
            // Rights may speak of them.
            loop.Post(inputs => inputs with { Names = names });
        }
        var before = lookedBy is { } by && ReferenceEquals(by.File, file) && ReferenceEquals(by.Names, names) ? looked : [];
        (looked, lookedBy) = (new(before.Count + 1, ReferenceEqualityComparer.Instance), (file, names));
        // What is held lies over what an undoing brings back.
        var sets = directory.Files.Select(one => Accepted(before, owner, one.Key, one.Value.Set, one.Value.At))
            .Concat(accepted.Where(one => !IsFile(one.Requester, one.Name) && !held.ContainsKey((one.Requester, one.Name))).Select(one => Accepted(before, rights.Find(one.Requester), one.Name, one.Set, one.AcceptedAt, one.Requester)))
            .Concat(held.Values.Where(one => !IsFile(one.Requester, one.Name)).Select(one => Accepted(before, rights.Find(one.Requester), one.Name, one.Set, one.At, one.Requester, one.Since)))
            .OfType<AcceptedPolicySet>().ToEquatableArray();
        return Tell(sets, file);
    }

    /// <summary>A set as the decision takes it; null where its requester no longer is one, or may not ask for it any more: it stays in the store.</summary>
    private AcceptedPolicySet? Accepted(
        Dictionary<PolicySet, Looked> before, RequesterDeclaration? requester, string name, PolicySet set, DateTimeOffset at, string? missing = null, EquatableArray<KeyValuePair<Policy, DateTimeOffset>>? since = null)
    {
        if (requester is null)
        {
            Log.Diagnosed(log, $"the policy set '{name}' of '{missing}' is not in force: the node file names no such requester any more");
            return null;
        }
        if (before.TryGetValue(set, out var known) && known.Requester == requester.Name && known.Name == name && known.At == at && known.Since == since)
        {
            looked[set] = known;
            return known.Found;
        }
        try
        {
            rights.Check(requester, set, isAgain: true);
        }
        catch (RefusedException refused)
        {
            // The node file may say otherwise now than when the set was accepted. It stays in the store.
            Log.Diagnosed(log, $"the policy set '{name}' of '{requester.Name}' is not in force: {refused.Message}");
            looked[set] = new(requester.Name, name, at, since, null);
            return null;
        }
        try
        {
            var found = new AcceptedPolicySet(new(requester.Name, requester.Rank), name, set, at, since ?? store.FirstAccepted(requester.Name, name, set, at));
            looked[set] = new(requester.Name, name, at, since, found);
            return found;
        }
        catch (StoreException failed)
        {
            // Lifetimes count from the set's own time, which is the same unless it has had another version.
            Log.StoreFailed(log, failed.Message);
            // The next change looks at all of them again.
            lookedBy = null;
            return new(new(requester.Name, requester.Rank), name, set, at, []);
        }
    }

    /// <summary>What came of a set.</summary>
    /// <param name="Requester">Whose it is.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="At">When it was accepted.</param>
    /// <param name="Since">When its policies were, where that is not in the store.</param>
    /// <param name="Found">As the decision takes it; null: it is not in force.</param>
    private sealed record Looked(string Requester, string Name, DateTimeOffset At, EquatableArray<KeyValuePair<Policy, DateTimeOffset>>? Since, AcceptedPolicySet? Found);
}
