using System.Net;
using System.Net.Http;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Waymark.Exchange.Wire;
using Waymark.Flows;
using Waymark.Peers;
using Waymark.Policies;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.SystemTests.Peers;

/// <summary>What a peer tries, and who would be one: at the hub, with the spoke's certificate where it is said so, speaking the protocol as no daemon does.</summary>
public sealed class AttackTests : IAsyncLifetime
{
    private readonly List<IDisposable> opened = [];
    private PeerPair pair = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        pair = await PeerPair.StartAsync(Cancel);
        pair.Pki($"issue --host other.example.net --into {pair.In("")}");
        pair.Pki($"issue spoke.example.net --into {pair.In("requester")}");
        pair.Start("hub");
        // Its socket answers before it listens.
        Assert.True(PeerPair.Soon(() => pair.Logged("hub").Contains("are listened for at", StringComparison.Ordinal), 20), pair.Everything);
    }

    public async ValueTask DisposeAsync()
    {
        opened.ForEach(one => one.Dispose());
        await pair.DisposeAsync();
    }

    [Fact]
    public async Task Flows_of_third_parties_are_rejected_down_to_one_address_and_the_others_are_not()
    {
        using var call = await ConnectedAsync();
        string[] attempts = ["udp peer 10.2.0.0/16, udp peer 10.3.0.0", "udp peer 10.1.255.255", "udp", "tcp local 10.2.0.0/16", "any not (peer 10.2.0.0/16)", "udp peer 10.2.0.1 by user root", "udp peer 2001:db8:3::"];
        await call.RequestStream.WriteAsync(PeerTranslation.ToWire(new RuleUpdate([.. attempts.Append("udp peer 10.2.255.255").Select((flows, i) => Rule($"r{i}", flows))], [])), Cancel);
        var reports = new Dictionary<RuleDigest, RuleReport>();
        while (reports.Count < attempts.Length + 1)
        {
            foreach (var report in PeerTranslation.ToCore((await NextAsync(call, V1.PeerMessage.KindOneofCase.Reports)).Reports))
            {
                reports[report.Rule] = report;
            }
        }
        Assert.All(attempts.Select((flows, i) => reports[Rule($"r{i}", flows).Digest]), report => Assert.Equal(RuleState.Rejected, report.State));
        Assert.Equal(RuleState.Installed, reports[Rule($"r{attempts.Length}", "udp peer 10.2.255.255").Digest].State);
        Assert.Contains("whose addresses are 10.2.0.0/16", pair.Ask("hub", "audit --requester spoke --outcome refused"), StringComparison.Ordinal);
        Assert.DoesNotContain("10.3.0.0", pair.Ask("hub", "get policies"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_a_peer_by_another_certificate()
    {
        // Of the right authority, but of nobody that the file names; of the spoke's name, but a requester's; and on the socket.
        foreach (var (file, expected) in new[] { ("other.example.net", "is of no peer of this node"), ("requester/spoke.example.net", "is of no peer of this node") })
        {
            using var call = Exchange(file);
            var refused = await Assert.ThrowsAsync<RpcException>(async () => await call.ResponseStream.MoveNext(Cancel));
            Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
            Assert.Contains(expected, refused.Status.Detail, StringComparison.Ordinal);
        }
        // And a peer is no requester.
        using var channel = Channel("spoke.example.net");
        var status = await Assert.ThrowsAsync<RpcException>(async () => await new V1.NodeService.NodeServiceClient(channel).GetStatusAsync(new(), cancellationToken: Cancel));
        Assert.Equal(StatusCode.PermissionDenied, status.StatusCode);
    }

    [Fact]
    public async Task Messages_out_of_their_order_end_the_connection_and_change_nothing()
    {
        var rule = PeerTranslation.ToWire(new RuleUpdate([Rule("r", "udp peer 10.2.0.1")], []));
        // Before it has said who it is; twice; a version that is not spoken; no digest.
        foreach (var (messages, why) in new (V1.PeerMessage[], string)[]
        {
            ([rule], "does not say who it is first"),
            ([PeerTranslation.KeepAlive(default)], "does not say who it is first"),
            ([Hello(), Hello()], "says twice who it is"),
            ([new() { Hello = new() { VersionLow = 7, VersionHigh = 9, Node = "x", Lease = new() { Seconds = 9 } } }], "versions 7 to 9"),
            ([new() { Hello = new() { VersionLow = 1, VersionHigh = 1, Node = "x", Lease = new() { Seconds = 30, Nanos = -1 } } }], "its terms are none"),
            ([Hello(), new() { Update = new() { Put = { Enumerable.Repeat(ByteString.Empty, 1_000_000) } } }], "too large"),
            ([Hello(), new() { Update = new() { Removed = { ByteString.CopyFrom(1, 2, 3) } } }], "too large"),
            ([Hello(), new() { Inventory = new() { Rules = { ByteString.CopyFrom(1) } } }], "inventory is none"),
        })
        {
            using var call = Exchange("spoke.example.net");
            foreach (var message in messages)
            {
                await SendAsync(call, message);
            }
            await EndAsync(call, why);
        }
        Assert.DoesNotContain("10.2.0.1", pair.Ask("hub", "get policies"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Repeated_messages_and_those_of_a_newer_version_do_no_harm()
    {
        using var call = await ConnectedAsync();
        var rule = Rule("r", "udp peer 10.2.0.1");
        var update = PeerTranslation.ToWire(new RuleUpdate([rule], [new(99)]));
        // A kind of message that this version does not know: field 99, empty.
        var newer = V1.PeerMessage.Parser.ParseFrom([0x9a, 0x06, 0x00]);
        foreach (var message in new[] { update, update, newer, PeerTranslation.KeepAlive(new(1)), update })
        {
            await call.RequestStream.WriteAsync(message, Cancel);
        }
        // Both ends differed by the keep-alive: the hub says what it holds.
        Assert.Equal(rule.Digest, PeerTranslation.Digests((await NextAsync(call, V1.PeerMessage.KindOneofCase.Inventory)).Inventory.Rules)!.Value.Single());
        Assert.True(PeerPair.Soon(() => pair.Ask("hub", "get peers").Contains("spoke asks r: installed", StringComparison.Ordinal)), pair.Everything);
        Assert.Single(pair.Ask("hub", "get policies").Split((char)10), line => line.Contains("10.2.0.1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Too_many_rules_too_large_ones_and_too_many_messages_end_the_connection()
    {
        foreach (var update in new[]
        {
            new RuleUpdate([.. Enumerable.Range(0, RuleKeeping.MostRules + 1).Select(i => Rule($"r{i}", $"udp peer 10.2.0.1 port {i}"))], []),
            new RuleUpdate([new(new byte[RuleKeeping.MostBytes + 1])], []),
        })
        {
            using var call = await ConnectedAsync();
            await SendAsync(call, PeerTranslation.ToWire(update));
            await EndAsync(call, "more than 500 rules");
        }
        using (var call = await ConnectedAsync())
        {
            var flood = PeerTranslation.ToWire(new RuleUpdate([], [new(1)]));
            var sent = 0;
            while (sent < 100_000 && await SendAsync(call, flood))
            {
                sent++;
            }
            Assert.InRange(sent, 1, 99_999);
            await EndAsync(call, "more messages than anybody needs");
        }
        using (var call = await ConnectedAsync())
        {
            await SendAsync(call, new() { Update = new() { Put = { UnsafeByteOperations.UnsafeWrap(new byte[PeerTranslation.MessageBytes]) } } });
            await EndAsync(call);
        }
        Assert.Contains("0 connected", pair.Ask("hub", "status"), StringComparison.Ordinal);
        Assert.DoesNotContain("10.2.0.1", pair.Ask("hub", "get policies"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_peer_is_put_out()
    {
        using var call = await ConnectedAsync();
        await call.RequestStream.WriteAsync(PeerTranslation.ToWire(new RuleUpdate([Rule("r", "udp peer 10.2.0.1")], [])), Cancel);
        await NextAsync(call, V1.PeerMessage.KindOneofCase.Reports);
        pair.Pki($"revoke {pair.In("spoke.example.net.pem")}");
        await EndAsync(call);
        using var again = Exchange("spoke.example.net");
        await Assert.ThrowsAsync<RpcException>(async () => await again.ResponseStream.MoveNext(Cancel));
    }

    private static RuleBytes Rule(string name, string flows) => PeerTranslation.ToWire(
        new PeerRule(name, 0, [], PolicyLanguage.ParseFlows(flows, "f", out _)!.Value, Established.Keep, new PeerWish.Own(new PolicyAction.Drop(), [])));

    private static V1.PeerMessage Hello() => PeerTranslation.Hello("attacker\n\u001b[2J", TimeSpan.FromSeconds(30), [new IpPrefix(IpAddress.Parse("0.0.0.0"), 0)]);

    private static async Task<V1.PeerMessage> NextAsync(AsyncDuplexStreamingCall<V1.PeerMessage, V1.PeerMessage> call, V1.PeerMessage.KindOneofCase kind)
    {
        while (await call.ResponseStream.MoveNext(Cancel))
        {
            if (call.ResponseStream.Current.KindCase == kind)
            {
                return call.ResponseStream.Current;
            }
        }
        throw new InvalidOperationException($"The hub has hung up without {kind}.");
    }

    /// <summary>Sends a message; false where the hub has hung up.</summary>
    private static async Task<bool> SendAsync(AsyncDuplexStreamingCall<V1.PeerMessage, V1.PeerMessage> call, V1.PeerMessage message)
    {
        try
        {
            await call.RequestStream.WriteAsync(message, Cancel);
            return true;
        }
        catch (Exception ended) when (ended is RpcException or InvalidOperationException)
        {
            // What it said is read from the other direction.
            return false;
        }
    }

    /// <summary>Reads to the end, which the hub gives that reason for. The peer hears it too, unless the connection is gone before.</summary>
    private async Task EndAsync(AsyncDuplexStreamingCall<V1.PeerMessage, V1.PeerMessage> call, string why = "")
    {
        try
        {
            while (await call.ResponseStream.MoveNext(Cancel))
            {
            }
        }
        catch (RpcException)
        {
            // Hung up.
        }
        Assert.True(PeerPair.Soon(() => pair.Logged("hub").Contains(why, StringComparison.Ordinal), 20), pair.Everything);
    }

    private async Task<AsyncDuplexStreamingCall<V1.PeerMessage, V1.PeerMessage>> ConnectedAsync()
    {
        var call = Exchange("spoke.example.net");
        await call.RequestStream.WriteAsync(Hello(), Cancel);
        await call.RequestStream.WriteAsync(PeerTranslation.Inventory([]), Cancel);
        await NextAsync(call, V1.PeerMessage.KindOneofCase.Inventory);
        return call;
    }

    private AsyncDuplexStreamingCall<V1.PeerMessage, V1.PeerMessage> Exchange(string certificate) => new V1.PeerService.PeerServiceClient(Channel(certificate)).Exchange(cancellationToken: Cancel);

    private GrpcChannel Channel(string certificate)
    {
        var channel = GrpcChannel.ForAddress("https://hub.example.net", new()
        {
            MaxSendMessageSize = null,
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = (_, _) => ValueTask.FromResult<System.IO.Stream>(new NetworkStream(pair.Spoke.Run(() =>
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    socket.Connect(IPAddress.Parse("192.0.2.1"), PeerPair.Port);
                    return socket;
                }), ownsSocket: true)),
                SslOptions = new()
                {
                    RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
                    ClientCertificateContext = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(pair.In($"{certificate}.pem"), pair.In($"{certificate}.key")), null, offline: true),
                },
            },
        });
        opened.Add(channel);
        return channel;
    }
}
