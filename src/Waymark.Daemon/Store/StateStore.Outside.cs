using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Daemon.Store;

/// <summary>What other programs say of paths: one row for each path, characteristic and requester.</summary>
internal sealed partial class StateStore
{
    private const string OutsideTable = """
        CREATE TABLE IF NOT EXISTS outside (path TEXT, name TEXT, requester TEXT, kind INTEGER NOT NULL, number REAL NOT NULL, word TEXT, at TEXT NOT NULL, until TEXT, PRIMARY KEY (path, name, requester)) STRICT
        """;

    /// <summary>All that was said, whether or not its time is over.</summary>
    public EquatableArray<OutsideValue> Outside() => Guarded(() =>
    {
        var values = new List<OutsideValue>();
        using var command = Command("SELECT path, name, requester, kind, number, word, at, until FROM outside ORDER BY path, name, requester");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var value = (CharacteristicKind)reader.GetInt32(3) switch
            {
                CharacteristicKind.Flag => CharacteristicValue.Of(reader.GetDouble(4) != 0),
                CharacteristicKind.Name => CharacteristicValue.Of(reader.GetString(5)),
                _ => CharacteristicValue.Of(reader.GetDouble(4)),
            };
            values.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2), value, Time(reader.GetString(6)), reader.IsDBNull(7) ? null : Time(reader.GetString(7))));
        }
        return values.ToEquatableArray();
    });

    /// <summary>Keeps values in the place of those of the same path, characteristic and requester; all or none. Forgets what was over at <paramref name="now"/>.</summary>
    public void KeepOutside(IEnumerable<OutsideValue> values, DateTimeOffset now) => Transact(() =>
    {
        // Times are UTC in one form: their texts are in order as they are.
        Execute("DELETE FROM outside WHERE until <= $n", ("$n", Text(now)));
        foreach (var one in values)
        {
            Execute("INSERT OR REPLACE INTO outside VALUES ($p, $c, $r, $k, $v, $w, $a, $u)", ("$p", one.Path), ("$c", one.Name), ("$r", one.Requester), ("$k", (int)one.Value.Kind),
                ("$v", one.Value.Number), ("$w", one.Value.Word is { } word ? word : DBNull.Value), ("$a", Text(one.At)), ("$u", one.Until is { } until ? Text(until) : DBNull.Value));
        }
    });

    /// <summary>Forgets a value.</summary>
    public void ForgetOutside(OutsideValue value) => Transact(() =>
        Execute("DELETE FROM outside WHERE path = $p AND name = $c AND requester = $r", ("$p", value.Path), ("$c", value.Name), ("$r", value.Requester)));
}
