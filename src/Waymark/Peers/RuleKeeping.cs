namespace Waymark.Peers;

/// <summary>
/// The other end: the rules that one peer has asked for, and until when they live without a word from it. They outlive its connection, and their lease ends them whatever else happens. No clock, no connection. Used by one thread.
/// Times are what has passed since some moment, by a clock that nobody sets: the time of the day may go back and forth meanwhile.
/// </summary>
/// <param name="lease">How long they live from each word on; more than nothing.</param>
public sealed class RuleKeeping(TimeSpan lease)
{
    /// <summary>The most rules of one peer.</summary>
    public const int MostRules = 500;

    /// <summary>The largest rule in bytes: some thousand prefixes.</summary>
    public const int MostBytes = 64 << 10;

    /// <summary>The largest of all rules of one peer together, in bytes.</summary>
    public const int MostBytesTogether = 2 << 20;

    private SortedDictionary<RuleDigest, RuleBytes> held = [];

    /// <summary>The rules, in order of digest.</summary>
    public IReadOnlyCollection<RuleBytes> Held => held.Values;

    /// <summary>When they end; null: there is none.</summary>
    public TimeSpan? Until { get; private set; }

    /// <summary>The digest of all of them.</summary>
    public RuleDigest Digest => RuleDigest.OfAll(held.Keys);

    /// <summary>Takes over what an earlier life held, until when that said, but no longer than for a lease from now.</summary>
    public void Restore(IEnumerable<RuleBytes> rules, TimeSpan until, TimeSpan now)
    {
        held = new(rules.ToDictionary(rule => rule.Digest));
        Until = held.Count == 0 ? null : until > now + lease ? now + lease : until;
    }

    /// <summary>Takes an update, all or nothing; gives what of it is a change, or null where it would be too much. Taking away what is not there is no mistake, putting what is there neither.</summary>
    public RuleUpdate? Take(RuleUpdate update, TimeSpan now)
    {
        var next = new SortedDictionary<RuleDigest, RuleBytes>(held);
        foreach (var gone in update.Removed)
        {
            next.Remove(gone);
        }
        foreach (var rule in update.Put)
        {
            next[rule.Digest] = rule;
        }
        if (next.Count > MostRules || update.Put.Any(rule => rule.Content.Length > MostBytes) || next.Values.Sum(rule => (long)rule.Content.Length) > MostBytesTogether)
        {
            return null;
        }
        var change = new RuleUpdate(next.Values.Where(rule => !held.ContainsKey(rule.Digest)).ToEquatableArray(), held.Keys.Where(one => !next.ContainsKey(one)).ToEquatableArray());
        held = next;
        Renew(now);
        return change;
    }

    /// <summary>There was a word from the peer.</summary>
    public void Renew(TimeSpan now) => Until = held.Count > 0 ? now + lease : null;

    /// <summary>Lets the rules go where their time is over; true where that was so.</summary>
    public bool Expire(TimeSpan now)
    {
        if (Until is null || Until > now)
        {
            return false;
        }
        held = [];
        Until = null;
        return true;
    }
}
