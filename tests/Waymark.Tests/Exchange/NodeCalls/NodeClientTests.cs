using System.Net.Sockets;
using Grpc.Core;
using Waymark.Exchange.NodeCalls;
using Waymark.Exchange.Wire;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Exchange.NodeCalls;

/// <summary>The client and a server of the contract, over a real Unix socket.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class NodeClientTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_policy_set_arrives_and_is_answered()
    {
        await using var daemon = await FakeDaemon.StartAsync(Cancelled);
        var set = PolicyLanguage.Parse(Repository.Sample("ship.way"), "ship.way").Set!;
        var answer = await daemon.Client.Policies.ApplyAsync(new() { Name = "ship.way", PolicySet = PolicySetTranslation.ToWire(set, withPlaces: true) }, cancellationToken: Cancelled);
        Assert.Equal((ulong)set.Statements.Count, answer.Revision);
    }

    [Fact]
    public async Task A_set_far_beyond_gRPC_s_own_limit_of_4_MiB_crosses()
    {
        await using var daemon = await FakeDaemon.StartAsync(Cancelled);
        var policy = PolicyLanguage.Parse("web: tcp peer 2001:db8:77::/48 port 443 require delay < 80 ms, loss < 2 % prefer lowest cost else drop;", "t").Set!.Statements[0];
        var wire = PolicySetTranslation.ToWire(new Waymark.Policies.PolicySet { Statements = Enumerable.Repeat(policy, 50_000).ToEquatableArray() }, withPlaces: true);
        Assert.True(wire.CalculateSize() > 4 << 20);
        Assert.Equal(50_000ul, (await daemon.Client.Policies.ApplyAsync(new() { Name = "t", PolicySet = wire }, cancellationToken: Cancelled)).Revision);
    }

    [Fact]
    public async Task A_refusal_brings_every_mistake_with_its_line()
    {
        await using var daemon = await FakeDaemon.StartAsync(Cancelled);
        var wire = PolicySetTranslation.ToWire(PolicyLanguage.Parse("ssh drop;\ntcp port 80 drop;", "t.way").Set!, withPlaces: true);
        wire.Statements[0].Policy.Name = "";
        wire.Statements[1].Policy.Flows[0].Protocol.Transport.Ports[0].Low = 70_000;
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await daemon.Client.Policies.ApplyAsync(new() { Name = "t.way", PolicySet = wire }, cancellationToken: Cancelled));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.False(NodeClient.IsUnreachable(refused));
        Assert.Equal("the policy set has 2 mistakes", daemon.Client.Describe(refused));
        Assert.Equal(
            ["t.way:1:1: error WAY5002: statements[0].policy.name: it is empty", "t.way:2:1: error WAY5003: statements[1].policy.flows[0].protocol.ports[0].low: 70000 is not from 0 to 65535"],
            NodeClient.DiagnosticsOf(refused).Select(one => one.ToString()));
    }

    [Fact]
    public async Task A_refusal_with_more_mistakes_than_a_trailer_holds_brings_the_first_ones()
    {
        await using var daemon = await FakeDaemon.StartAsync(Cancelled);
        var wire = new V1.PolicySet();
        wire.Statements.AddRange(Enumerable.Range(0, 5000).Select(_ => new V1.Statement()));
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await daemon.Client.Policies.ApplyAsync(new() { Name = "t", PolicySet = wire }, cancellationToken: Cancelled));
        Assert.Equal("the policy set has 5000 mistakes", daemon.Client.Describe(refused));
        Assert.Equal(WireLimits.Diagnostics, NodeClient.DiagnosticsOf(refused).Count);
    }

    [Fact]
    public async Task What_a_caller_may_not_do_is_refused_in_one_sentence()
    {
        await using var daemon = await FakeDaemon.StartAsync(Cancelled);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await daemon.Client.Policies.WithdrawAsync(new() { Name = "t", Requester = "root" }, cancellationToken: Cancelled));
        Assert.Equal((StatusCode.PermissionDenied, "'alice' may not take back a set of 'root'"), (refused.StatusCode, daemon.Client.Describe(refused)));
    }

    [Fact]
    public async Task Events_come_while_the_call_is_open()
    {
        await using var daemon = await FakeDaemon.StartAsync(Cancelled);
        using var call = daemon.Client.Events.Watch(new(), cancellationToken: Cancelled);
        var seen = new List<V1.WatchResponse>();
        while (seen.Count < 2 && await call.ResponseStream.MoveNext(Cancelled))
        {
            seen.Add(call.ResponseStream.Current);
        }
        Assert.Equal([V1.WatchResponse.EventOneofCase.Decision, V1.WatchResponse.EventOneofCase.Lost], seen.Select(one => one.EventCase));
    }

    [Fact]
    public async Task No_daemon_is_one_sentence_with_the_mend()
    {
        var socket = FakeDaemon.NewSocket();
        var expected = $"no daemon answers at {socket}: start it ('systemctl start waymarkd', or 'waymarkd' as root), or name another socket (--socket, WAYMARK_SOCKET)";
        Assert.Equal(expected, await SentenceOf(socket));
        // What a killed daemon leaves behind: the file without anybody who listens.
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(socket));
            Assert.Equal(expected, await SentenceOf(socket));
        }
        System.IO.File.Delete(socket);
    }

    [Fact]
    public async Task A_path_that_no_socket_can_have_is_told()
    {
        var socket = "/tmp/" + new string('x', 200);
        Assert.Equal($"'{socket}' cannot be the path of a socket, which has 1 to 107 bytes: name another (--socket, WAYMARK_SOCKET)", await SentenceOf(socket));
    }

    private static async Task<string> SentenceOf(string socket)
    {
        using var client = new NodeClient(socket);
        var failed = await Assert.ThrowsAsync<RpcException>(async () => await client.Node.GetStatusAsync(new(), cancellationToken: Cancelled));
        Assert.True(NodeClient.IsUnreachable(failed));
        return client.Describe(failed);
    }
}
