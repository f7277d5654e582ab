namespace Waymark.Daemon.Store;

/// <summary>
/// Changes that have to be confirmed, and of each set that they are about how it was before the first of them. A set is among the changes of one requester only: who changes what another has not confirmed yet takes it over,
/// with how it was when last it stood; who changes it for good takes it out.
/// </summary>
internal sealed partial class StateStore
{
    private const string ConfirmationTables = """
        CREATE TABLE IF NOT EXISTS unconfirmed (requester TEXT PRIMARY KEY, confirm_by TEXT NOT NULL, seconds REAL NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS unconfirmed_set (owner TEXT, name TEXT, requester TEXT NOT NULL, before BLOB, accepted_at TEXT, PRIMARY KEY (owner, name)) STRICT;
        CREATE TABLE IF NOT EXISTS unconfirmed_followed (requester TEXT PRIMARY KEY) STRICT;
        CREATE TABLE IF NOT EXISTS unconfirmed_first (owner TEXT, name TEXT, policy TEXT, at TEXT NOT NULL, PRIMARY KEY (owner, name, policy)) STRICT;
        """;

    /// <summary>All unconfirmed changes, in order of requester.</summary>
    public IReadOnlyList<UnconfirmedChanges> Unconfirmed() => Guarded(() =>
    {
        var sets = new List<(string By, string Owner, string Name)>();
        using (var command = Command("SELECT requester, owner, name FROM unconfirmed_set ORDER BY owner, name"))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                sets.Add((reader.GetString(0), reader.GetString(1), reader.GetString(2)));
            }
        }
        var changes = new List<UnconfirmedChanges>();
        using (var command = Command("SELECT requester, confirm_by, seconds, EXISTS (SELECT 1 FROM unconfirmed_followed WHERE unconfirmed_followed.requester = unconfirmed.requester) FROM unconfirmed ORDER BY requester"))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                var by = reader.GetString(0);
                changes.Add(new(by, Time(reader.GetString(1)), TimeSpan.FromSeconds(reader.GetDouble(2)), sets.Where(one => one.By == by).Select(one => (one.Owner, one.Name)).ToEquatableArray(), reader.GetBoolean(3)));
            }
        }
        return changes;
    });

    /// <summary>How the sets were that a requester's unconfirmed changes are about; those that were not there are left out.</summary>
    public IReadOnlyList<StoredSet> BeforeUnconfirmed(string by) => Guarded(() =>
    {
        var before = new List<StoredSet>();
        using var command = Command("SELECT owner, name, before, accepted_at FROM unconfirmed_set WHERE requester = $b AND before IS NOT NULL", ("$b", by));
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            if (Read((byte[])reader.GetValue(2), reader.GetString(1)) is { } set)
            {
                before.Add(new(reader.GetString(0), reader.GetString(1), set, Time(reader.GetString(3))));
            }
        }
        return before;
    });

    /// <summary>Keeps that the kernel has followed a requester's changes, and until when he may confirm them since.</summary>
    public void Follow(string by, DateTimeOffset confirmBy) => Transact(() =>
    {
        Execute("UPDATE unconfirmed SET confirm_by = $c WHERE requester = $b", ("$b", by), ("$c", Text(confirmBy)));
        Execute("INSERT OR REPLACE INTO unconfirmed_followed VALUES ($b)", ("$b", by));
    });

    /// <summary>Has a requester's changes stand.</summary>
    public ChangeOutcome Confirm(ChangeTerms terms, DateTimeOffset now) => Transact(() =>
    {
        var sets = CoveredBy(terms.By).ToEquatableArray();
        Execute("DELETE FROM unconfirmed_set WHERE requester = $b", ("$b", terms.By));
        DropCovers();
        return Kept(new(sets, IsChange: true, IsInForce: true, ConfirmBy: null), terms, now);
    });

    /// <summary>Takes a requester's unconfirmed changes back. That is a change too: to undo it is to make them again.</summary>
    public void Revert(string by) => Transact(() =>
    {
        foreach (var (owner, name) in CoveredBy(by))
        {
            KeepBefore(owner, name);
            Execute("DELETE FROM policy_set WHERE requester = $o AND name = $n; DELETE FROM first_accepted WHERE requester = $o AND name = $n", ("$o", owner), ("$n", name));
            Execute("INSERT INTO policy_set SELECT owner, name, before, accepted_at FROM unconfirmed_set WHERE owner = $o AND name = $n AND before IS NOT NULL", ("$o", owner), ("$n", name));
            // Lifetimes go on from where they were: nobody lives longer by a change that did not come to pass.
            Execute("INSERT INTO first_accepted SELECT * FROM unconfirmed_first WHERE owner = $o AND name = $n", ("$o", owner), ("$n", name));
        }
        Execute("DELETE FROM unconfirmed_set WHERE requester = $b", ("$b", by));
        DropCovers();
    });

    private List<(string Owner, string Name)> CoveredBy(string by)
    {
        var sets = new List<(string Owner, string Name)>();
        using var command = Command("SELECT owner, name FROM unconfirmed_set WHERE requester = $b ORDER BY owner, name", ("$b", by));
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            sets.Add((reader.GetString(0), reader.GetString(1)));
        }
        return sets;
    }

    /// <summary>Keeps how a set is, before it is changed: as far as the change has to be confirmed.</summary>
    private void Cover(string owner, string name, ChangeTerms terms, DateTimeOffset now)
    {
        if (terms.ConfirmWithin is { } within)
        {
            Execute("INSERT OR REPLACE INTO unconfirmed VALUES ($b, $c, $s)", ("$b", terms.By), ("$c", Text(now + within)), ("$s", within.TotalSeconds));
            Execute("DELETE FROM unconfirmed_followed WHERE requester = $b", ("$b", terms.By));
        }
        using var open = Command("SELECT 1 FROM unconfirmed WHERE requester = $b", ("$b", terms.By));
        if (open.ExecuteScalar() is null)
        {
            Execute("DELETE FROM unconfirmed_set WHERE owner = $o AND name = $n", ("$o", owner), ("$n", name));
            return;
        }
        using var taken = Command("UPDATE unconfirmed_set SET requester = $b WHERE owner = $o AND name = $n", ("$b", terms.By), ("$o", owner), ("$n", name));
        if (taken.ExecuteNonQuery() > 0)
        {
            return;
        }
        Execute("INSERT INTO unconfirmed_set SELECT $o, $n, $b, (SELECT body FROM policy_set WHERE requester = $o AND name = $n), (SELECT accepted_at FROM policy_set WHERE requester = $o AND name = $n)", ("$b", terms.By), ("$o", owner), ("$n", name));
        Execute("INSERT INTO unconfirmed_first SELECT * FROM first_accepted WHERE requester = $o AND name = $n", ("$o", owner), ("$n", name));
    }

    /// <summary>After a change: a set that is as it was before has nothing to be confirmed.</summary>
    private void Uncover(string owner, string name)
    {
        Execute("DELETE FROM unconfirmed_set WHERE owner = $o AND name = $n AND before IS (SELECT body FROM policy_set WHERE requester = $o AND name = $n) AND accepted_at IS (SELECT accepted_at FROM policy_set WHERE requester = $o AND name = $n)", ("$o", owner), ("$n", name));
        DropCovers();
    }

    /// <summary>Forgets what belongs to nothing that is unconfirmed any more.</summary>
    private void DropCovers() => Execute("""
        DELETE FROM unconfirmed WHERE NOT EXISTS (SELECT 1 FROM unconfirmed_set WHERE unconfirmed_set.requester = unconfirmed.requester);
        DELETE FROM unconfirmed_followed WHERE NOT EXISTS (SELECT 1 FROM unconfirmed WHERE unconfirmed.requester = unconfirmed_followed.requester);
        DELETE FROM unconfirmed_first WHERE NOT EXISTS (SELECT 1 FROM unconfirmed_set WHERE unconfirmed_set.owner = unconfirmed_first.owner AND unconfirmed_set.name = unconfirmed_first.name)
        """);
}
