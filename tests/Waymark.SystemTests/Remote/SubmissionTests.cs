using System.Diagnostics;
using Waymark.SystemTests.Faults;

namespace Waymark.SystemTests.Remote;

/// <summary>The daemon dies when a request is done and not yet answered.</summary>
public sealed class SubmissionTests : IDisposable
{
    private readonly RemoteNode node = new();

    public SubmissionTests()
    {
        node.Write("a.way", "udp peer 203.0.113.7 port 5060 drop;");
        node.Write("b.way", "udp peer 203.0.113.7 port 5060 default;");
    }

    public void Dispose() => node.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8:7::1")]
    public void Who_asked_gets_his_answer_from_the_next_one_and_it_was_done_once(string server)
    {
        Assert.Equal(0, Try($"apply -f {node.In("a.way")} --name a").Code);
        Shell.Run($"kill -9 {node.Process}");
        node.Start($"WAYMARKD_FAULTS={node.In("faults")}");
        // Written already, and the kernel not asked yet: the last point before the answer.
        node.Write("faults", "kill 1");
        using var asking = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Line($"apply -f {node.In("b.way")} --name a")]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var died = RemoteNode.Soon(() => !System.IO.Directory.Exists($"/proc/{node.Process}") || System.IO.File.ReadAllText($"/proc/{node.Process}/stat").Contains(") Z", StringComparison.Ordinal));
        System.IO.File.Delete(node.In("faults"));
        Assert.True(died, "the daemon lives on");
        node.Start();
        var (text, error) = (asking.StandardOutput.ReadToEnd(), asking.StandardError.ReadToEnd());
        asking.WaitForExit();
        Assert.True(asking.ExitCode == 0 && text.Contains("a: in force", StringComparison.Ordinal), text + error);
        Assert.Contains("asked for again; done once", node.Audit(), StringComparison.Ordinal);
        // One change more than the first, and no other.
        Assert.Contains("a: in force as it was before", Try("undo").Text, StringComparison.Ordinal);
        Assert.Contains("a: no longer in force, as before", Try("undo").Text, StringComparison.Ordinal);
        Assert.Contains("has no change to undo", Try("undo").Text, StringComparison.Ordinal);

        (int Code, string Text) Try(string arguments) => Shell.Try(Line(arguments));

        string Line(string arguments) => server.Length == 0
            ? $"ip netns exec {node.Node.Name} timeout 60 {DaemonProcess.Program("waymark")} --socket {node.In("sock")} {arguments}"
            : $"ip netns exec {node.Far.Name} timeout 60 {node.CallLine("fleet", arguments, server)}";
    }

    [Fact]
    public void Where_nobody_is_from_the_first_it_is_said_at_once()
    {
        Shell.Run($"kill -9 {node.Process}");
        Assert.Equal(3, node.TryAsk($"apply -f {node.In("a.way")}").Code);
        var (code, text) = node.Call("fleet", $"apply -f {node.In("a.way")}");
        Assert.True(code == 3 && text.Contains("nothing listens at", StringComparison.Ordinal) && !text.Contains("is not known", StringComparison.Ordinal), text);
    }
}
