using System.Globalization;
using Waymark.Tariffs;

namespace Waymark.Daemon.Store;

/// <summary>What paths have carried. Where the counters stood and what was carried up to there is one transaction: together they count each byte once.</summary>
internal sealed partial class StateStore
{
    private const string LedgerTables = """
        CREATE TABLE IF NOT EXISTS ledger (life TEXT NOT NULL, present TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS ledger_device (link INTEGER PRIMARY KEY, path TEXT NOT NULL, received TEXT NOT NULL, sent TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS ledger_account (path TEXT, meter TEXT, begins TEXT NOT NULL, ends TEXT NOT NULL, since TEXT NOT NULL, received INTEGER NOT NULL, sent INTEGER NOT NULL, correction INTEGER NOT NULL, PRIMARY KEY (path, meter)) STRICT;
        """;

    /// <summary>What was kept last; <see cref="LedgerState.Empty"/> where nothing was.</summary>
    public LedgerState Ledger() => Guarded(() =>
    {
        var state = LedgerState.Empty;
        using (var command = Command("SELECT life, present FROM ledger"))
        using (var reader = command.ExecuteReader())
        {
            if (reader.Read())
            {
                var present = reader.GetString(1).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(index => int.Parse(index, CultureInfo.InvariantCulture));
                state = state with { Life = reader.GetString(0), Present = present.ToEquatableArray() };
            }
        }
        var devices = new List<KeyValuePair<DeviceCounters, string>>();
        using (var command = Command("SELECT link, path, received, sent FROM ledger_device ORDER BY link"))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                devices.Add(new(new(reader.GetInt32(0), Counter(reader.GetString(2)), Counter(reader.GetString(3))), reader.GetString(1)));
            }
        }
        var accounts = new List<UsageAccount>();
        using (var command = Command("SELECT path, meter, begins, ends, since, received, sent, correction FROM ledger_account ORDER BY path, meter"))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                accounts.Add(new(reader.GetString(0), reader.GetString(1), new(Time(reader.GetString(2)), Time(reader.GetString(3))), Time(reader.GetString(4)))
                {
                    Received = reader.GetInt64(5),
                    Sent = reader.GetInt64(6),
                    Correction = reader.GetInt64(7),
                });
            }
        }
        return state with { Devices = devices.ToEquatableArray(), Accounts = accounts.ToEquatableArray() };

        // SQLite's own numbers have a sign.
        static ulong Counter(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
    });

    /// <summary>Keeps what was counted, in the place of what was kept before.</summary>
    public void Keep(LedgerState state) => Transact(() =>
    {
        Execute("DELETE FROM ledger; DELETE FROM ledger_device; DELETE FROM ledger_account");
        Execute("INSERT INTO ledger VALUES ($l, $p)", ("$l", state.Life), ("$p", string.Join(' ', state.Present)));
        foreach (var (counters, path) in state.Devices)
        {
            Execute("INSERT INTO ledger_device VALUES ($l, $p, $r, $s)", ("$l", counters.LinkIndex), ("$p", path), ("$r", counters.Received.ToString(CultureInfo.InvariantCulture)),
                ("$s", counters.Sent.ToString(CultureInfo.InvariantCulture)));
        }
        foreach (var account in state.Accounts)
        {
            Execute("INSERT INTO ledger_account VALUES ($p, $m, $b, $e, $c, $r, $s, $x)", ("$p", account.Path), ("$m", account.Meter), ("$b", Text(account.Span.From)), ("$e", Text(account.Span.Until)),
                ("$c", Text(account.Since)), ("$r", account.Received), ("$s", account.Sent), ("$x", account.Correction));
        }
    });
}
