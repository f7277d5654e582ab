using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Waymark.Daemon.Remote;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.NodeCalls;
using Waymark.Nodes;

namespace Waymark.Daemon.Peers;

/// <summary>One call of a peer, from its name to its end.</summary>
/// <param name="peers">Who carries it.</param>
/// <param name="peer">Who is called.</param>
/// <param name="credentials">As whom, and who is believed.</param>
/// <param name="time">The clock.</param>
internal sealed class PeerDialling(PeerService peers, PeerDeclaration peer, RemoteCredentials credentials, TimeProvider time)
{
    /// <summary>Calls and carries the exchange until it ends; null. Where there was none: why, in one sentence.</summary>
    public async Task<string?> RunAsync(CancellationToken cancellationToken)
    {
        if (CertificateName.Parse(peer.Certificate) is not { } identity || CertificateName.Parse(peer.Host!) is not { Form: not CertificateNameForm.Uri } host)
        {
            return $"'{peer.Host}' is no host, or '{peer.Certificate}' no name of a certificate";
        }
        using var call = new PeerCall(new(host, peer.Port), identity, credentials.Context, credentials.Trust, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            using var exchange = call.Exchange(stop.Token);
            // The peer answers with its first message; before, nobody knows whether it lets us in.
            await exchange.ResponseHeadersAsync.WaitAsync(cancellationToken);
            if (call.Certificate is not { } shown)
            {
                return "it showed no certificate";
            }
            var link = peers.Link(peer, isOurs: true, X509CertificateLoader.LoadCertificate(shown.RawDataMemory.Span), $"{peer.Host}:{peer.Port}");
            await peers.CarryAsync(link, () => link.RunAsync(
                exchange.ResponseStream, (message, token) => exchange.RequestStream.WriteAsync(message, token), (message, token) => peers.HearAsync(link, message, token), call.Describe, cancellationToken));
            await stop.CancelAsync();
            return null;
        }
        catch (RpcException failed)
        {
            // Not reached, or not let in.
            return call.Describe(failed);
        }
    }
}
