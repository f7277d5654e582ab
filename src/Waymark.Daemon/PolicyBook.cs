using System.Text;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.NodeReading;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Store;
using Waymark.Flows;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.Policies;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon;

/// <summary>
/// Module E's memory: every accepted set, from files and from requesters, and who may ask for what. A change is on the disk before it is in force, and in force before
/// it is answered.
/// </summary>
internal sealed class PolicyBook(DaemonOptions options, StateStore store, ReconcileLoop loop, EventStream events, TimeProvider time, ILogger<PolicyBook> log) : IDisposable
{
    private readonly Lock gate = new();
    private CancellationTokenSource nodeChange = new();
    private Dictionary<string, (PolicySet Set, DateTimeOffset At)> files = new(StringComparer.Ordinal);
    private List<StoredSet> accepted = [];

    /// <summary>The node file in force.</summary>
    public NodeFile Node { get; private set; } = NodeFile.Default;

    /// <summary>Cancelled when <see cref="Node"/> has become another; the one after it is here then. Take it before the file.</summary>
    public CancellationToken NodeChange => nodeChange.Token;

    /// <summary>Whether the node file exists.</summary>
    public bool HasNodeFile { get; private set; }

    /// <summary>Whose sets are files of the policy directory.</summary>
    public bool IsFile(string requester, string name) => requester == FileOwner.Name && files.ContainsKey(name);

    /// <summary>Reads everything at start; throws <see cref="RefusedException"/> where the node file has mistakes and never had none.</summary>
    public void Load()
    {
        lock (gate)
        {
            try
            {
                ReadNodeFile();
            }
            catch (RefusedException) when (store.NodeFile() is { } text && NodeLanguage.Parse(Encoding.UTF8.GetBytes(text), options.NodeFile).File is { } good)
            {
                // A slip of the pen before a reboot must not leave the node without its policies; least of all those that are strict at boot.
                Node = good;
                Log.NodeFileRefused(log, options.NodeFile);
            }
            accepted = [.. store.Sets(out var broken)];
            foreach (var set in broken)
            {
                Log.StoredSetBroken(log, set);
            }
            ReadFiles();
            Publish();
        }
    }

    /// <summary>Reads the node file and the policy directory again; warnings and the names of the sets. Throws <see cref="RefusedException"/>, and nothing has changed.</summary>
    public (IReadOnlyList<Diagnostic> Diagnostics, IReadOnlyList<string> Sets) Reload()
    {
        lock (gate)
        {
            var before = Node;
            var warnings = ReadNodeFile().ToList();
            warnings.AddRange(KeepTerritory(before));
            var found = ReadFiles();
            Publish();
            if (Node != before)
            {
                Interlocked.Exchange(ref nodeChange, new()).Cancel();
            }
            if (found.Any(one => one.Severity == Severity.Error))
            {
                throw new RefusedException("a policy file has mistakes; what it said before stays in force, the other files are in force as they are now", [.. found]);
            }
            return ([.. warnings, .. found], [.. files.Keys.Order(StringComparer.Ordinal)]);
        }
    }

