using Microsoft.Data.Sqlite;
using Waymark.Exchange.Wire;
using Waymark.Peers;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Tests.Daemon;

namespace Waymark.Tests.Peers;

/// <summary>A peer is who the node file says it is at the moment: what another host of its name has said or asked is not its own.</summary>
public sealed class PeerIdentityTests
{
    private static readonly RuleBytes Rule = PeerTranslation.ToWire(
        new PeerRule("r", 0, [], PolicyLanguage.ParseFlows("udp peer 10.2.0.1", "f", out _)!.Value, Established.Keep, new PeerWish.Own(new PolicyAction.Drop(), [])));

    [Fact]
    public async Task A_connection_that_was_under_way_when_the_node_file_changed_ends()
    {
        await using var node = new PeerNode(NodeFile("old.example.net"));
        var before = node.Declared("spoke");
        node.Declare(NodeFile("new.example.net"));
        node.Start();
        await node.Until(() => node.Standing.Current is [{ Peer.Certificate: "new.example.net" }]);
        var late = new FarEnd(node, before);
        await late.Carried;
        Assert.Equal("the node file says something else of it now", late.Link.Why);
        Assert.Empty(late.Heard);
        await FarEnd.ConnectAsync(node, "spoke");
    }

    [Fact]
    public async Task A_connection_by_the_node_file_of_now_is_taken_also_before_the_service_has_looked_at_that_file()
    {
        await using var node = new PeerNode(NodeFile("old.example.net"));
        node.Start();
        FarEnd? late = null;
        // While the service is at it the file becomes another, and who is its peer by that calls.
        node.Log.Told = line =>
        {
            if (late is null && line.Contains("is connected", StringComparison.Ordinal))
            {
                node.Declare(NodeFile("new.example.net"));
                late = new(node, node.Declared("spoke"));
                late.Say(PeerTranslation.Hello("far", TimeSpan.FromSeconds(30), []));
                // It is read behind the connection.
                Assert.True(SpinWait.SpinUntil(() => late.Unread == 0, TimeSpan.FromSeconds(10)));
            }
        };
        await FarEnd.ConnectAsync(node, "spoke");
        await node.Until(() => late is { Carried.IsCompleted: true } || node.Standing.Current is [{ Peer.Certificate: "new.example.net", IsConnected: true }]);
        Assert.Equal("", late!.Link.Why);
    }

    /// <summary>As where 'listen' is gone from the node file, or names files that cannot be read.</summary>
    [Fact]
    public async Task Where_no_certificate_counts_any_more_connections_end()
    {
        var clock = new SetClock();
        await using var node = new PeerNode(NodeFile("spoke.example.net"), clock);
        node.Start();
        var end = await FarEnd.ConnectAsync(node, "spoke");
        clock.Pass(TimeSpan.FromSeconds(11));
        end.Say(PeerTranslation.KeepAlive(RuleDigest.OfAll([])));
        await node.Until(() => end.Unread == 0 && node.Standing.Current is [{ IsConnected: true }]);
        node.Admission.Credentials = null;
        clock.Pass(TimeSpan.FromSeconds(11));
        end.Say(PeerTranslation.KeepAlive(RuleDigest.OfAll([])));
        await end.Carried;
        Assert.StartsWith("there are no authorities any more", end.Link.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_failed_under_its_old_name_says_nothing_of_the_new_one()
    {
        await using var node = new PeerNode(NodeFile("old.example.net"));
        node.Start();
        await node.Until(() => !node.Standing.Current.IsEmpty);
        await node.Service.MissAsync(node.Declared("spoke") with { Certificate = "older.example.net" }, "it was not at home", node.Stop);
        await FarEnd.ConnectAsync(node, "spoke");
        Assert.DoesNotContain(node.Log.Lines, line => line.Contains("not at home", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("old.example.net", 1)]
    [InlineData("new.example.net", 0)]
    public async Task What_was_asked_for_is_taken_over_by_the_host_that_asked_and_by_no_other(string certificate, int expected)
    {
        var first = new PeerNode(NodeFile("old.example.net"));
        first.Start();
        var end = await FarEnd.ConnectAsync(first, "spoke");
        end.Say(PeerTranslation.ToWire(new RuleUpdate([Rule], [])));
        await first.Until(() => first.Standing.Current is [{ Held.Count: 1 }]);
        await first.EndAsync();
        await using var second = new PeerNode(NodeFile(certificate), earlier: first.Folder);
        Assert.Equal(expected, second.Loop.Inputs.PeerSets.Count);
        Assert.Equal(expected, second.Store.PeerRules().Sum(kept => kept.Rules.Count));
    }

    [Fact]
    public async Task Leases_of_a_version_that_kept_no_certificate_are_nobodys()
    {
        var first = new PeerNode(NodeFile("old.example.net"));
        await first.EndAsync();
        using (var file = new SqliteConnection($"Data Source={System.IO.Path.Combine(first.Folder, "state", Waymark.Daemon.Store.StateStore.FileName)};Pooling=false"))
        {
            file.Open();
            using var command = file.CreateCommand();
            command.CommandText = """
                DROP TABLE peer_lease;
                CREATE TABLE peer_lease (peer TEXT PRIMARY KEY, until TEXT NOT NULL, certified TEXT NOT NULL) STRICT;
                INSERT INTO peer_lease VALUES ('spoke', '2999-01-01T00:00:00Z', '');
                """;
            command.ExecuteNonQuery();
        }
        await using var second = new PeerNode(NodeFile("old.example.net"), earlier: first.Folder);
        Assert.Empty(second.Store.PeerRules());
        const string Why = "an earlier version kept it, and did not keep whose certificate it was asked with";
        Assert.Equal([$"what peer spoke asked for has ended: {Why}"], second.Log.Lines);
        Assert.Equal([$"spoke: peer rules Expired: {Why}"], second.Audited);
        second.Start();
        var end = await FarEnd.ConnectAsync(second, "spoke");
        end.Say(PeerTranslation.ToWire(new RuleUpdate([Rule], [])));
        await second.Until(() => second.Store.PeerRules() is [{ Certificate: "old.example.net", Rules.Count: 1 }]);
    }

    private static string NodeFile(string certificate) => $$"""
        listen { address [::]; certificate "/none/a.pem"; key "/none/a.key"; authority "/none/ca.pem"; }
        peer spoke { certificate "{{certificate}}"; prefix 10.2.0.0/16; }
        """;
}
