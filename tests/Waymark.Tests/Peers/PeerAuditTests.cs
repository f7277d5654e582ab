using Waymark.Daemon.Peers;
using Waymark.Exchange.Wire;
using Waymark.Nodes;
using Waymark.Peers;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Tests.Peers;

/// <summary>Each rule of a peer that is rejected, and the end of its rules, is told: whatever it came from.</summary>
public sealed class PeerAuditTests : IAsyncDisposable
{
    private const string Tunnel = "path t1 { interface wg1; gateway 10.3.1.2; peer spoke; shared 1; }";

    private readonly PeerNode node = new(Text("spoke.example.net", Tunnel));

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_is_in_the_node_file_no_longer_loses_his_rules_and_that_is_told(bool isAnother)
    {
        await AskAsync();
        node.Declare(isAnother ? Text("another.example.net", "") : "");
        await node.Until(() => node.Store.PeerRules().Count == 0 && node.Audited.Count > 1 && node.Log.Lines.Count > 1);
        const string Why = "the node file has no such peer with the certificate 'spoke.example.net' any more";
        Assert.Equal($"spoke: peer rules Expired: {Why}", node.Audited[^1]);
        Assert.Contains($"what peer spoke asked for has ended: {Why}", node.Log.Lines);
    }

    [Fact]
    public async Task A_rule_that_another_node_file_rejects_is_told_once()
    {
        var end = await AskAsync();
        node.Declare(Text("spoke.example.net", ""));
        await node.Until(() => node.Audited.Count > 1);
        Assert.StartsWith("spoke: peer rule Refused: no path that is shared with 'spoke' has the number 1 here", node.Audited[^1], StringComparison.Ordinal);
        // Judged again, with the same end.
        node.Declare(Text("spoke.example.net", "path other { interface eth7; }"));
        end.Say(PeerTranslation.ToWire(new RuleUpdate([Rule("s", new PeerWish.Own(new PolicyAction.Drop(), []))], [])));
        await node.Until(() => node.Standing.Current is [{ Held.Count: 2 }]);
        Assert.Equal(1, node.Standing.Current[0].Refusals);
        Assert.Single(node.Audited, line => line.Contains("Refused", StringComparison.Ordinal));
    }

    [Fact]
    public void Only_what_is_found_to_be_something_else_is_told()
    {
        var account = new PeerAccount(node.Declared("spoke"), () => 0);
        account.Keeping.Take(new([Shared], []), default);
        Assert.NotNull(Assert.Single(account.Judge(NodeFile.Default, default)).Fault);
        account.JudgeAgain();
        Assert.Empty(account.Judge(NodeFile.Default, default));
        account.JudgeAgain();
        Assert.Null(Assert.Single(account.Judge(node.File, default)).Fault);
        Assert.Single(account.Sets);
    }

    private static RuleBytes Shared => Rule("r", new PeerWish.Shared(new([1], IsStrict: false, null), SharedChoice.None));

    private static RuleBytes Rule(string name, PeerWish wish) => PeerTranslation.ToWire(new PeerRule(name, 0, [], PolicyLanguage.ParseFlows("udp peer 10.2.0.1", "f", out _)!.Value, Established.Keep, wish));

    /// <summary>A peer has asked for a rule, and that was told.</summary>
    private async Task<FarEnd> AskAsync()
    {
        node.Start();
        var end = await FarEnd.ConnectAsync(node, "spoke");
        end.Say(PeerTranslation.ToWire(new RuleUpdate([Shared], [])));
        await node.Until(() => node.Standing.Current is [{ Held.Count: 1 }]);
        Assert.Equal(["spoke: peer rules Accepted: 1 new, 0 taken back, 1 in all"], node.Audited);
        return end;
    }

    private static string Text(string certificate, string path) => $$"""
        listen { address [::]; certificate "/none/a.pem"; key "/none/a.key"; authority "/none/ca.pem"; }
        peer spoke { certificate "{{certificate}}"; prefix 10.2.0.0/16; }
        {{path}}
        """;
}
