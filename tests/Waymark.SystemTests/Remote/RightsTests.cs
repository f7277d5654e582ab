using Grpc.Core;
using Waymark.Exchange.Wire.V1;

namespace Waymark.SystemTests.Remote;

/// <summary>What a requester of another host may, and what he tries.</summary>
public sealed class RightsTests : IDisposable
{
    private readonly RemoteNode node = new();

    public void Dispose() => node.Dispose();

    [Theory]
    [InlineData("udp peer 203.0.113.0/24, udp peer 203.0.114.0 drop;")]
    [InlineData("udp peer 203.0.112.255 drop;")]
    [InlineData("udp peer 203.0.112.0/23 drop;")]
    [InlineData("udp peer 2001:db8:cafe::/47 drop;")]
    [InlineData("udp peer 2001:db8:caff:: drop;")]
    [InlineData("udp drop;")]
    [InlineData("tcp peer 203.0.113.7 drop;")]
    [InlineData("ip4 any drop;")]
    public void Flows_of_others_are_refused_down_to_one_address(string policy)
    {
        node.Write("a.way", $"udp peer 203.0.113.7 drop; {policy}");
        var (code, text) = node.Call("phone", $"apply -f {node.In("a.way")}");
        Assert.True(code == 1 && text.Contains("'phone' may ask for 'udp peer 203.0.113.0/24, udp peer 2001:db8:cafe::/48' only", StringComparison.Ordinal), text);
        // Not even the part that it might.
        Assert.DoesNotContain("a.way", node.Ask("get policies"), StringComparison.Ordinal);
        Assert.Equal(1, node.Call("phone", $"plan -f {node.In("a.way")}").Code);
        Assert.Contains("is more than that", node.Audit("--requester phone --outcome refused"), StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_gets_a_better_rank_or_anothers_name_by_asking()
    {
        node.Write("root.way", "udp peer 203.0.113.7 port 5060 drop;");
        node.Ask($"apply -f {node.In("root.way")}");
        node.Write("mine.way", "udp peer 203.0.113.7 port 5060 drop;");
        // Of the same name as another's, and with another's name in everything that it may choose.
        Assert.Equal(0, node.Call("phone", $"apply -f {node.In("mine.way")} --name root.way").Code);
        Assert.Contains("decided by root.way:1 of root", node.Ask("explain udp peer 203.0.113.7 port 5060"), StringComparison.Ordinal);
        foreach (var (attempt, expected) in new[]
        {
            ("withdraw root.way --requester root", "'phone' may not withdraw sets of 'root'"),
            ("reload", "may not administer the node"),
            ("audit", "may not administer the node"),
            ("path disable n0", "may not administer the node"),
            ("quota set n0 1 GB", "may not administer the node"),
            ("characteristic set n0 cost 1", "n0"),
        })
        {
            var (code, text) = node.Call("phone", attempt);
            Assert.True(code != 0 && text.Contains(expected, StringComparison.Ordinal), $"{attempt}: {text}");
        }
        // What may any flows is not what may change the node, over the network.
        Assert.Contains("may not administer the node", node.Call("fleet", "reload").Text, StringComparison.Ordinal);
        Assert.Contains("'fleet' may not withdraw sets of 'root'", node.Call("fleet", "withdraw root.way --requester root").Text, StringComparison.Ordinal);
        Assert.Contains("decided by root.way:1 of root", node.Ask("explain udp peer 203.0.113.7 port 5060"), StringComparison.Ordinal);
        Assert.Equal(0, node.Call("chief", "reload").Code);
        Assert.Equal(0, node.Call("chief", "withdraw root.way --requester root").Code);
        Assert.Contains("'phone' may not withdraw sets of 'root'", node.Call("chief", "audit").Text, StringComparison.Ordinal);
        Assert.Contains("decided by root.way:1 of phone", node.Ask("explain udp peer 203.0.113.7 port 5060"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../../../../etc/waymark/policy.d/x.way")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("a\n12:00:00.000 info: Waymark.Daemon.Requests.PolicyBook[9] root applied b")]
    [InlineData("a\r\u001b[2J\u001b]0;title\u0007")]
    [InlineData("a\u2028root applied b\u0085c")]
    [InlineData("\u202eyaw.toor")]
    [InlineData("a\0b")]
    public async Task A_name_leads_nowhere_and_writes_no_line(string name)
    {
        using var channel = node.Channel("phone");
        var policies = new PolicyService.PolicyServiceClient(channel);
        var lines = node.Logged.Split('\n').Length;
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await policies.ApplyAsync(new() { Name = name, PolicySet = new() }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        refused = await Assert.ThrowsAsync<RpcException>(async () => await policies.WithdrawAsync(new() { Name = name, Requester = name }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(refused.StatusCode, new[] { StatusCode.PermissionDenied, StatusCode.NotFound });
        refused = await Assert.ThrowsAsync<RpcException>(async () => await new CharacteristicService.CharacteristicServiceClient(channel).ClearCharacteristicAsync(
            new() { Path = name, Name = name, Requester = name }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(refused.StatusCode, new[] { StatusCode.PermissionDenied, StatusCode.NotFound, StatusCode.InvalidArgument });
        Assert.Equal(lines, node.Logged.Split('\n').Length);
        var records = node.Audit("--requester phone").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        // Its heading and three refusals, each one line.
        Assert.True(records.Length == 4, string.Join('\n', records));
        Assert.All(records[1..], line => Assert.Contains("refused", line, StringComparison.Ordinal));
        Assert.DoesNotContain(string.Concat(records), c => char.IsControl(c) || c is '\u2028' or '\u202e');
        Assert.Equal(3, System.IO.File.ReadAllLines(node.In("state/audit/requests.log")).Count(line => line.Length > 0));
        Assert.Equal(["audit"], System.IO.Directory.GetDirectories(node.In("state")).Select(System.IO.Path.GetFileName));
    }
}
