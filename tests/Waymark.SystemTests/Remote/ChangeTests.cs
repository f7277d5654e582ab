using System.Diagnostics;
using Grpc.Core;
using Waymark.Exchange.Wire.V1;
using Waymark.SystemTests.Faults;

namespace Waymark.SystemTests.Remote;

/// <summary>Certificates, authorities and lists that change while the daemon runs and requesters are connected.</summary>
public sealed class ChangeTests : IDisposable
{
    private readonly RemoteNode node = new();

    public void Dispose() => node.Dispose();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8:7::1")]
    public async Task Who_is_revoked_while_connected_asks_nothing_more_and_sees_nothing_more(string server)
    {
        using var channel = node.Channel("fleet", server);
        using var other = node.Channel("phone", server);
        var policies = new PolicyService.PolicyServiceClient(channel);
        using var watch = new WatchService.WatchServiceClient(channel).Watch(new(), cancellationToken: Cancelled);
        await watch.ResponseHeadersAsync;
        using var others = new WatchService.WatchServiceClient(other).Watch(new(), cancellationToken: Cancelled);
        await others.ResponseHeadersAsync;
        await policies.ListPolicySetsAsync(new(), cancellationToken: Cancelled);
        node.Pki($"revoke {node.In("fleet.example.net.pem")}");
        await EndsAsync(watch);
        await Assert.ThrowsAsync<RpcException>(async () => await policies.ApplyAsync(new() { Name = "late", PolicySet = new() }, cancellationToken: Cancelled));
        Assert.DoesNotContain("late", node.Ask("get policies"), StringComparison.Ordinal);
        Assert.Contains("was revoked on", node.Audit("--outcome refused"), StringComparison.Ordinal);
        // The other one has lost nothing.
        node.Write("a.way", "udp peer 203.0.113.7 port 5060 drop;");
        node.Ask($"apply -f {node.In("a.way")}");
        Assert.True(await others.ResponseStream.MoveNext(Cancelled));
    }

    [Fact]
    public async Task Whom_the_node_file_no_longer_names_is_put_out()
    {
        using var channel = node.Channel("fleet");
        using var watch = new WatchService.WatchServiceClient(channel).Watch(new(), cancellationToken: Cancelled);
        await watch.ResponseHeadersAsync;
        node.Write("node.way", System.IO.File.ReadAllText(node.In("node.way")).Replace("fleet.example.net", "gone.example.net", StringComparison.Ordinal));
        node.Ask("reload");
        await EndsAsync(watch);
    }

    [Fact]
    public async Task Who_is_another_requester_by_now_is_put_out()
    {
        using var channel = node.Channel("fleet");
        using var watch = new WatchService.WatchServiceClient(channel).Watch(new(), cancellationToken: Cancelled);
        await watch.ResponseHeadersAsync;
        node.Write("node.way", System.IO.File.ReadAllText(node.In("node.way")).Replace("requester fleet", "requester ships", StringComparison.Ordinal));
        node.Ask("reload");
        await EndsAsync(watch);
        Assert.Contains("it asked as 'fleet', and is 'ships' by the node file now", node.Audit("--outcome refused"), StringComparison.Ordinal);
        Assert.Equal(0, node.Call("fleet", "status").Code);
    }

    [Fact]
    public async Task A_peer_that_was_a_requester_too_is_put_out_when_it_is_a_peer_alone()
    {
        const string Desk = "requester desk { certificate \"hq.example.net\"; rank 7; may any; }";
        node.Pki($"issue --host hq.example.net --into {node.In("hq")}");
        foreach (var end in new[] { "pem", "key" })
        {
            System.IO.File.Move(node.In($"hq/hq.example.net.{end}"), node.In($"hq.example.net.{end}"));
        }
        node.Declare(Desk + " peer hq { certificate \"hq.example.net\"; prefix 203.0.113.0/24; }");
        node.Ask("reload");
        using var channel = node.Channel("hq");
        using var watch = new WatchService.WatchServiceClient(channel).Watch(new(), cancellationToken: Cancelled);
        await watch.ResponseHeadersAsync;
        node.Write("node.way", System.IO.File.ReadAllText(node.In("node.way")).Replace(Desk, "", StringComparison.Ordinal));
        node.Ask("reload");
        await EndsAsync(watch);
    }

