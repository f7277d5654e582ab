namespace Waymark.Peers;

/// <summary>
/// The asker's end of keeping a peer's rules as they are wanted (COPS: synchronisation, RFC 2748 section 3.9).
/// <code>
///            Learn(inventory)
///   lost ------------------------> known: Take() gives the difference, once
///    ^                                |
///    '---------- Lose() --------------'   the connection ended: what arrived of it is not known
/// </code>
/// No clock, no connection. Used by one thread.
/// </summary>
public sealed class RuleSending
{
    private readonly SortedDictionary<RuleDigest, RuleBytes> wanted = [];
    private readonly Dictionary<RuleDigest, RuleReport> reports = [];
    private HashSet<RuleDigest>? there;
    private bool isExpired;

    /// <summary>How many rules are wanted.</summary>
    public int Count => wanted.Count;

    /// <summary>Whether it is known what the peer holds.</summary>
    public bool IsKnown => there is not null;

    /// <summary>The digest of all that the peer holds by now, as far as it is known: what is wanted, once that was taken.</summary>
    public RuleDigest Digest => RuleDigest.OfAll(there ?? []);

    /// <summary>Replaces what is wanted.</summary>
    public void Want(IEnumerable<RuleBytes> rules)
    {
        wanted.Clear();
        foreach (var rule in rules)
        {
            wanted[rule.Digest] = rule;
        }
        foreach (var gone in reports.Keys.Where(one => !wanted.ContainsKey(one)).ToList())
        {
            reports.Remove(gone);
        }
    }

    /// <summary>The peer has said what it holds.</summary>
    public void Learn(IEnumerable<RuleDigest> held) => (there, isExpired) = ([.. held], false);

    /// <summary>The connection has ended.</summary>
    public void Lose() => there = null;

    /// <summary>What has to change at the peer, which counts as done; null: nothing, or it is not known what it holds.</summary>
    public RuleUpdate? Take()
    {
        if (there is null)
        {
            return null;
        }
        var update = new RuleUpdate(
            wanted.Values.Where(rule => !there.Contains(rule.Digest)).ToEquatableArray(), there.Where(one => !wanted.ContainsKey(one)).Order().ToEquatableArray());
        if (update.IsEmpty)
        {
            return null;
        }
        there = [.. wanted.Keys];
        return update;
    }

    /// <summary>The peer says what became of a rule; of one that is no longer wanted it says nothing.</summary>
    public void Note(RuleReport report)
    {
        if (wanted.ContainsKey(report.Rule))
        {
            reports[report.Rule] = report;
        }
    }

    /// <summary>The peer has not been heard of for as long as its lease: what it said of rules is over, and it holds none, whatever is wanted of it until it says again what it holds.</summary>
    public void Expire()
    {
        reports.Clear();
        isExpired = true;
    }

    /// <summary>What became of a rule, as far as it is known.</summary>
    public RuleReport Of(RuleDigest rule) => reports.GetValueOrDefault(rule) ?? new(rule, isExpired ? RuleState.Expired : RuleState.Asked, "");

    /// <summary>What became of each, in order of digest.</summary>
    public IEnumerable<RuleReport> Reports => wanted.Keys.Select(Of);
}
