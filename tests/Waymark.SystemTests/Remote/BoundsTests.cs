using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Waymark.Exchange.Wire.V1;

namespace Waymark.SystemTests.Remote;

/// <summary>How much of the daemon somebody can take for himself over the network.</summary>
public sealed class BoundsTests : IDisposable
{
    private readonly RemoteNode node = new();

    public void Dispose() => node.Dispose();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_giant_message_is_refused_before_it_is_held()
    {
        var before = Resident();
        using var channel = node.Channel("phone");
        var policies = new PolicyService.PolicyServiceClient(channel);
        var giant = new PolicySet { Statements = { Long(300 << 20) } };
        await Assert.ThrowsAsync<RpcException>(async () => await policies.ApplyAsync(new() { Name = "giant", PolicySet = giant }, cancellationToken: Cancelled));
        // One byte beyond what a requester of some flows may send; what is within it is read, and told for what it is.
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await policies.ApplyAsync(new() { Name = new('x', (2 << 20) + 1), PolicySet = new() }, cancellationToken: Cancelled));
        Assert.NotEqual(StatusCode.InvalidArgument, refused.StatusCode);
        refused = await Assert.ThrowsAsync<RpcException>(async () => await policies.ApplyAsync(new() { Name = new('x', (2 << 20) - 100), PolicySet = new() }, cancellationToken: Cancelled));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.InRange(Resident() - before, long.MinValue, 60L << 20);
        Assert.Equal(0, node.Call("phone", "status").Code);
    }

    [Fact]
    public async Task What_is_small_only_while_it_is_packed_is_not_unpacked()
    {
        using var channel = node.Channel("phone");
        var call = new CallOptions(headers: [new("grpc-internal-encoding-request", "gzip")], cancellationToken: Cancelled);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await new PolicyService.PolicyServiceClient(channel).ApplyAsync(new() { Name = "bomb", PolicySet = new PolicySet { Statements = { Long(100 << 20) } } }, call));
        Assert.True(refused.StatusCode == StatusCode.Unimplemented, refused.Status.ToString());
    }

    [Fact]
    public void Too_many_policies_are_refused()
    {
        node.Write("many.way", string.Concat(Enumerable.Range(0, 60_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"udp peer 203.0.113.{i % 256} port {1024 + (i % 60_000)} drop;\n"))));
        var (code, text) = node.Call("phone", $"apply -f {node.In("many.way")}");
        Assert.True(code != 0, text);
        Assert.DoesNotContain("many.way", node.Ask("get policies"), StringComparison.Ordinal);
        node.Write("one.way", "udp peer 203.0.113.7 port 5060 drop;");
        Assert.Equal(0, node.Call("phone", $"apply -f {node.In("one.way")}").Code);
    }

    [Fact]
    public async Task Who_asks_too_often_is_told_to_wait_and_others_are_not()
    {
        using var channel = node.Channel("phone");
        var nodes = new NodeService.NodeServiceClient(channel);
        var codes = new List<StatusCode>();
        for (var i = 0; i < 2000 && !codes.Contains(StatusCode.ResourceExhausted); i++)
        {
            try
            {
                await nodes.GetStatusAsync(new(), cancellationToken: Cancelled);
                codes.Add(StatusCode.OK);
            }
            catch (RpcException refused)
            {
                codes.Add(refused.StatusCode);
                Assert.Contains("'phone' makes more than 20 calls a second", refused.Status.Detail, StringComparison.Ordinal);
            }
        }
        Assert.Equal(StatusCode.ResourceExhausted, codes[^1]);
        Assert.InRange(codes.Count, 100, 2000);
        Assert.Equal(0, node.Call("fleet", "status").Code);
        Assert.True(RemoteNode.Soon(() => node.Call("phone", "status").Code == 0));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.8")]
    [InlineData("2001:db8:7::1", "2001:db8:7::8")]
    public void Who_begins_handshakes_and_ends_none_keeps_nobody_out_who_is_elsewhere(string server, string from)
    {
        // Half of them say nothing, half of them the first bytes of a hello.
        var held = Enumerable.Range(0, 200).Select(i =>
        {
            var socket = node.Connect(server, from);
            try
            {
                if (i % 2 == 0)
                {
                    socket.Send([0x16, 0x03, 0x01]);
                }
            }
            catch (SocketException)
            {
                // Closed at once: there are too many already.
            }
            return socket;
        }).ToList();
        // An IPv6 host is as many as it likes: its whole network counts as one, and the other family is another.
        var elsewhere = server.Contains(':', StringComparison.Ordinal) ? "192.0.2.1" : "2001:db8:7::1";
        Assert.Equal(0, node.Call("fleet", "status", elsewhere).Code);
        Assert.True(RemoteNode.Soon(() => held.All(IsClosed)), $"{held.Count(one => !IsClosed(one))} are still open");
        Assert.Equal(0, node.Call("fleet", "status", server).Code);
        held.ForEach(one => one.Dispose());
        Assert.Contains("too many from there", node.Audit("--outcome refused"), StringComparison.Ordinal);
        Assert.Contains("no handshake of TLS 1.3 came to its end", node.Audit("--outcome refused"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_in_and_sends_half_a_head_is_put_out()
    {
        using var certificate = node.Certificate("phone");
        await using var stream = await node.HandshakeAsync(certificate);
        // RFC 9113: preface, empty settings, and HEADERS of stream 1 without END_HEADERS, whose continuation never comes.
        await stream.WriteAsync(Encoding.Latin1.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x4\0\0\0\0\0\0\0\x1\x1\0\0\0\0\x1\x82"), Cancelled);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        patience.CancelAfter(TimeSpan.FromSeconds(40));
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, patience.Token) > 0)
            {
            }
        }
        catch (System.IO.IOException)
        {
            // Put out without a word.
        }
        Assert.False(patience.IsCancellationRequested);
    }

    [Fact]
    public async Task A_key_holds_so_many_connections_and_no_more()
    {
        using var certificate = node.Certificate("phone");
        var held = new List<System.Net.Security.SslStream>();
        for (var i = 0; i < 20; i++)
        {
            held.Add(await node.HandshakeAsync(certificate));
        }
        var open = 0;
        foreach (var stream in held)
        {
            // Whoever may stay is sent the server's settings.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            try
            {
                await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x4\0\0\0\0\0"u8.ToArray(), patience.Token);
                open += await stream.ReadAsync(new byte[64], patience.Token) > 0 ? 1 : 0;
            }
            catch (System.IO.IOException)
            {
                // Put out.
            }
        }
        Assert.Equal(16, open);
        Assert.Equal(0, node.Call("fleet", "status").Code);
        foreach (var stream in held)
        {
            await stream.DisposeAsync();
        }
        Assert.True(RemoteNode.Soon(() => node.Call("phone", "status").Code == 0));
    }

    /// <summary>A message of that length.</summary>
    private static Statement Long(int length) => new() { Policy = new() { Name = new('x', length) } };

    private long Resident() => long.Parse(System.IO.File.ReadAllLines($"/proc/{node.Process}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;

    private static bool IsClosed(Socket socket)
    {
        try
        {
            return socket.Poll(0, SelectMode.SelectRead) && socket.Receive(new byte[100]) == 0;
        }
        catch (SocketException)
        {
            // Reset.
            return true;
        }
    }
}
