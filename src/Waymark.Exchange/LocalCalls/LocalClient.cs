using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Waymark.Exchange.Wire;
using Waymark.Policies.Language;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Exchange.LocalCalls;

/// <summary>A client of the daemon on this host, over its Unix socket. The kernel tells the daemon who we are; nothing is asked for.</summary>
public sealed class LocalClient : IDisposable
{
    /// <summary>Where the daemon listens unless it was told otherwise.</summary>
    public const string DefaultSocket = "/run/waymark/waymarkd.sock";

    /// <summary>How many bytes the path of a socket may have: what <c>sun_path</c> holds beside its zero byte (unix(7)).</summary>
    public const int LongestSocket = 107;

    private readonly GrpcChannel channel;

    /// <summary>Connects at the first call.</summary>
    public LocalClient(string socket = DefaultSocket)
    {
        Socket = socket;
        channel = GrpcChannel.ForAddress("http://localhost", new()
        {
            MaxReceiveMessageSize = WireLimits.MessageBytes,
            MaxSendMessageSize = WireLimits.MessageBytes,
            HttpHandler = new System.Net.Http.SocketsHttpHandler
            {
                ConnectCallback = async (_, cancellationToken) =>
                {
                    if (Encoding.UTF8.GetByteCount(socket) is 0 or > LongestSocket)
                    {
                        throw new SocketException((int)SocketError.InvalidArgument);
                    }
                    var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    try
                    {
                        await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                        return new NetworkStream(connection, ownsSocket: true);
                    }
                    catch
                    {
                        // The caller gets the reason; the socket is of no more use.
                        connection.Dispose();
                        throw;
                    }
                },
            },
        });
        Policies = new(channel);
        Decisions = new(channel);
        Paths = new(channel);
        Characteristics = new(channel);
        Quotas = new(channel);
        Node = new(channel);
        Events = new(channel);
    }

    /// <summary>Where the daemon is looked for.</summary>
    public string Socket { get; }

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

    /// <summary>What a failed call says in one sentence.</summary>
    public string Describe(RpcException failed)
    {
        if (failed.StatusCode is not StatusCode.Unavailable || FailureOf(failed) is not null)
        {
            return failed.Status.Detail;
        }
        var cause = failed.Status.DebugException?.GetBaseException();
        return (cause as SocketException)?.SocketErrorCode switch
        {
            // Whatever it is that the library noticed first: a daemon that is not there is always the socket's word.
            null or SocketError.ConnectionReset or SocketError.Shutdown =>
                $"the daemon at {Socket} closed the connection: it was stopped, or this user holds too many of them; try again",
            SocketError.AccessDenied => $"this user may not connect to {Socket}: ask the node's administrator",
            SocketError.InvalidArgument => $"'{Socket}' cannot be the path of a socket, which has 1 to {LongestSocket} bytes: name another (--socket, WAYMARK_SOCKET)",
            _ => $"no daemon answers at {Socket}: start it ('systemctl start waymarkd', or 'waymarkd' as root), or name another socket (--socket, WAYMARK_SOCKET)",
        };
    }

    /// <summary>Whether the call failed because no daemon is there.</summary>
    public static bool IsUnreachable(RpcException failed) => failed.StatusCode == StatusCode.Unavailable && FailureOf(failed) is null;

    /// <summary>The mistakes that a refused call came back with; empty where there are none.</summary>
    public static EquatableArray<Diagnostic> DiagnosticsOf(RpcException failed) =>
        FailureOf(failed) is { } failure ? failure.Diagnostics.Select(DecisionTranslation.ToCore).ToEquatableArray() : [];

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    private static V1.Failure? FailureOf(RpcException failed) =>
        failed.Trailers.FirstOrDefault(entry => entry.Key == "waymark-failure-bin") is { } entry ? V1.Failure.Parser.ParseFrom(entry.ValueBytes) : null;
}
