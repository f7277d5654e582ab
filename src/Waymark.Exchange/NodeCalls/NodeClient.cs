using System.Security.Cryptography;
using Grpc.Core;
using Grpc.Net.Client;
using Waymark.Exchange.Wire;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Exchange.NodeCalls;

/// <summary>A client of a daemon: the one on this host, or one on another.</summary>
public sealed class NodeClient : IDisposable
{
    /// <summary>Where the daemon listens unless it was told otherwise.</summary>
    public const string DefaultSocket = "/run/waymark/waymarkd.sock";

    /// <summary>How many bytes the path of a socket may have: what <c>sun_path</c> holds beside its zero byte (unix(7)).</summary>
    public const int LongestSocket = 107;

    private readonly INodeRoute route;
    private readonly Resubmission resubmission;
    private readonly GrpcChannel channel;

    /// <summary>To the daemon on this host; connects at the first call.</summary>
    /// <param name="socket">Its socket.</param>
    public NodeClient(string socket = DefaultSocket)
        : this(new LocalRoute(socket), TimeProvider.System)
    {
    }

    /// <summary>To the daemon on another host; connects at the first call.</summary>
    /// <param name="server">Where it listens.</param>
    /// <param name="identity">As whom; stays the caller's.</param>
    /// <param name="time">The clock that its certificate is held against.</param>
    public NodeClient(ServerAddress server, RemoteIdentity identity, TimeProvider time)
        : this(new RemoteRoute(server, server.Host, identity.Context, identity.Trust, identity.File, time), time)
    {
    }

    private NodeClient(INodeRoute route, TimeProvider time)
    {
        (this.route, resubmission) = (route, new(time));
        channel = GrpcChannel.ForAddress(route.Address, new()
        {
            MaxReceiveMessageSize = WireLimits.MessageBytes,
            MaxSendMessageSize = WireLimits.MessageBytes,
            HttpHandler = route.MakeHandler(),
            DisposeHttpClient = true,
        });
        Policies = new(channel);
        Decisions = new(channel);
        Paths = new(channel);
        Characteristics = new(channel);
        Quotas = new(channel);
        Node = new(channel);
        Events = new(channel);
        Audit = new(channel);
        Peers = new(channel);
    }

    /// <summary>Hand in, take back and look at policy sets.</summary>
    public V1.PolicyService.PolicyServiceClient Policies { get; }

    /// <summary>What was decided, and why.</summary>
    public V1.DecisionService.DecisionServiceClient Decisions { get; }

    /// <summary>Paths and what is known of them.</summary>
    public V1.PathService.PathServiceClient Paths { get; }

    /// <summary>What other programs say of paths.</summary>
    public V1.CharacteristicService.CharacteristicServiceClient Characteristics { get; }

    /// <summary>What paths with a tariff or a quota have carried.</summary>
    public V1.QuotaService.QuotaServiceClient Quotas { get; }

    /// <summary>How the daemon fares.</summary>
    public V1.NodeService.NodeServiceClient Node { get; }

    /// <summary>Events as they happen.</summary>
    public V1.WatchService.WatchServiceClient Events { get; }

    /// <summary>Who asked for what.</summary>
    public V1.AuditService.AuditServiceClient Audit { get; }

    /// <summary>How the node stands to other nodes.</summary>
    public V1.PeerService.PeerServiceClient Peers { get; }

    /// <summary>A new id, of a submission or a lease: random but for its version (RFC 9562 section 5.4).</summary>
    public static string NewId()
    {
        var bytes = RandomNumberGenerator.GetBytes(16);
        (bytes[6], bytes[8]) = ((byte)((bytes[6] & 0x0f) | 0x40), (byte)((bytes[8] & 0x3f) | 0x80));
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>The answer to a request that bears a submission id: it is made again, unchanged, where the connection broke before the answer came; the node does it once.</summary>
    /// <param name="call">Makes it.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public Task<T> SubmitAsync<T>(Func<AsyncUnaryCall<T>> call, CancellationToken cancellationToken) => resubmission.AskAsync(call, cancellationToken);

    /// <summary>What a failed call says in one sentence.</summary>
    public string Describe(RpcException failed) => (IsUnreachable(failed) ? route.Unreachable(failed) : failed.Status.Detail) + (failed is UnansweredException ? "; whether it was done before is not known" : "");

    /// <summary>Whether the call failed because no daemon is there, or none that lets us in or that is believed.</summary>
    public static bool IsUnreachable(RpcException failed) =>
        (failed.StatusCode == StatusCode.Unavailable || failed.Status.DebugException is System.Net.Http.HttpRequestException) && FailureOf(failed) is null;

    /// <summary>The mistakes that a refused call came back with; empty where there are none.</summary>
    public static EquatableArray<Diagnostic> DiagnosticsOf(RpcException failed) =>
        FailureOf(failed) is { } failure ? failure.Diagnostics.Select(DecisionTranslation.ToCore).ToEquatableArray() : [];

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    private static V1.Failure? FailureOf(RpcException failed) =>
        failed.Trailers.FirstOrDefault(entry => entry.Key == "waymark-failure-bin") is { } entry ? V1.Failure.Parser.ParseFrom(entry.ValueBytes) : null;
}
