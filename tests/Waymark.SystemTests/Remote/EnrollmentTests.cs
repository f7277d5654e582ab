using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Waymark.SystemTests.Faults;

namespace Waymark.SystemTests.Remote;

/// <summary>A new host comes to its certificate by a code: over real TLS, from another host, and not twice.</summary>
public sealed partial class EnrollmentTests : IDisposable
{
    private readonly RemoteNode node = new();
    private readonly Process serving;

    public EnrollmentTests()
    {
        serving = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", node.Node.Name, DaemonProcess.Program("waymark"), "pki", "serve", "-d", node.In("pki")]) { RedirectStandardOutput = true })!;
        Assert.Contains("listening at [::]:7444", serving.StandardOutput.ReadLine(), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        Shell.Try($"kill -KILL {serving.Id}");
        serving.Dispose();
        node.Dispose();
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("[2001:db8:7::1]:7444")]
    public void A_requester_that_was_invited_asks_the_node_a_moment_later(string at)
    {
        node.Declare("""requester late { certificate "late.example.net"; rank 9; may any; }""");
        node.Ask("reload");
        var code = Invite("late.example.net", at);
        var answer = Enroll(code, "late", "-o json");
        Assert.Equal(0, answer.Code);
        Assert.Equal("late.example.net", JsonDocument.Parse(answer.Text).RootElement.GetProperty("names")[0].GetString());
        Assert.Equal("600", Shell.Run($"stat -c %a {node.In("late/requester.key")}").Trim());
        Assert.Equal("644", Shell.Run($"stat -c %a {node.In("late/requester.pem")}").Trim());
        Assert.Contains(": OK", Shell.Run($"openssl verify -crl_check -CRLfile {node.In("late/crl.pem")} -CAfile {node.In("late/ca.pem")} {node.In("late/requester.pem")}"), StringComparison.Ordinal);
        var (status, text) = Shell.Try($"ip netns exec {node.Far.Name} timeout 30 {DaemonProcess.Program("waymark")} --server 192.0.2.1 --cert {node.In("late/requester.pem")} --key {node.In("late/requester.key")} --ca {node.In("late/ca.pem")} get policies");
        Assert.True(status == 0, text);
        Assert.Matches(@"late.example.net: enrolled from (192\.0\.2\.7|2001:db8:7::[78])", serving.StandardOutput.ReadLine()!);
        // The key was made there, and is nowhere else.
        Assert.Empty(System.IO.Directory.GetFiles(node.In("pki"), "*late*", System.IO.SearchOption.AllDirectories));
        Assert.Contains("late.example.net", node.Pki("list"), StringComparison.Ordinal);

        var again = Enroll(code, "again");
        Assert.True(again.Code == 1 && again.Text.Contains("it was followed already", StringComparison.Ordinal), again.Text);
        Assert.Empty(System.IO.Directory.GetFiles(node.In("again")));
        Assert.Contains("refused: no invitation has this code", serving.StandardOutput.ReadLine(), StringComparison.Ordinal);
        // Nothing is written over, and no code used up for that.
        var third = Invite("late.example.net", at);
        Assert.Contains("is there already", Enroll(third, "late").Text, StringComparison.Ordinal);
        Assert.Equal(0, Enroll(third, "third").Code);
    }

    [Fact]
    public void A_node_that_was_invited_listens_with_what_came()
    {
        var answer = Enroll(Invite("--host van-13.example.net 192.0.2.1 2001:db8:7::1", "192.0.2.1"), "new", "--name van-13.example.net");
        Assert.True(answer.Code == 0, answer.Text);
        var listen = answer.Text.Split("For the node file: ")[1].Trim();
        node.Write("node.way", $$"""{{listen}} requester fleet { certificate "fleet.example.net"; rank 5; may any; }""");
        node.Ask("reload");
        Assert.True(RemoteNode.Soon(() => node.Call("fleet", "status -o json").Code == 0 && node.Logged.Contains("new/node.pem is this node's certificate", StringComparison.Ordinal)), node.Logged);
        Assert.Contains("'van-13.example.net'", node.Call("fleet", "status", "192.0.2.1:7443").Code == 0 ? "'van-13.example.net'" : node.Logged, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_name_another_authority_and_another_program_get_nothing()
    {
        var code = Invite("van-13.example.net", "192.0.2.1");
        var answer = Enroll(code, "a", "--name van-14.example.net");
        Assert.True(answer.Code == 1 && answer.Text.Contains("the code is for van-13.example.net, not for 'van-14.example.net'", StringComparison.Ordinal), answer.Text);
        // A code of another authority for the same address: the one that answers is not it.
        Shell.Run($"{DaemonProcess.Program("waymark")} pki init -d {node.In("other")}");
        var theirs = Shell.Run($"{DaemonProcess.Program("waymark")} pki invite van-13.example.net --at 192.0.2.1 -d {node.In("other")}");
        answer = Enroll(CodeIn(theirs), "b");
        Assert.True(answer.Code == 1 && answer.Text.Contains("is another authority than the code names: nothing was sent to it", StringComparison.Ordinal), answer.Text);
        // The node's own port, which wants a certificate.
        answer = Enroll(Invite("van-13.example.net", "192.0.2.1:7443"), "c");
        Assert.True(answer.Code == 1 && answer.Text.Contains("is it 'waymark pki serve' that listens there", StringComparison.Ordinal), answer.Text);
        answer = Enroll(Invite("van-13.example.net", "192.0.2.1:9"), "d");
        Assert.True(answer.Code == 1 && answer.Text.Contains("192.0.2.1:9 does not answer", StringComparison.Ordinal), answer.Text);
        answer = Enroll("wm1.AAAA", "e");
        Assert.True(answer.Code == 2 && answer.Text.Contains("no code of 'waymark pki invite'", StringComparison.Ordinal), answer.Text);
        // All that was tried left the code as it was, and no key lies about.
        Assert.Equal(0, Enroll(code, "f").Code);
        foreach (var folder in new[] { "a", "b", "c", "d" })
        {
            Assert.Empty(System.IO.Directory.GetFiles(node.In(folder)));
        }
    }

    [Fact]
    public void Who_guesses_is_soon_not_answered_and_who_was_invited_still_is()
    {
        var code = Invite("van-13.example.net", "192.0.2.1");
        Shell.Run($"{DaemonProcess.Program("waymark")} pki init -d {node.In("other")}");
        // 8 at a time, of which none ends well.
        var text = Shell.Try($"ip netns exec {node.Far.Name} sh -c 'for i in $(seq 40); do timeout 5 openssl s_client -connect 192.0.2.1:7444 -tls1_3 < /dev/null > /dev/null 2>&1 || echo closed; done'").Text;
        Assert.InRange(ClosedCount().Count(text), 10, 40);
        // Both ends are told.
        var turned = Enroll(code, "e");
        Assert.True(turned.Code == 1 && turned.Text.Contains("takes nobody from here now", StringComparison.Ordinal), turned.Text);
        string? line;
        do
        {
            line = serving.StandardOutput.ReadLine();
        }
        while (line is not null && !line.Contains("192.0.2.7: turned away", StringComparison.Ordinal));
        Assert.NotNull(line);
        // From another address.
        node.Far.Ip("route add 192.0.2.1/32 dev f0 src 192.0.2.8");
        Assert.Equal(0, Enroll(code, "f").Code);
    }

    [Fact]
    public void An_enrolment_whose_output_nobody_takes_is_none_the_less()
    {
        var code = Invite("late.example.net", "192.0.2.1");
        var (status, text) = Shell.Try($"(echo {code} | ip netns exec {node.Far.Name} timeout 60 {DaemonProcess.Program("waymark")} enroll - --into {node.In("late")} > /dev/full)");
        Assert.True(status == 1 && text.Contains("only this could not be printed", StringComparison.Ordinal), text);
        foreach (var file in new[] { "requester.pem", "requester.key", "ca.pem", "crl.pem" })
        {
            Assert.True(System.IO.File.Exists(node.In($"late/{file}")), file);
        }
    }

    [Fact]
    public void What_came_and_cannot_be_written_has_used_the_code_up()
    {
        var code = Invite("late.example.net", "192.0.2.1");
        System.IO.Directory.CreateDirectory(node.In("late"));
        Shell.Run($"mount -t tmpfs -o size=8k none {node.In("late")}");
        try
        {
            var (status, text) = Enroll(code, "late");
            Assert.True(status == 1 && text.Contains("the code is used up", StringComparison.Ordinal), text);
            Assert.Empty(System.IO.Directory.GetFiles(node.In("late")));
        }
        finally
        {
            Shell.Run($"umount {node.In("late")}");
        }
    }

    private string Invite(string names, string at) => CodeIn(node.Pki($"invite {names} --at {at}"));

    private (int Code, string Text) Enroll(string code, string into, string more = "") =>
        Shell.Try($"echo {code} | ip netns exec {node.Far.Name} timeout 60 {DaemonProcess.Program("waymark")} enroll - --into {node.In(into)} {more}");

    private static string CodeIn(string text) => CodeText().Match(text).Value;

    [GeneratedRegex(@"wm1\.[A-Za-z0-9_-]+")]
    private static partial Regex CodeText();

    [GeneratedRegex("closed")]
    private static partial Regex ClosedCount();
}