    [Fact]
    public void A_renewed_certificate_counts_without_a_restart_and_one_that_is_wrong_does_not()
    {
        string Serial() => Shell.Run($"ip netns exec {node.Far.Name} openssl s_client -connect 192.0.2.1:7443 -cert {node.In("fleet.example.net.pem")} -key {node.In("fleet.example.net.key")} < /dev/null 2> /dev/null | openssl x509 -noout -serial");
        var first = Serial();
        node.Pki($"renew {node.In("van.example.net.pem")}");
        Assert.True(RemoteNode.Soon(() => Serial() != first), "the renewed certificate is not shown");
        var (second, good) = (Serial(), System.IO.File.ReadAllText(node.In("van.example.net.pem")));
        // A certificate of another key: what was there before counts on, and it is said why.
        Shell.Run($"cp {node.In("fleet.example.net.pem")} {node.In("van.example.net.pem")}");
        Assert.True(RemoteNode.Soon(() => node.Ask("status").Contains("what certificates and lists said before counts", StringComparison.Ordinal)), node.Ask("status"));
        Assert.Equal(second, Serial());
        Assert.Contains("van.example.net.key does not hold the key of", node.Logged, StringComparison.Ordinal);
        // So does a list of another authority, which would let everybody in who was revoked.
        node.Pki($"revoke {node.In("phone.example.net.pem")}");
        node.Write("van.example.net.pem", good);
        Assert.True(RemoteNode.Soon(() => node.Call("phone", "status").Code == 3 && !node.Ask("status").Contains("before counts", StringComparison.Ordinal)), node.Ask("status"));
        Shell.Run($"{DaemonProcess.Program("waymark")} pki init --name Other -d {node.In("other")}; cp {node.In("other/crl.pem")} {node.In("pki/crl.pem")}");
        Assert.True(RemoteNode.Soon(() => node.Ask("status").Contains("it is not signed by the authority 'Waymark authority'", StringComparison.Ordinal)), node.Ask("status"));
        Assert.Equal((0, 3), (node.Call("fleet", "status").Code, node.Call("phone", "status").Code));
    }

    [Fact]
    public void A_key_that_others_can_read_is_not_used()
    {
        Shell.Run($"chmod 640 {node.In("van.example.net.key")}; touch {node.In("van.example.net.pem")}");
        Assert.True(RemoteNode.Soon(() => node.Ask("status").Contains("'chmod 600", StringComparison.Ordinal)), node.Ask("status"));
        var (code, text) = Shell.Try($"{DaemonProcess.Program("waymarkd")} check-config --node-file {node.In("node.way")} --policy-directory {node.In("policy.d")}");
        Assert.True(code == 2 && text.Contains("'listen': ", StringComparison.Ordinal) && text.Contains("'chmod 600", StringComparison.Ordinal), text);
        Assert.Equal(0, node.Call("fleet", "status").Code);
    }