    /// <summary>Takes what the resolver says of domains now; rights and sets may speak of them.</summary>
    public void Learn(NodeNames names)
    {
        lock (gate)
        {
            loop.Post(inputs => inputs with { Names = names });
            Publish();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => nodeChange.Dispose();

    /// <summary>Who a local user is here; throws <see cref="RefusedException"/> where nobody.</summary>
    public RequesterDeclaration RequesterOf(uint user)
    {
        var names = loop.Inputs.Names;
        var name = names.Users.FirstOrDefault(one => one.Value == user).Key ?? (user == 0 ? "root" : null);
        foreach (var requester in Node.Requesters)
        {
            if (requester.User is { } known && (known == name || known == user.ToString(System.Globalization.CultureInfo.InvariantCulture)))
            {
                return requester;
            }
        }
        throw new RefusedException($"user '{name ?? user.ToString(System.Globalization.CultureInfo.InvariantCulture)}' is no requester of this node: "
            + $"its administrator can add 'requester {name ?? "NAME"} {{ user {name ?? "NAME"}; rank 10; may flows by user {name ?? "NAME"}; }}' to {options.NodeFile}", [], isForbidden: true);
    }

    /// <summary>Accepts a set; false where it was the same as before. Throws <see cref="RefusedException"/> where it may not be asked for.</summary>
    public bool Accept(RequesterDeclaration requester, string name, PolicySet set)
    {
        lock (gate)
        {
            CheckName(name);
            CheckRights(requester, set);
            if (IsFile(requester.Name, name))
            {
                throw new RefusedException($"'{name}' is a file of {options.PolicyDirectory}: edit it there and run 'waymark reload', or take another name", []);
            }
            if (accepted.Any(one => one.Requester == requester.Name && one.Name == name && one.Set == set))
            {
                return false;
            }
            var now = time.GetUtcNow();
            store.Change(requester.Name, name, set, now);
            accepted.RemoveAll(one => one.Requester == requester.Name && one.Name == name);
            accepted.Add(new(requester.Name, name, set, now));
            Announce(V1.PolicySetEventKind.Accepted, requester.Name, name, "applied");
            return true;
        }
    }

    /// <summary>Takes a set back; throws <see cref="RefusedException"/> where there is none, or it is another's.</summary>
    public void Withdraw(RequesterDeclaration caller, string requester, string name)
    {
        lock (gate)
        {
            if (requester != caller.Name && !caller.MayAny)
            {
                throw new RefusedException($"'{caller.Name}' may not withdraw sets of '{requester}'", [], isForbidden: true);
            }
            if (IsFile(requester, name))
            {
                throw new RefusedException($"'{name}' is a file of {options.PolicyDirectory}: remove it there and run 'waymark reload'", []);
            }
            if (!accepted.Any(one => one.Requester == requester && one.Name == name))
            {
                var known = accepted.Where(one => one.Requester == requester).Select(one => one.Name).ToList();
                throw new RefusedException($"'{requester}' has no policy set '{name}'{(known.Count == 0 ? "" : "; it has " + string.Join(", ", known))}", [], isMissing: true);
            }
            store.Change(requester, name, null, time.GetUtcNow());
            accepted.RemoveAll(one => one.Requester == requester && one.Name == name);
            Announce(V1.PolicySetEventKind.Withdrawn, requester, name, "withdrew");
        }
    }

    /// <summary>Takes the requester's last change back; throws <see cref="RefusedException"/> where there is none.</summary>
    public (string Name, bool IsInForce) Undo(RequesterDeclaration requester)
    {
        lock (gate)
        {
            var undone = store.Undo(requester.Name) ?? throw new RefusedException($"'{requester.Name}' has no change to undo", [], isMissing: true);
            accepted = [.. store.Sets(out _)];
            Announce(V1.PolicySetEventKind.Undone, requester.Name, undone.Name, "undid its change of");
            return undone;
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
                CheckRights(requester, set);
            }
            var now = time.GetUtcNow();
            return loop.Inputs.Sets.Where(one => one.Requester.Name != requester.Name || one.Name != name)
                .Concat(set is null ? [] : [new AcceptedPolicySet(new(requester.Name, requester.Rank), name, set, now, [])]).ToEquatableArray();
        }
    }

    private RequesterDeclaration FileOwner => Node.Requesters.FirstOrDefault(one => one.User == "root") ?? new("root", 0) { User = "root", MayAny = true };

    private EquatableArray<Diagnostic> ReadNodeFile()
    {
        HasNodeFile = System.IO.File.Exists(options.NodeFile);
        if (!HasNodeFile)
        {
            Node = NodeFile.Default;
            return [];
        }
        byte[] text;
        try
        {
            text = System.IO.File.ReadAllBytes(options.NodeFile);
        }
        catch (Exception unreadable) when (unreadable is System.IO.IOException or UnauthorizedAccessException)
        {
            throw new RefusedException($"the node file cannot be read, and nothing was changed: {unreadable.Message}", []);
        }
        var parse = NodeLanguage.Parse(text, options.NodeFile);
        foreach (var diagnostic in parse.Diagnostics)
        {
            Log.Diagnosed(log, diagnostic.ToString());
        }
        Node = parse.File ?? throw new RefusedException("the node file has mistakes; nothing was changed", parse.Diagnostics);
        KeepNodeFile(Encoding.UTF8.GetString(text));
        return parse.Diagnostics;
    }

    private void KeepNodeFile(string text)
    {
        try
        {
            if (text != store.NodeFile())
            {
                store.KeepNodeFile(text);
            }
        }
        catch (StoreException failed)
        {
            // The file itself is what counts; only if its next version has mistakes at a start will this one be missed.
            Log.StoreFailed(log, failed.Message);
        }
    }

    /// <summary>What bears our marks and stands in our tables cannot change its numbers under way: those of the start stay until the next one.</summary>
    private IEnumerable<Diagnostic> KeepTerritory(NodeFile before)
    {
        var kept = Node with { FirewallMark = before.FirewallMark, ConntrackMark = before.ConntrackMark, Tables = before.Tables, Priorities = before.Priorities };
        if (kept != Node)
        {
            Node = kept;
            var warning = new Diagnostic("WAY2011", Severity.Warning, options.NodeFile, 0, 0, 1, "other mark bits, tables or priorities count from the next start on",
                "stop waymarkd, run 'waymarkd erase' so that nothing is left under the old ones, and start it again");
            Log.Diagnosed(log, warning.ToString());
            yield return warning;
        }
    }

    /// <summary>Each file that can be read counts; of one that cannot, its last good version.</summary>
    private List<Diagnostic> ReadFiles()
    {
        var now = time.GetUtcNow();
        var found = new Dictionary<string, (PolicySet Set, DateTimeOffset At)>(StringComparer.Ordinal);
        var diagnostics = new List<Diagnostic>();
        var present = System.IO.Directory.Exists(options.PolicyDirectory)
            ? System.IO.Directory.GetFiles(options.PolicyDirectory, "*.way").Order(StringComparer.Ordinal).ToList() : [];
        foreach (var file in present)
        {
            var name = System.IO.Path.GetFileName(file);
            PolicyParse parse;
            try
            {
                parse = PolicyLanguage.Parse(System.IO.File.ReadAllBytes(file), file);
            }
            catch (Exception unreadable) when (unreadable is System.IO.IOException or UnauthorizedAccessException)
            {
                parse = new(null, [new("WAY0013", Severity.Error, file, 1, 1, 1, unreadable.Message, null)]);
            }
            diagnostics.AddRange(parse.Diagnostics);
            foreach (var diagnostic in parse.Diagnostics)
            {
                Log.Diagnosed(log, diagnostic.ToString());
            }
            if (parse.Set is { } set)
            {
                if (files.TryGetValue(name, out var old) && old.Set == set)
                {
                    found[name] = old;
                    continue;
                }
                KeepFileSet(name, set);
                found[name] = (set, now);
                continue;
            }
            Log.FileRefused(log, file);
            events.PolicySet(V1.PolicySetEventKind.Refused, FileOwner.Name, name, parse.Diagnostics);
            if (store.FileSet(name) is { } good)
            {
                found[name] = (good, now);
            }
        }
        foreach (var gone in store.FileSets().Where(name => !present.Any(file => System.IO.Path.GetFileName(file) == name)))
        {
            KeepFileSet(gone, null);
        }
        files = found;
        return diagnostics;
    }

    private void KeepFileSet(string name, PolicySet? set)
    {
        try
        {
            store.KeepFileSet(name, set);
        }
        catch (StoreException failed)
        {
            // The file itself is what counts; only if its next version has mistakes and we are started anew will this one be missed.
            Log.StoreFailed(log, failed.Message);
        }
    }

    private void Announce(V1.PolicySetEventKind kind, string requester, string name, string verb)
    {
        Publish();
        Log.SetChanged(log, requester, verb, name);
        events.PolicySet(kind, requester, name, []);
    }

    private void Publish()
    {
        var owner = FileOwner;
        var sets = files.OrderBy(one => one.Key, StringComparer.Ordinal)
            .Select(one => Accepted(owner, one.Key, one.Value.Set, one.Value.At))
            .Concat(accepted.Where(one => !IsFile(one.Requester, one.Name)).Select(one =>
                Accepted(Node.Requesters.FirstOrDefault(known => known.Name == one.Requester), one.Name, one.Set, one.AcceptedAt, one.Requester)))
            .OfType<AcceptedPolicySet>().ToEquatableArray();
        var node = Node;
        loop.Post(inputs => inputs with { Sets = sets, Node = node, Names = NodeNamesReading.Read(inputs.Names.Domains) });
    }

    /// <summary>A set as the decision takes it; null where its requester no longer is one, or may not ask for it any more: it stays in the store.</summary>
    private AcceptedPolicySet? Accepted(RequesterDeclaration? requester, string name, PolicySet set, DateTimeOffset at, string? missing = null)
    {
        if (requester is null)
        {
            Log.Diagnosed(log, $"the policy set '{name}' of '{missing}' is not in force: the node file names no such requester any more");
            return null;
        }
        try
        {
            CheckRights(requester, set, isAgain: true);
        }
        catch (RefusedException refused)
        {
            // The node file may say otherwise now than when the set was accepted. It stays in the store.
            Log.Diagnosed(log, $"the policy set '{name}' of '{requester.Name}' is not in force: {refused.Message}");
            return null;
        }
        try
        {
            return new(new(requester.Name, requester.Rank), name, set, at, store.FirstAccepted(requester.Name, name, set, at));
        }
        catch (StoreException failed)
        {
            // Lifetimes count from the set's own time, which is the same unless it has had another version.
            Log.StoreFailed(log, failed.Message);
            return new(new(requester.Name, requester.Rank), name, set, at, []);
        }
    }

    private static void CheckName(string name)
    {
        if (name.Length is 0 or > 255 || name.Any(c => c == '/' || char.IsControl(c)))
        {
            throw new RefusedException("the name of a policy set has 1 to 255 characters, none of them '/' or a control character", []);
        }
    }

    /// <summary>Throws <see cref="RefusedException"/> where the set asks for more than the requester may.</summary>
    /// <param name="requester">Who asks.</param>
    /// <param name="set">For what.</param>
    /// <param name="isAgain">Whether it was allowed when it was accepted: that counts until it can be told what the rights mean now.</param>
    private void CheckRights(RequesterDeclaration requester, PolicySet set, bool isAgain = false)
    {
        if (requester.MayAny)
        {
            return;
        }
        var names = loop.Inputs.Names;
        var rights = FlowResolution.Resolve(requester.MayFlows, [], names);
        if (isAgain && !rights.Problems.IsEmpty)
        {
            // After a start no domain has been resolved yet.
            return;
        }
        var merged = ConditionDecision.PolicyMerge.Merge([new(new(requester.Name, requester.Rank), "", set, DateTimeOffset.UnixEpoch, [])], names);
        foreach (var policy in merged.Policies)
        {
            if (!rights.Selector.Contains(policy.Flows.Selector))
            {
                throw new RefusedException(
                    $"line {policy.Policy.Place.Line}: '{requester.Name}' may ask for '{PolicyPrinter.Print(requester.MayFlows)}' only, and '{PolicyPrinter.Print(policy.Policy.Flows)}' is more than that", [], isForbidden: true);
            }
        }
    }
}

/// <summary>A requester's mistake: what was asked for was not done, and nothing has changed.</summary>
internal sealed class RefusedException(string message, EquatableArray<Diagnostic> diagnostics, bool isForbidden = false, bool isMissing = false) : Exception(message)
{
    public EquatableArray<Diagnostic> Diagnostics { get; } = diagnostics;

    public bool IsForbidden { get; } = isForbidden;

    public bool IsMissing { get; } = isMissing;
}
