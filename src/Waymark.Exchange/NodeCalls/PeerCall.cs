using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.Wire;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Exchange.NodeCalls;

/// <summary>A call of one node to another: a connection of its own, with the node's certificate on this side and the peer's on the other.</summary>
public sealed class PeerCall : IDisposable
{
    private readonly RemoteRoute route;
    private readonly GrpcChannel channel;

    /// <summary>Connects when <see cref="Exchange"/> is called.</summary>
    /// <param name="server">Where the peer listens.</param>
    /// <param name="identity">Whom its certificate has to name.</param>
    /// <param name="own">This node's certificate.</param>
    /// <param name="trust">Whose nodes are believed.</param>
    /// <param name="time">The clock that certificates are held against.</param>
    public PeerCall(ServerAddress server, CertificateName identity, SslStreamCertificateContext own, CertificateTrust trust, TimeProvider time)
    {
        route = new(server, identity, own, trust, "this node's certificate", time);
        channel = GrpcChannel.ForAddress(route.Address, new()
        {
            MaxReceiveMessageSize = PeerTranslation.MessageBytes,
            MaxSendMessageSize = PeerTranslation.MessageBytes,
            // What is small before it is unpacked, so that it passes the bound, need not be so behind.
            CompressionProviders = [],
            HttpHandler = route.MakeHandler(),
            DisposeHttpClient = true,
        });
    }

    /// <summary>The peer's certificate, which was found to count; null before the handshake.</summary>
    public X509Certificate2? Certificate => route.Shown;

    /// <summary>Opens the exchange.</summary>
    public AsyncDuplexStreamingCall<V1.PeerMessage, V1.PeerMessage> Exchange(CancellationToken cancellationToken) => new V1.PeerService.PeerServiceClient(channel).Exchange(cancellationToken: cancellationToken);

    /// <summary>Why the exchange did not come about or ended, in one sentence.</summary>
    public string Describe(RpcException failed)
    {
        ArgumentNullException.ThrowIfNull(failed);
        return NodeClient.IsUnreachable(failed) ? route.Unreachable(failed) : $"the peer says: {ForeignText.Show(failed.Status.Detail)}";
    }

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();
}
