using System.Globalization;
using Google.Protobuf;
using Microsoft.Data.Sqlite;
using Waymark.Exchange.Wire;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Daemon.Store;

/// <summary>A policy set as it was accepted over the socket.</summary>
/// <param name="Requester">Whose it is.</param>
/// <param name="Name">What its requester calls it.</param>
/// <param name="Set">What it asks for.</param>
/// <param name="AcceptedAt">When.</param>
internal sealed record StoredSet(string Requester, string Name, PolicySet Set, DateTimeOffset AcceptedAt);

/// <summary>
/// What survives the daemon, in one SQLite file: accepted sets, the changes that can be undone, first acceptances, disabled paths, the decision's memory. Each change
/// is on the disk before its method returns. Failures are <see cref="SqliteException"/>; the file is as before them.
/// </summary>
internal sealed class StateStore : IDisposable
{
    /// <summary>Changes that can be undone, a requester.</summary>
    private const int KeptChanges = 50;

    private readonly SqliteConnection connection;
    private readonly Lock gate = new();

    public StateStore(string directory)
    {
        System.IO.Directory.CreateDirectory(directory, System.IO.UnixFileMode.UserRead | System.IO.UnixFileMode.UserWrite | System.IO.UnixFileMode.UserExecute);
        connection = new(new SqliteConnectionStringBuilder { DataSource = System.IO.Path.Combine(directory, "state.db"), Pooling = false }.ToString());
        connection.Open();
        // FULL: an acknowledged change survives the loss of power, not only of the process.
        Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000");
        Execute("""
            CREATE TABLE IF NOT EXISTS policy_set (requester TEXT, name TEXT, body BLOB NOT NULL, accepted_at TEXT NOT NULL, PRIMARY KEY (requester, name)) STRICT;
            CREATE TABLE IF NOT EXISTS change (id INTEGER PRIMARY KEY, requester TEXT NOT NULL, name TEXT NOT NULL, before BLOB, accepted_at TEXT) STRICT;
            CREATE TABLE IF NOT EXISTS first_accepted (requester TEXT, name TEXT, policy TEXT, at TEXT NOT NULL, PRIMARY KEY (requester, name, policy)) STRICT;
            CREATE TABLE IF NOT EXISTS file_set (name TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
            CREATE TABLE IF NOT EXISTS disabled (path TEXT PRIMARY KEY, until TEXT) STRICT;
            CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
            """);
    }

    /// <summary>Every accepted set. What can no longer be read is left in the file and named in <paramref name="broken"/>.</summary>
    public IReadOnlyList<StoredSet> Sets(out IReadOnlyList<string> broken)
    {
        var sets = new List<StoredSet>();
        var failures = new List<string>();
        lock (gate)
        {
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
        }
        broken = failures;
        return sets;
    }

    /// <summary>Puts a set in the place of the one of its name, or (<paramref name="set"/> null) takes that one away; can be undone.</summary>
    public void Change(string requester, string name, PolicySet? set, DateTimeOffset now) => Transact(() =>
    {
        Execute("INSERT INTO change (requester, name, before, accepted_at) SELECT $r, $n, (SELECT body FROM policy_set WHERE requester = $r AND name = $n), (SELECT accepted_at FROM policy_set WHERE requester = $r AND name = $n)", ("$r", requester), ("$n", name));
        Execute("DELETE FROM change WHERE requester = $r AND id NOT IN (SELECT id FROM change WHERE requester = $r ORDER BY id DESC LIMIT $k)", ("$r", requester), ("$k", KeptChanges));
        Put(requester, name, set is null ? null : PolicySetTranslation.ToWire(set, withPlaces: true).ToByteArray(), Text(now));
    });

