using System.Globalization;
using Google.Protobuf;
using Microsoft.Data.Sqlite;
using Waymark.Exchange.Wire;
using Waymark.Flows;
using Waymark.Linux;
using Waymark.PathDecision;
using Waymark.PathExamination;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.Daemon.Store;

/// <summary>A policy set as it was accepted over the socket.</summary>
/// <param name="Requester">Whose it is.</param>
/// <param name="Name">What its requester calls it.</param>
/// <param name="Set">What it asks for.</param>
/// <param name="AcceptedAt">When.</param>
internal sealed record StoredSet(string Requester, string Name, PolicySet Set, DateTimeOffset AcceptedAt);

/// <summary>
/// What survives the daemon, in one SQLite file: accepted sets, the changes that can be undone and those that are unconfirmed, what came of numbered requests, first acceptances, disabled paths, what other programs say of paths, which paths answered, the decision's memory, what paths have carried. Each change
/// is on the disk before its method returns. Failures are <see cref="StoreException"/>; the file is as before them.
/// </summary>
internal sealed partial class StateStore : IDisposable
{
    /// <summary>Changes that can be undone, a requester.</summary>
    private const int KeptChanges = 50;

    /// <summary>What the sets that they would bring back take together, in bytes: one of the largest, or all 50 of the usual ones. The last change can always be undone.</summary>
    private const long KeptBytes = 64 << 20;

    /// <summary>For how long another who has the file is waited for: one that ends, not one that goes on.</summary>
    private const int BusySeconds = 2;

    /// <summary>The file's name in the state directory.</summary>
    public const string FileName = "state.db";

    private readonly string directory;
    private readonly long keptBytes;
    private readonly SqliteConnection connection;
    private readonly Lock gate = new();

    /// <summary>Opens the state of <paramref name="directory"/>, which is made where it does not exist. Throws <see cref="StoreException"/>, also where others could write there: they would be root's policies.</summary>
    public StateStore(string directory, long keptBytes = KeptBytes)
    {
        (this.directory, this.keptBytes) = (directory, keptBytes);
        try
        {
            System.IO.Directory.CreateDirectory(directory, System.IO.UnixFileMode.UserRead | System.IO.UnixFileMode.UserWrite | System.IO.UnixFileMode.UserExecute);
        }
        catch (Exception refused) when (refused is System.IO.IOException or UnauthorizedAccessException)
        {
            throw new StoreException(directory, refused);
        }
        foreach (var path in new[] { directory, System.IO.Path.Combine(directory, FileName) })
        {
            if (FileStanding.Of(path) is { } standing && FaultOf(path, standing) is { } fault)
            {
                throw new StoreException(fault);
            }
        }
        connection = new(new SqliteConnectionStringBuilder { DataSource = System.IO.Path.Combine(directory, FileName), Pooling = false, DefaultTimeout = BusySeconds }.ToString());
        Guarded(Open);
    }

    private bool Open()
    {
        connection.Open();
        // EXCLUSIVE: nobody else has it, and without memory to share it can be read where the disk is full. FULL: an acknowledged change survives the loss of power.
        Execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8192");
        Execute("""
            CREATE TABLE IF NOT EXISTS policy_set (requester TEXT, name TEXT, body BLOB NOT NULL, accepted_at TEXT NOT NULL, PRIMARY KEY (requester, name)) STRICT;
            CREATE TABLE IF NOT EXISTS change (id INTEGER PRIMARY KEY, requester TEXT NOT NULL, name TEXT NOT NULL, before BLOB, accepted_at TEXT) STRICT;
            CREATE INDEX IF NOT EXISTS change_of ON change (requester, id);
            CREATE TABLE IF NOT EXISTS first_accepted (requester TEXT, name TEXT, policy TEXT, at TEXT NOT NULL, PRIMARY KEY (requester, name, policy)) STRICT;
            CREATE TABLE IF NOT EXISTS file_set (name TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
            CREATE TABLE IF NOT EXISTS disabled (path TEXT PRIMARY KEY, until TEXT) STRICT;
            CREATE TABLE IF NOT EXISTS reachability (path TEXT, family INTEGER, gateway TEXT, is_up INTEGER NOT NULL, at TEXT NOT NULL, source TEXT NOT NULL, boot TEXT NOT NULL, PRIMARY KEY (path, family)) STRICT;
            CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
            """);
        Execute(ConfirmationTables);
        Execute(SubmissionTable);
        Execute(OutsideTable);
        Execute(LedgerTables);
        OpenPeers();
        return true;
    }

