using System.Diagnostics;
using System.Text.Json;
using Grpc.Core;
using Waymark.Exchange.Wire;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.SystemTests.Remote;

/// <summary>Changes that are taken back unless they are confirmed, over the network and on the node, whatever becomes of the daemon meanwhile.</summary>
public sealed class ConfirmationTests : IDisposable
{
    private readonly RemoteNode node = new();

    public ConfirmationTests()
    {
        node.Write("a.way", "udp peer 203.0.113.7 port 5060 drop;");
        node.Write("b.way", "udp peer 203.0.113.8 port 5060 drop;");
    }

    public void Dispose() => node.Dispose();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private bool IsInForce(string set) => node.Ask("get policies").Contains(set, StringComparison.Ordinal);

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8:7::1")]
    public void What_is_confirmed_from_afar_stands_and_what_is_not_goes(string server)
    {
        node.Write("node.way", System.IO.File.ReadAllText(node.In("node.way")).Replace("rank 5; may any;", "rank 5; may any; confirm within 120 s;", StringComparison.Ordinal));
        node.Ask("reload");
        var (code, text) = node.Call("fleet", $"apply -f {node.In("a.way")}", server);
        Assert.True(code == 0 && text.Contains("Taken back at ", StringComparison.Ordinal) && text.Contains("unless you say 'waymark confirm' before", StringComparison.Ordinal), text);
        Assert.Contains("1 set of fleet: taken back at ", node.Ask("status"), StringComparison.Ordinal);
        Assert.Contains("unless confirmed", node.Ask("get policies"), StringComparison.Ordinal);
        Assert.Contains("\"confirmBy\"", node.Call("fleet", "get policies -o json", server).Text, StringComparison.Ordinal);
        Assert.Contains("a.way: confirmed", node.Call("fleet", "confirm", server).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("taken back at", node.Ask("status"), StringComparison.Ordinal);
        Assert.Equal(0, node.Call("fleet", $"withdraw a.way", server).Code);
        Assert.Contains("a.way of fleet: withdrawn, and as before at ", node.Ask("get policies"), StringComparison.Ordinal);
        Assert.Equal(0, node.Call("fleet", $"apply -f {node.In("b.way")} --confirm-within 1s", server).Code);
        Assert.True(RemoteNode.Soon(() => IsInForce("a.way:1") && !IsInForce("b.way")), node.Ask("get policies"));
        (code, text) = node.Call("fleet", "confirm", server);
        Assert.True(code == 1 && text.Contains("'fleet' has nothing to confirm", StringComparison.Ordinal), text);
        (code, text) = node.Call("fleet", $"apply -f {node.In("b.way")} --confirm-within 3min", server);
        Assert.True(code == 2 && text.Contains("the node file gives 'fleet' 2 min to confirm", StringComparison.Ordinal), text);
        Assert.Contains("b.way", node.Audit("--outcome reverted"), StringComparison.Ordinal);
        Assert.Contains("confirm", node.Audit("--outcome accepted --requester fleet"), StringComparison.Ordinal);
        Assert.Contains("to be confirmed by", node.Audit("--requester fleet"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("KILL", false)]
    [InlineData("KILL", true)]
    [InlineData("TERM", true)]
    public void It_is_taken_back_also_where_the_daemon_ended_meanwhile(string signal, bool isOver)
    {
        node.Ask($"apply -f {node.In("a.way")}");
        node.Ask("withdraw a.way --confirm-within 5s");
        var answer = node.Ask($"apply -f {node.In("b.way")} --confirm-within {(isOver ? 2 : 12)}s -o json");
        using var json = JsonDocument.Parse(answer);
        var until = json.RootElement.GetProperty("confirmBy").GetDateTimeOffset();
        Shell.Run($"kill -{signal} {node.Process}");
        Assert.True(RemoteNode.Soon(() => !isOver || TimeProvider.System.GetUtcNow() > until));
        node.Start();
        if (isOver)
        {
            // From the first rules on.
            Assert.True(IsInForce("a.way") && !IsInForce("b.way"), node.Ask("get policies"));
        }
        Assert.True(RemoteNode.Soon(() => IsInForce("a.way") && !IsInForce("b.way")), node.Ask("get policies"));
        Assert.Contains("-> drop", node.Ask("explain udp peer 203.0.113.7 port 5060"), StringComparison.Ordinal);
        Assert.DoesNotContain("-> drop", node.Ask("explain udp peer 203.0.113.8 port 5060"), StringComparison.Ordinal);
        Assert.Contains("no longer in force, as before", node.Audit("--outcome reverted"), StringComparison.Ordinal);
        // Too late is not lost.
        node.Ask("undo");
        Assert.True(IsInForce("b.way"));
    }

    [Fact]
    public void What_the_kernel_has_not_followed_is_not_confirmed_and_its_time_begins_when_it_has()
    {
        Shell.Run($"kill -9 {node.Process}");
        node.Start($"WAYMARKD_FAULTS={node.In("faults")}");
        node.Write("faults", "hang 1");
        using var asking = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"ip netns exec {node.Far.Name} timeout 100 {node.CallLine("fleet", $"apply -f {node.In("a.way")} --confirm-within 1h -o json")}"]) { RedirectStandardOutput = true })!;
        try
        {
            Assert.True(RemoteNode.Soon(() => node.Ask("status").Contains("of fleet: taken back at", StringComparison.Ordinal)), node.Ask("status"));
            var (code, text) = node.Call("fleet", "confirm");
            Assert.True(code == 1 && text.Contains("the kernel has not followed yet", StringComparison.Ordinal), text);
        }
        finally
        {
            System.IO.File.Delete(node.In("faults"));
        }
        var followed = TimeProvider.System.GetUtcNow();
        using var json = JsonDocument.Parse(asking.StandardOutput.ReadToEnd());
        asking.WaitForExit();
        Assert.True(json.RootElement.GetProperty("confirmBy").GetDateTimeOffset() >= followed + TimeSpan.FromHours(1));
        Assert.Contains("a.way: confirmed", node.Call("fleet", "confirm").Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_from_before_the_change_cannot_confirm_it()
    {
        using var old = node.Channel("fleet");
        using var anew = node.Channel("fleet");
        var policies = new V1.PolicyService.PolicyServiceClient(old);
        var set = PolicySetTranslation.ToWire(PolicyLanguage.Parse("udp drop;", "a").Set!, withPlaces: true);
        var applied = await policies.ApplyAsync(new() { Name = "a", PolicySet = set, ConfirmWithin = new() { Seconds = 300 } }, cancellationToken: Cancelled);
        Assert.NotNull(applied.ConfirmBy);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await policies.ConfirmAsync(new(), cancellationToken: Cancelled));
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Contains("connect anew", refused.Status.Detail, StringComparison.Ordinal);
        var confirmed = await new V1.PolicyService.PolicyServiceClient(anew).ConfirmAsync(new(), cancellationToken: Cancelled);
        Assert.Equal("a", Assert.Single(confirmed.Sets).Name);
    }
}
