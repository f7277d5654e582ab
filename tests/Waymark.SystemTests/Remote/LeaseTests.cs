using System.Diagnostics;
using Waymark.SystemTests.Faults;

namespace Waymark.SystemTests.Remote;

/// <summary>Sets that are in force while their requester is connected: however the connection ends, they go.</summary>
public sealed class LeaseTests : IDisposable
{
    private readonly RemoteNode node = new();
    private readonly List<Process> holders = [];

    public LeaseTests() => node.Write("a.way", "udp peer 203.0.113.7 port 5060 drop;");

    public void Dispose()
    {
        foreach (var holder in holders)
        {
            Shell.Try($"kill -KILL {holder.Id}");
            holder.Dispose();
        }
        node.Dispose();
    }

    private bool IsHeld => node.Ask("get policies").Contains("a.way", StringComparison.Ordinal);

    [Theory]
    [InlineData("", "KILL")]
    [InlineData("", "INT")]
    [InlineData("192.0.2.1", "KILL")]
    [InlineData("2001:db8:7::1", "INT")]
    public void A_set_goes_with_the_program_that_holds_it(string server, string signal)
    {
        var holder = Hold(server);
        Assert.Contains("while connected", node.Ask("get policies"), StringComparison.Ordinal);
        Assert.Contains("-> drop", node.Ask("explain udp peer 203.0.113.7 port 5060"), StringComparison.Ordinal);
        Assert.Contains("\"isHeld\"", node.Ask("get policies -o json"), StringComparison.Ordinal);
        Shell.Run($"kill -{signal} {holder.Id}");
        Assert.True(RemoteNode.Soon(() => !IsHeld), node.Ask("get policies"));
        holder.WaitForExit();
        Assert.Equal(signal == "INT" ? 0 : 137, holder.ExitCode);
        Assert.Contains("apply --while-connected", node.Audit("--outcome accepted"), StringComparison.Ordinal);
        Assert.Contains(signal == "INT" ? "withdraw" : "its connection ended", node.Audit(), StringComparison.Ordinal);
        Assert.DoesNotContain("-> drop", node.Ask("explain udp peer 203.0.113.7 port 5060"), StringComparison.Ordinal);
    }

    [Fact]
    public void It_goes_when_the_network_is_gone_and_nobody_could_say_so()
    {
        Hold("192.0.2.1");
        node.Far.Ip("link set f0 down");
        Assert.True(RemoteNode.Soon(() => !IsHeld), node.Ask("get policies"));
        Assert.Contains("its connection ended", node.Audit("--outcome expired"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("192.0.2.1")]
    public void It_goes_with_the_daemon_and_is_held_again_by_who_is_still_there(string server)
    {
        var holder = Hold(server);
        Shell.Run($"kill -STOP {holder.Id}");
        Shell.Run($"kill -KILL {node.Process}");
        node.Start();
        Assert.False(IsHeld, node.Ask("get policies"));
        Shell.Run($"kill -CONT {holder.Id}");
        Assert.True(RemoteNode.Soon(() => IsHeld), node.Ask("get policies"));
    }

    [Fact]
    public void A_grace_is_waited_for_and_no_longer()
    {
        var first = Hold("192.0.2.1", "--grace 5min");
        Shell.Run($"kill -KILL {first.Id}");
        Assert.True(RemoteNode.Soon(() => node.Ask("get policies").Contains("unless connected again", StringComparison.Ordinal)), node.Ask("get policies"));
        var revision = node.Ask("status -o json");
        var second = Hold("2001:db8:7::1", "--grace 1s");
        Assert.Equal(Revision(revision), Revision(node.Ask("status -o json")));
        Shell.Run($"kill -KILL {second.Id}");
        Assert.True(RemoteNode.Soon(() => !IsHeld), node.Ask("get policies"));

        static string Revision(string status) => System.Text.Json.JsonDocument.Parse(status).RootElement.GetProperty("revision").GetString()!;
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("--grace 5min", false)]
    [InlineData("--grace 5min", true)]
    public void Who_is_revoked_holds_nothing_more(string grace, bool isGone)
    {
        var holder = Hold("192.0.2.1", grace);
        if (isGone)
        {
            Shell.Run($"kill -KILL {holder.Id}");
            Assert.True(RemoteNode.Soon(() => node.Ask("get policies").Contains("unless connected again", StringComparison.Ordinal)), node.Ask("get policies"));
        }
        node.Pki($"revoke {node.In("fleet.example.net.pem")}");
        Assert.True(RemoteNode.Soon(() => !IsHeld), node.Ask("get policies"));
    }

    [Fact]
    public void Withdrawing_ends_the_program_that_holds_it_and_another_takes_over()
    {
        var first = Hold("192.0.2.1");
        var second = Hold("192.0.2.1");
        first.WaitForExit();
        Assert.Equal(1, first.ExitCode);
        Assert.Contains("another connection holds 'a.way' now", first.StandardError.ReadToEnd(), StringComparison.Ordinal);
        Assert.Contains("It was held by a connection.", node.Call("fleet", "withdraw a.way").Text, StringComparison.Ordinal);
        second.WaitForExit();
        Assert.Equal(1, second.ExitCode);
        Assert.Contains("'a.way' was withdrawn", second.StandardError.ReadToEnd(), StringComparison.Ordinal);
        Assert.False(IsHeld);
    }

    /// <summary>Starts a program that holds the set, and waits until it does.</summary>
    private Process Hold(string server, string more = "")
    {
        var arguments = $"apply -f {node.In("a.way")} --while-connected {more}";
        var line = server.Length == 0 ? $"ip netns exec {node.Node.Name} {DaemonProcess.Program("waymark")} --socket {node.In("sock")} {arguments}" : $"ip netns exec {node.Far.Name} {node.CallLine("fleet", arguments, server)}";
        var holder = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec {line}"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        holders.Add(holder);
        var said = holder.StandardOutput.ReadLine();
        Assert.True(said is not null && said.Contains("in force", StringComparison.Ordinal), said ?? holder.StandardError.ReadToEnd());
        return holder;
    }
}
