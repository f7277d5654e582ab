namespace Waymark.Daemon.Store;

/// <summary>What came of numbered requests: kept in one transaction with what they did, so that either both survive or neither does.</summary>
internal sealed partial class StateStore
{
    /// <summary>How many of a requester are known again: more than anybody has on the way at a time.</summary>
    public const int KeptSubmissions = 1000;

    /// <summary>For how long: no program waits longer for an answer.</summary>
    public static readonly TimeSpan SubmissionTime = TimeSpan.FromDays(1);

    private const string SubmissionTable = """
        CREATE TABLE IF NOT EXISTS submission (number INTEGER PRIMARY KEY, requester TEXT NOT NULL, id TEXT NOT NULL, digest BLOB NOT NULL, sets TEXT NOT NULL, is_change INTEGER NOT NULL, is_in_force INTEGER NOT NULL, was_held INTEGER NOT NULL, confirm_by TEXT, at TEXT NOT NULL, UNIQUE (requester, id)) STRICT
        """;

    /// <summary>What came of a request that was numbered so; null: there was none.</summary>
    /// <param name="requester">Whose number it is.</param>
    /// <param name="id">The number.</param>
    /// <param name="now">The present.</param>
    public (EquatableArray<byte> Digest, ChangeOutcome Outcome)? Submitted(string requester, Guid id, DateTimeOffset now) => Guarded<(EquatableArray<byte>, ChangeOutcome)?>(() =>
    {
        using var command = Command("SELECT digest, sets, is_change, is_in_force, confirm_by, was_held FROM submission WHERE requester = $r AND id = $i AND at > $t", ("$r", requester), ("$i", id.ToString()), ("$t", Text(now - SubmissionTime)));
        using var reader = command.ExecuteReader();
        if (!reader.Read())
        {
            return null;
        }
        // Names have no line feed and no tabulator in them.
        var sets = reader.GetString(1).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).Select(parts => (parts[0], parts[1])).ToEquatableArray();
        return (((byte[])reader.GetValue(0)).ToEquatableArray(), new(sets, reader.GetBoolean(2), reader.GetBoolean(3), reader.IsDBNull(4) ? null : Time(reader.GetString(4))) { IsRepeated = true, WasHeld = reader.GetBoolean(5) });
    });

    /// <summary>Keeps what came of a request that changed nothing here.</summary>
    public ChangeOutcome Keep(ChangeOutcome outcome, ChangeTerms terms, DateTimeOffset now) =>
        terms.Submission is null ? outcome with { ConfirmBy = Guarded(() => ConfirmByOf(terms.By)) } : Transact(() => Kept(outcome with { ConfirmBy = ConfirmByOf(terms.By) }, terms, now));

    private ChangeOutcome Kept(ChangeOutcome outcome, ChangeTerms terms, DateTimeOffset now)
    {
        if (terms.Submission is not { } submission)
        {
            return outcome;
        }
        Execute("INSERT OR REPLACE INTO submission (requester, id, digest, sets, is_change, is_in_force, was_held, confirm_by, at) VALUES ($r, $i, $d, $s, $c, $f, $h, $u, $t)", ("$r", terms.By), ("$i", submission.Id.ToString()),
            ("$d", submission.Digest.ToArray()), ("$s", string.Concat(outcome.Sets.Select(one => $"{one.Owner}\t{one.Name}\n"))), ("$c", outcome.IsChange), ("$f", outcome.IsInForce), ("$h", outcome.WasHeld),
            ("$u", outcome.ConfirmBy is { } until ? Text(until) : DBNull.Value), ("$t", Text(now)));
        Execute("DELETE FROM submission WHERE requester = $r AND (at <= $t OR number <= (SELECT number FROM submission WHERE requester = $r ORDER BY number DESC LIMIT 1 OFFSET $k))",
            ("$r", terms.By), ("$t", Text(now - SubmissionTime)), ("$k", KeptSubmissions));
        return outcome;
    }

    private DateTimeOffset? ConfirmByOf(string by)
    {
        using var command = Command("SELECT confirm_by FROM unconfirmed WHERE requester = $b", ("$b", by));
        return command.ExecuteScalar() is string text ? Time(text) : null;
    }
}
