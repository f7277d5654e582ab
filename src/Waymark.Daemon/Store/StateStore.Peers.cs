using Waymark.Flows;
using Waymark.Nodes;
using Waymark.Peers;

namespace Waymark.Daemon.Store;

/// <summary>What a peer has asked for, as it is kept.</summary>
/// <param name="Peer">Whose rules: what the node file called it.</param>
/// <param name="Certificate">The name in its certificate, by which it was let in: what bears another is another host, whatever it is called.</param>
/// <param name="Until">When they end without another word of it.</param>
/// <param name="Certified">The addresses that its certificate bore.</param>
/// <param name="Rules">The rules.</param>
internal sealed record KeptRules(string Peer, string Certificate, DateTimeOffset Until, EquatableArray<IpAddress> Certified, EquatableArray<RuleBytes> Rules);

/// <summary>The rules that peers have asked for, and until when they live.</summary>
internal sealed partial class StateStore
{
    private const string PeerTables = """
        CREATE TABLE IF NOT EXISTS peer_lease (peer TEXT PRIMARY KEY, certificate TEXT NOT NULL, until TEXT NOT NULL, certified TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS peer_rule (peer TEXT, digest TEXT, body BLOB NOT NULL, PRIMARY KEY (peer, digest)) STRICT;
        """;

    /// <summary>Whose rules were dropped when the file was opened, in order: an earlier version kept them without the name in the certificate, and so nobody knows whose they are.</summary>
    public IReadOnlyList<string> DroppedPeers { get; private set; } = [];

    /// <summary>Makes the tables. A file in which leases have no name of a certificate is of an earlier version: its leases are nobody's.</summary>
    private void OpenPeers() => Transact(() =>
    {
        Execute(PeerTables);
        using var command = Command("SELECT COUNT(*) FROM pragma_table_info('peer_lease') WHERE name = 'certificate'");
        if (command.ExecuteScalar() is not 0L)
        {
            return;
        }
        var dropped = new List<string>();
        using (var leases = Command("SELECT peer FROM peer_lease ORDER BY peer"))
        using (var reader = leases.ExecuteReader())
        {
            while (reader.Read())
            {
                dropped.Add(reader.GetString(0));
            }
        }
        Execute("DROP TABLE peer_rule; DROP TABLE peer_lease");
        Execute(PeerTables);
        DroppedPeers = dropped;
    });

    /// <summary>The rules of every peer.</summary>
    public IReadOnlyList<KeptRules> PeerRules() => Guarded(() =>
    {
        var rules = new List<(string Peer, RuleBytes Rule)>();
        using (var command = Command("SELECT peer, body FROM peer_rule ORDER BY peer, digest"))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                rules.Add((reader.GetString(0), new((byte[])reader.GetValue(1))));
            }
        }
        var kept = new List<KeptRules>();
        using var leases = Command("SELECT peer, certificate, until, certified FROM peer_lease ORDER BY peer");
        using var lease = leases.ExecuteReader();
        while (lease.Read())
        {
            var peer = lease.GetString(0);
            var certified = lease.GetString(3).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IpAddress.Parse).ToEquatableArray();
            kept.Add(new(peer, lease.GetString(1), Time(lease.GetString(2)), certified, rules.Where(one => one.Peer == peer).Select(one => one.Rule).ToEquatableArray()));
        }
        return kept;
    });

    /// <summary>Keeps a change of a peer's rules, with until when they live now.</summary>
    public void KeepPeerRules(PeerDeclaration peer, RuleUpdate update, DateTimeOffset until, EquatableArray<IpAddress> certified) => Transact(() =>
    {
        foreach (var gone in update.Removed)
        {
            Execute("DELETE FROM peer_rule WHERE peer = $p AND digest = $d", ("$p", peer.Name), ("$d", gone.ToString()));
        }
        foreach (var rule in update.Put)
        {
            Execute("INSERT OR REPLACE INTO peer_rule VALUES ($p, $d, $b)", ("$p", peer.Name), ("$d", rule.Digest.ToString()), ("$b", rule.Content.ToArray()));
        }
        Execute("INSERT OR REPLACE INTO peer_lease VALUES ($p, $n, $u, $c)", ("$p", peer.Name), ("$n", peer.Certificate), ("$u", Text(until)), ("$c", string.Join(' ', certified)));
    });

    /// <summary>Keeps until when a peer's rules live.</summary>
    public void KeepPeerLease(string peer, DateTimeOffset until) => Transact(() => Execute("UPDATE peer_lease SET until = $u WHERE peer = $p", ("$p", peer), ("$u", Text(until))));

    /// <summary>Forgets a peer's rules.</summary>
    public void ForgetPeerRules(string peer) => Transact(() =>
    {
        Execute("DELETE FROM peer_rule WHERE peer = $p", ("$p", peer));
        Execute("DELETE FROM peer_lease WHERE peer = $p", ("$p", peer));
    });
}