    /// <summary>Every accepted set. What can no longer be read is left in the file and named in <paramref name="broken"/>.</summary>
    public IReadOnlyList<StoredSet> Sets(out IReadOnlyList<string> broken)
    {
        var failures = new List<string>();
        broken = failures;
        return Guarded(() =>
        {
            var sets = new List<StoredSet>();
            using var command = Command("SELECT requester, name, body, accepted_at FROM policy_set ORDER BY requester, name");
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                var (requester, name) = (reader.GetString(0), reader.GetString(1));
                if (Read((byte[])reader.GetValue(2), name) is { } set)
                {
                    sets.Add(new(requester, name, set, Time(reader.GetString(3))));
                }
                else
                {
                    failures.Add($"{name} of {requester}");
                }
            }
            return sets;
        });
    }

    /// <summary>
    /// Puts a set in the place of the one of its name, or (<paramref name="set"/> null) takes that one away; can be undone. With it goes since when its policies with a
    /// lifetime have been accepted.
    /// </summary>
    public StoredChange Change(string requester, string name, PolicySet? set, ChangeTerms terms, DateTimeOffset now) => Transact(() =>
    {
        Cover(requester, name, terms, now);
        KeepBefore(requester, name);
        Put(requester, name, set is null ? null : PolicySetTranslation.ToWire(set, withPlaces: true).ToByteArray(), Text(now));
        KeepFirst(requester, name, Lifetimes.Texts(set ?? PolicySet.Empty), FirstOf(requester, name), now);
        Uncover(requester, name);
        var outcome = Kept(new([(requester, name)], IsChange: true, IsInForce: set is not null, ConfirmByOf(terms.By)), terms, now);
        return new StoredChange(outcome, Unconfirmed(), set is null ? null : new(requester, name, set, now));
    });

    /// <summary>Keeps where a text that says the same has its lines now, which is no change that could be undone; false where they are where they were.</summary>
    public bool Move(string requester, string name, PolicySet set) => Guarded(() =>
    {
        using var command = Command("UPDATE policy_set SET body = $b WHERE requester = $r AND name = $n AND body <> $b",
            ("$b", PolicySetTranslation.ToWire(set, withPlaces: true).ToByteArray()), ("$r", requester), ("$n", name));
        return command.ExecuteNonQuery() > 0;
    });

    /// <summary>Takes the last change of a requester back; null where there is none.</summary>
    public StoredChange? Undo(string requester, ChangeTerms terms, DateTimeOffset now) => Transact(() =>
    {
        long id;
        string name;
        byte[]? before;
        string? acceptedAt;
        using (var command = Command("SELECT id, name, before, accepted_at FROM change WHERE requester = $r ORDER BY id DESC LIMIT 1", ("$r", requester)))
        using (var reader = command.ExecuteReader())
        {
            if (!reader.Read())
            {
                return null;
            }
            (id, name, before, acceptedAt) = (reader.GetInt64(0), reader.GetString(1), reader.IsDBNull(2) ? null : (byte[])reader.GetValue(2), reader.IsDBNull(3) ? null : reader.GetString(3));
        }
        Cover(requester, name, terms, now);
        Put(requester, name, before, acceptedAt);
        Execute("DELETE FROM change WHERE id = $i", ("$i", id));
        Uncover(requester, name);
        var outcome = Kept(new([(requester, name)], IsChange: true, before is not null, ConfirmByOf(terms.By)), terms, now);
        return new StoredChange(outcome, Unconfirmed(), before is not null && Read(before, name) is { } set ? new(requester, name, set, Time(acceptedAt!)) : null);
    });

    /// <summary>
    /// When each policy with a lifetime was first accepted: what is new counts from <paramref name="now"/>, what is gone is forgotten, and the same text read again keeps
    /// its time (language, Meaning 7).
    /// </summary>
    public EquatableArray<KeyValuePair<Policy, DateTimeOffset>> FirstAccepted(string requester, string name, PolicySet set, DateTimeOffset now)
    {
        var texts = Lifetimes.Texts(set);
        var known = Guarded(() => FirstOf(requester, name));
        if (!texts.SetEquals(known.Keys))
        {
            Transact(() => KeepFirst(requester, name, texts, known, now));
        }
        return Lifetimes.Since(set, known, now);
    }

    /// <summary>The last version of a policy file that could be read; null: there was none.</summary>
    public PolicySet? FileSet(string name) => Guarded(() =>
    {
        using var command = Command("SELECT body FROM file_set WHERE name = $n", ("$n", name));
        return command.ExecuteScalar() is byte[] body ? Read(body, name) : null;
    });

    /// <summary>Keeps a version of a policy file, for the case that the next one has mistakes; null: the file is gone.</summary>
    public void KeepFileSet(string name, PolicySet? set) => Transact(() =>
    {
        if (set is null)
        {
            Execute("DELETE FROM file_set WHERE name = $n", ("$n", name));
            return;
        }
        Execute("INSERT OR REPLACE INTO file_set VALUES ($n, $b)", ("$n", name), ("$b", PolicySetTranslation.ToWire(set, withPlaces: true).ToByteArray()));
    });

    /// <summary>Names of the policy files of which a version is kept.</summary>
    public IReadOnlyList<string> FileSets() => Guarded(() =>
    {
        var names = new List<string>();
        using var command = Command("SELECT name FROM file_set ORDER BY name");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            names.Add(reader.GetString(0));
        }
        return names;
    });

    /// <summary>Paths that the administrator took out of use, and until when; null: until they are enabled.</summary>
    public IReadOnlyDictionary<PathId, DateTimeOffset?> Disabled() => Guarded(() =>
    {
        var paths = new Dictionary<PathId, DateTimeOffset?>();
        using var command = Command("SELECT path, until FROM disabled");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            if (PathId.TryParse(reader.GetString(0), out var id))
            {
                paths.Add(id, reader.IsDBNull(1) ? null : Time(reader.GetString(1)));
            }
        }
        return paths;
    });

    /// <summary>Takes a path out of use.</summary>
    public void Disable(PathId path, DateTimeOffset? until) => Transact(() =>
        Execute("INSERT OR REPLACE INTO disabled VALUES ($p, $u)", ("$p", path.ToString()), ("$u", until is { } end ? Text(end) : DBNull.Value)));

    /// <summary>Puts a path into use again.</summary>
    public void Enable(PathId path) => Transact(() => Execute("DELETE FROM disabled WHERE path = $p", ("$p", path.ToString())));

    /// <summary>What was last known of the reachability of paths, since the machine was booted: later it says nothing.</summary>
    public EquatableArray<KnownReachability> Reachability(string boot) => Guarded(() =>
    {
        var known = new List<KnownReachability>();
        using var command = Command("SELECT path, family, gateway, is_up, at, source FROM reachability WHERE boot = $b", ("$b", boot));
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            if (PathId.TryParse(reader.GetString(0), out var id))
            {
                known.Add(new(id, (IpFamily)reader.GetInt32(1), reader.IsDBNull(2) ? null : IpAddress.Parse(reader.GetString(2)), reader.GetBoolean(3), Time(reader.GetString(4)), reader.GetString(5)));
            }
        }
        return known.ToEquatableArray();
    });

    /// <summary>Keeps what is known of the reachability of paths, in the place of what was known before.</summary>
    public void Keep(IEnumerable<KnownReachability> known, string boot) => Transact(() =>
    {
        Execute("DELETE FROM reachability");
        foreach (var one in known)
        {
            Execute("INSERT INTO reachability VALUES ($p, $f, $g, $u, $a, $s, $b)", ("$p", one.Path.ToString()), ("$f", (int)one.Family),
                ("$g", one.Gateway is { } gateway ? gateway.ToString() : DBNull.Value), ("$u", one.IsUp), ("$a", Text(one.At)), ("$s", one.Source), ("$b", boot));
        }
    });

    /// <summary>What the last decision left to the next; that of a first decision where there is none or it cannot be read.</summary>
    public DecisionMemory Memory() => Guarded(() =>
    {
        using var command = Command("SELECT value FROM setting WHERE key = 'memory'");
        return command.ExecuteScalar() is string text ? MemoryText.Read(text) : DecisionMemory.None;
    });

    /// <summary>Keeps what a decision leaves to the next.</summary>
    public void Keep(DecisionMemory memory) => Transact(() =>
        Execute("INSERT OR REPLACE INTO setting VALUES ('memory', $v)", ("$v", MemoryText.Write(memory))));

    /// <summary>The text of the last node file without mistakes; null: none was read yet. Throws <see cref="StoreException"/>.</summary>
    public string? NodeFile() => Guarded(() =>
    {
        using var command = Command("SELECT value FROM setting WHERE key = 'node file'");
        return command.ExecuteScalar() as string;
    });

    /// <summary>Keeps the text of a node file without mistakes. Throws <see cref="StoreException"/>.</summary>
    public void KeepNodeFile(string text) => Transact(() =>
        Execute("INSERT OR REPLACE INTO setting VALUES ('node file', $v)", ("$v", text)));

    public void Dispose() => connection.Dispose();

    /// <summary>Why what is kept there could be somebody else's word; null: it could not.</summary>
    private static string? FaultOf(string path, FileStanding standing) =>
        standing.Owner != 0 && standing.Owner != FileStanding.Of("/proc/self")?.Owner ? $"{path} belongs to user {standing.Owner}, whose word would be root's: 'chown root {path}', and ask yourself what has been put there"
        : (standing.Mode & (System.IO.UnixFileMode.GroupWrite | System.IO.UnixFileMode.OtherWrite)) != 0 ? $"{path} can be written by others, whose word would be root's: 'chmod go-w {path}', and ask yourself what has been put there"
        : null;

    private static PolicySet? Read(byte[] body, string name)
    {
        try
        {
            return PolicySetTranslation.ToCore(Exchange.Wire.V1.PolicySet.Parser.ParseFrom(body), name, out _);
        }
        catch (InvalidProtocolBufferException)
        {
            // Written by something else: named by the caller, left as it is.
            return null;
        }
    }

    /// <summary>Keeps a set as it is, for who undoes what is done to it now.</summary>
    private void KeepBefore(string requester, string name)
    {
        Execute("INSERT INTO change (requester, name, before, accepted_at) SELECT $r, $n, (SELECT body FROM policy_set WHERE requester = $r AND name = $n), (SELECT accepted_at FROM policy_set WHERE requester = $r AND name = $n)", ("$r", requester), ("$n", name));
        Execute("""
            DELETE FROM change WHERE id IN (SELECT id FROM
                (SELECT id, ROW_NUMBER() OVER newest AS number, SUM(LENGTH(before)) OVER newest AS bytes FROM change WHERE requester = $r WINDOW newest AS (ORDER BY id DESC))
                WHERE number > $k OR (number > 1 AND bytes > $b))
            """, ("$r", requester), ("$k", KeptChanges), ("$b", keptBytes));
    }

    private void Put(string requester, string name, byte[]? body, string? acceptedAt)
    {
        if (body is null)
        {
            Execute("DELETE FROM policy_set WHERE requester = $r AND name = $n", ("$r", requester), ("$n", name));
            return;
        }
        Execute("INSERT OR REPLACE INTO policy_set VALUES ($r, $n, $b, $a)", ("$r", requester), ("$n", name), ("$b", body), ("$a", acceptedAt!));
    }

    private Dictionary<string, DateTimeOffset> FirstOf(string requester, string name)
    {
        var known = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        using var command = Command("SELECT policy, at FROM first_accepted WHERE requester = $r AND name = $n", ("$r", requester), ("$n", name));
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            known.Add(reader.GetString(0), Time(reader.GetString(1)));
        }
        return known;
    }

    private void KeepFirst(string requester, string name, HashSet<string> texts, Dictionary<string, DateTimeOffset> known, DateTimeOffset now)
    {
        foreach (var gone in known.Keys.Where(text => !texts.Contains(text)))
        {
            Execute("DELETE FROM first_accepted WHERE requester = $r AND name = $n AND policy = $p", ("$r", requester), ("$n", name), ("$p", gone));
        }
        foreach (var text in texts.Where(text => !known.ContainsKey(text)))
        {
            Execute("INSERT INTO first_accepted VALUES ($r, $n, $p, $a)", ("$r", requester), ("$n", name), ("$p", text), ("$a", Text(now)));
        }
    }

    private void Transact(Action work) => Transact(() =>
    {
        work();
        return true;
    });

    private T Transact<T>(Func<T> work) => Guarded(() =>
    {
        using var transaction = connection.BeginTransaction();
        var done = work();
        transaction.Commit();
        return done;
    });

    /// <summary>One caller at a time; what SQLite refuses is said in our words.</summary>
    private T Guarded<T>(Func<T> work)
    {
        lock (gate)
        {
            try
            {
                return work();
            }
            catch (SqliteException refused)
            {
                throw new StoreException(directory, refused);
            }
        }
    }

    private void Execute(string text, params (string Name, object Value)[] values)
    {
        using var command = Command(text, values);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string text, params (string Name, object Value)[] values)
    {
        var command = connection.CreateCommand();
        // Every text here is a constant of this file; what comes from outside goes in as a value.
#pragma warning disable CA2100
        command.CommandText = text;
#pragma warning restore CA2100
        foreach (var (name, value) in values)
        {
            command.Parameters.AddWithValue(name, value);
        }
        return command;
    }

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
}