    [Fact]
    public void What_ends_soon_is_told()
    {
        node.Pki($"issue --host van.example.net 192.0.2.1 --days 3 --into {node.In("policy.d")}");
        Shell.Run($"mv {node.In("policy.d/van.example.net.key")} {node.In("policy.d/van.example.net.pem")} {System.IO.Path.GetDirectoryName(node.In("x"))}");
        Assert.True(RemoteNode.Soon(() => node.Ask("status").Contains("van.example.net.pem ends on", StringComparison.Ordinal)), node.Ask("status"));
        Assert.Contains("renew it ('waymark pki renew')", node.Logged, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_asked_for_survives_kill_9_in_policies_and_in_the_log()
    {
        node.Write("a.way", "udp peer 203.0.113.7 port 5060 drop;");
        Assert.Equal(0, node.Call("phone", $"apply -f {node.In("a.way")}").Code);
        Shell.Run($"kill -9 {node.Process}");
        node.Start();
        Assert.Contains("decided by a.way:1 of phone", node.Ask("explain udp peer 203.0.113.7 port 5060"), StringComparison.Ordinal);
        Assert.Contains("apply", node.Audit("--requester phone"), StringComparison.Ordinal);
        Assert.Equal(0, node.Call("phone", "undo").Code);
    }

    [Fact]
    public void What_local_users_ask_for_and_what_ends_by_itself_is_in_the_log_too()
    {
        node.Write("a.way", "udp peer 203.0.113.7 port 5060 drop lifetime 2 s;");
        node.Ask($"apply -f {node.In("a.way")}");
        node.TryAsk("withdraw nothing");
        Assert.True(RemoteNode.Soon(() => node.Audit("--outcome expired").Contains("the policy's lifetime is over", StringComparison.Ordinal)), node.Audit());
        var lines = node.Audit("--requester root").Split('\n');
        Assert.Contains(lines, line => line.Contains("user root", StringComparison.Ordinal) && line.Contains("apply", StringComparison.Ordinal) && line.Contains("accepted", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("withdraw", StringComparison.Ordinal) && line.Contains("refused", StringComparison.Ordinal) && line.Contains("'root' has no policy set 'nothing'", StringComparison.Ordinal));
        Assert.Contains("\"outcome\": \"AUDIT_OUTCOME_EXPIRED\"", node.Audit("-o json"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_ended_while_no_daemon_ran_and_what_a_signal_asked_for_is_in_the_log_once()
    {
        node.Write("a.way", "udp peer 203.0.113.7 port 5060 drop lifetime 1 s;");
        node.Write("b.way", "udp peer 203.0.113.8 port 5060 drop lifetime 2 s;");
        node.Ask($"apply -f {node.In("a.way")}");
        Assert.True(RemoteNode.Soon(() => node.Audit("--outcome expired").Contains("a.way", StringComparison.Ordinal)), node.Audit());
        node.Ask($"apply -f {node.In("b.way")}");
        var over = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(2);
        Shell.Run($"kill -9 {node.Process}");
        Assert.True(RemoteNode.Soon(() => TimeProvider.System.GetUtcNow() > over));
        node.Start();
        Assert.True(RemoteNode.Soon(() => node.Audit("--outcome expired").Contains("b.way", StringComparison.Ordinal)), node.Audit());
        Shell.Run($"kill -9 {node.Process}");
        node.Start();
        Shell.Run($"kill -HUP {node.Process}");
        Assert.True(RemoteNode.Soon(() => node.Audit("--outcome accepted").Contains("signal HUP", StringComparison.Ordinal)), node.Audit());
        node.Write("node.way", "requester {");
        Shell.Run($"kill -HUP {node.Process}");
        Assert.True(RemoteNode.Soon(() => node.Audit("--outcome refused").Contains("signal HUP", StringComparison.Ordinal)), node.Audit());
        var lines = node.Audit("--outcome expired").Split('\n');
        Assert.Single(lines, line => line.Contains("a.way", StringComparison.Ordinal));
        Assert.Single(lines, line => line.Contains("b.way", StringComparison.Ordinal));
    }

    [Fact]
    public void A_state_directory_of_somebody_else_is_not_used()
    {
        Shell.Run($"kill -9 {node.Process}; chown 65534 {node.In("state")}");
        var (code, text) = Shell.Try($"ip netns exec {node.Node.Name} timeout 20 {DaemonProcess.Program("waymarkd")} --node-file {node.In("node.way")} --policy-directory {node.In("policy.d")} --state-directory {node.In("state")} --socket {node.In("sock")}");
        Assert.True(code == 1 && text.Contains($"'chown root {node.In("state")}'", StringComparison.Ordinal), text);
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8:7::1")]
    public void On_the_wire_there_is_TLS_alone(string server)
    {
        using var capture = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", node.Far.Name, "tshark", "-q", "-i", "f0", "-w", node.In("wire.pcapng"), "tcp", "port", "7443"]) { RedirectStandardError = true })!;
        // It says so when it listens.
        while (capture.StandardError.ReadLine() is { } line && !line.Contains("Capturing on", StringComparison.Ordinal))
        {
        }
        node.Write("secretname.way", "secretpolicy: udp peer 203.0.113.7 port 5060 drop;");
        Assert.True(RemoteNode.Soon(() =>
        {
            Assert.Equal(0, node.Call("phone", $"apply -f {node.In("secretname.way")}", server).Code);
            return new System.IO.FileInfo(node.In("wire.pcapng")) is { Exists: true, Length: > 5000 };
        }), "nothing was captured");
        Shell.Run($"kill -INT {capture.Id}");
        capture.WaitForExit();
        var text = System.Text.Encoding.Latin1.GetString(System.IO.File.ReadAllBytes(node.In("wire.pcapng")));
        // Not the policy, not what is called, and by TLS 1.3 not even who asks.
        foreach (var secret in new[] { "secretname", "secretpolicy", "waymark.v1", "phone.example.net", "PRI * HTTP" })
        {
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        }
        var versions = Shell.Run($"(tshark -r {node.In("wire.pcapng")} -Y tls.handshake.type==2 -T fields -e tls.handshake.extensions.supported_version 2> /dev/null)").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(versions);
        Assert.All(versions, version => Assert.Equal("0x0304", version.Trim()));
    }

    private static Task EndsAsync(AsyncServerStreamingCall<WatchResponse> watch) => Assert.ThrowsAnyAsync<Exception>(async () =>
    {
        while (await watch.ResponseStream.MoveNext(Cancelled))
        {
        }
    });
}