    /// <summary>Takes the last change of a requester back; null where there is none, else the set's name and whether it is in force now.</summary>
    public (string Name, bool IsInForce)? Undo(string requester)
    {
        (string, bool)? undone = null;
        Transact(() =>
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
                    return;
                }
                (id, name, before, acceptedAt) = (reader.GetInt64(0), reader.GetString(1), reader.IsDBNull(2) ? null : (byte[])reader.GetValue(2), reader.IsDBNull(3) ? null : reader.GetString(3));
            }
            Put(requester, name, before, acceptedAt);
            Execute("DELETE FROM change WHERE id = $i", ("$i", id));
            undone = (name, before is not null);
        });
        return undone;
    }

    /// <summary>
    /// When each policy with a lifetime was first accepted: what is new counts from <paramref name="now"/>, what is gone is forgotten, and the same text read again keeps
    /// its time (language, Meaning 7).
    /// </summary>
    public EquatableArray<KeyValuePair<Policy, DateTimeOffset>> FirstAccepted(string requester, string name, PolicySet set, DateTimeOffset now)
    {
        var policies = WithLifetime(set.Statements).Distinct().ToList();
        var known = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        Transact(() =>
        {
            using (var command = Command("SELECT policy, at FROM first_accepted WHERE requester = $r AND name = $n", ("$r", requester), ("$n", name)))
            using (var reader = command.ExecuteReader())
            {
                while (reader.Read())
                {
                    known.Add(reader.GetString(0), Time(reader.GetString(1)));
                }
            }
            var texts = policies.Select(PolicyPrinter.Print).ToHashSet(StringComparer.Ordinal);
            foreach (var gone in known.Keys.Where(text => !texts.Contains(text)).ToList())
            {
                Execute("DELETE FROM first_accepted WHERE requester = $r AND name = $n AND policy = $p", ("$r", requester), ("$n", name), ("$p", gone));
            }
            foreach (var text in texts.Where(text => known.TryAdd(text, now)))
            {
                Execute("INSERT INTO first_accepted VALUES ($r, $n, $p, $a)", ("$r", requester), ("$n", name), ("$p", text), ("$a", Text(now)));
            }
        });
        return policies.Select(policy => KeyValuePair.Create(policy, known[PolicyPrinter.Print(policy)])).ToEquatableArray();
    }

    /// <summary>The last version of a policy file that could be read; null: there was none.</summary>
    public PolicySet? FileSet(string name)
    {
        lock (gate)
        {
            using var command = Command("SELECT body FROM file_set WHERE name = $n", ("$n", name));
            return command.ExecuteScalar() is byte[] body ? Read(body, name) : null;
        }
    }

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
    public IReadOnlyList<string> FileSets()
    {
        lock (gate)
        {
            var names = new List<string>();
            using var command = Command("SELECT name FROM file_set ORDER BY name");
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                names.Add(reader.GetString(0));
            }
            return names;
        }
    }

    /// <summary>Paths that the administrator took out of use, and until when; null: until they are enabled.</summary>
    public IReadOnlyDictionary<PathId, DateTimeOffset?> Disabled()
    {
        lock (gate)
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
        }
    }

    /// <summary>Takes a path out of use.</summary>
    public void Disable(PathId path, DateTimeOffset? until) => Transact(() =>
        Execute("INSERT OR REPLACE INTO disabled VALUES ($p, $u)", ("$p", path.ToString()), ("$u", until is { } end ? Text(end) : DBNull.Value)));

    /// <summary>Puts a path into use again.</summary>
    public void Enable(PathId path) => Transact(() => Execute("DELETE FROM disabled WHERE path = $p", ("$p", path.ToString())));

    /// <summary>What the last decision left to the next; that of a first decision where there is none or it cannot be read.</summary>
    public DecisionMemory Memory()
    {
        lock (gate)
        {
            using var command = Command("SELECT value FROM setting WHERE key = 'memory'");
            return command.ExecuteScalar() is string text ? MemoryText.Read(text) : DecisionMemory.None;
        }
    }

    /// <summary>Keeps what a decision leaves to the next.</summary>
    public void Keep(DecisionMemory memory) => Transact(() =>
        Execute("INSERT OR REPLACE INTO setting VALUES ('memory', $v)", ("$v", MemoryText.Write(memory))));

    public void Dispose() => connection.Dispose();

    private static IEnumerable<Policy> WithLifetime(EquatableArray<Statement> statements) => statements.SelectMany(one => one switch
    {
        Policy policy => policy.Lifetime is null ? [] : [policy],
        PolicyRule rule => WithLifetime(rule.Then).Concat(WithLifetime(rule.Otherwise)),
        _ => throw new System.Diagnostics.UnreachableException(),
    });

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

    private void Put(string requester, string name, byte[]? body, string? acceptedAt)
    {
        if (body is null)
        {
            Execute("DELETE FROM policy_set WHERE requester = $r AND name = $n", ("$r", requester), ("$n", name));
            return;
        }
        Execute("INSERT OR REPLACE INTO policy_set VALUES ($r, $n, $b, $a)", ("$r", requester), ("$n", name), ("$b", body), ("$a", acceptedAt!));
    }

    private void Transact(Action work)
    {
        lock (gate)
        {
            using var transaction = connection.BeginTransaction();
            work();
            transaction.Commit();
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
