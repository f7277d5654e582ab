using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Waymark.Daemon.Api;
using Waymark.Daemon.Audit;
using Waymark.Daemon.Loop;
using Waymark.Daemon.Requests;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.Wire;

namespace Waymark.Daemon.Remote;

/// <summary>
/// Lets in over the network whom a certificate identifies, and nobody else. What is asked, in this order: may there be another handshake; TLS 1.3 and a certificate that counts; may its holder have another
/// connection; then at each call, before a byte of its message is read: does the certificate still count, is it a requester's, and does he not ask too often.
/// </summary>
internal sealed class RemoteAdmission(RemoteBounds bounds, RequesterRights rights, ReconcileLoop loop, AuditLog audit, TimeProvider time, ILogger<RemoteAdmission> log)
{
    private const string PeerExchange = "/waymark.v1.PeerService/Exchange";

    private volatile RemoteCredentials? credentials;

    /// <summary>As whom the node answers and whom it lets in, from the next handshake and the next call on; null before there is anything.</summary>
    public RemoteCredentials? Credentials
    {
        get => credentials;
        set => credentials = value;
    }

    /// <summary>The way of a connection before TLS.</summary>
    public async Task EnterAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var peer = new RemotePeer(connection);
        if (!bounds.TryEnter(peer))
        {
            Refused(peer, "there are too many handshakes, or too many from there");
            peer.Abort("too many handshakes");
            return;
        }
        connection.Features.Set(peer);
        connection.Features.Set(new ConnectionStart(loop.Followed));
        try
        {
            await next(connection);
        }
        finally
        {
            bounds.Leave(peer);
            if (peer.Certificate is null)
            {
                Refused(peer, peer.Refusal ?? "no handshake of TLS 1.3 came to its end");
            }
        }
    }

    /// <summary>What TLS is done with.</summary>
    public SslServerAuthenticationOptions Handshake(RemotePeer peer)
    {
        var current = credentials ?? throw new AuthenticationException("There is no certificate yet.");
        return new()
        {
            ServerCertificateContext = current.Context,
            EnabledSslProtocols = SslProtocols.Tls13,
            ClientCertificateRequired = true,
            // Whoever comes again is asked again.
            AllowTlsResume = false,
            AllowRenegotiation = false,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            // The chain that the framework builds on its own, which nobody here looks at: it is not to ask the network for what a stranger's certificate names.
            CertificateChainPolicy = current.Trust.Policy(),
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                peer.Refusal = certificate is X509Certificate2 shown
                    ? current.Trust.Check(shown, CertificatePurpose.Requester, time.GetUtcNow()) is CertificateVerdict.Refused refused ? $"the certificate {refused.Message}" : null
                    : "it showed no certificate";
                return peer.Refusal is null;
            },
        };
    }

    /// <summary>The way of a connection behind TLS.</summary>
    public async Task EstablishAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var peer = connection.Features.GetRequiredFeature<RemotePeer>();
        if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is not { } certificate)
        {
            peer.Abort("no certificate");
            return;
        }
        peer.Establish(certificate);
        if (!bounds.TryEstablish(peer))
        {
            Refused(peer, "there are too many connections, or too many of this key");
            peer.Abort("too many connections");
            return;
        }
        await next(connection);
    }

    /// <summary>The way of a call.</summary>
    public async Task CallAsync(HttpContext context, Func<Task> next)
    {
        var peer = context.Features.GetRequiredFeature<RemotePeer>();
        if (context.Request.Path == PeerExchange)
        {
            if (NodeOf(peer) is not { } node)
            {
                Calls.Refuse(context, StatusCode.PermissionDenied, $"your certificate is of no peer of this node: its administrator can add 'peer NAME {{ certificate \"...\"; prefix ...; }}' to the node file");
                return;
            }
            if (!peer.TryAdmit(node.Declaration))
            {
                RefuseAsAnother(context);
                return;
            }
            if (!bounds.TryCall($"peer {node.Declaration.Name}"))
            {
                Calls.Refuse(context, StatusCode.ResourceExhausted, "the exchange is opened too often: wait");
                return;
            }
            context.Features.Set(node);
            await next();
            return;
        }
        RemoteCaller caller;
        try
        {
            caller = Admit(peer);
            if (!peer.TryAdmit(caller.Requester))
            {
                RefuseAsAnother(context);
                return;
            }
            if (!bounds.TryCall(caller.Requester.Name))
            {
                Calls.Refuse(context, StatusCode.ResourceExhausted, $"'{caller.Requester.Name}' makes more than {RemoteBounds.CallsPerSecond} calls a second: wait, and ask for several things in one call");
                return;
            }
        }
        catch (RefusedException refused)
        {
            Calls.Refuse(context, refused.IsForbidden ? StatusCode.PermissionDenied : StatusCode.Unauthenticated, refused.Message);
            return;
        }
        context.Features.Set(caller);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = caller.Requester.MayAny ? WireLimits.MessageBytes : CallerBounds.MessageBytes;
        }
        await next();
    }

    /// <summary>Ends the connections of those who would not be let in any more as who they were: what they watch ends with it.</summary>
    public void Sweep()
    {
        foreach (var peer in bounds.Established)
        {
            if (FaultOf(peer) is { } fault)
            {
                Log.RemoteEnded(log, peer.From, fault);
                Refused(peer, $"its connection was ended: {fault}");
                peer.Abort(fault);
            }
        }
    }

    /// <summary>Why a connection may not go on; null: it may. Whoever has asked for nothing yet only has to be somebody.</summary>
    private string? FaultOf(RemotePeer peer)
    {
        var node = NodeOf(peer)?.Declaration.Name;
        string? requester = null, refusal = null;
        try
        {
            requester = Admit(peer).Requester.Name;
        }
        catch (RefusedException refused)
        {
            refusal = refused.Message;
        }
        return peer.Node is { } asked && asked != node ? $"it was the peer '{asked}', and by the node file and its certificate no longer is"
            : peer.Requester is { } before && before != requester ? refusal ?? $"it asked as '{before}', and is '{requester}' by the node file now"
            : node is null ? refusal
            : null;
    }

    /// <summary>The node that it is; null where its certificate is no node's, or no longer counts, or the node file names none such.</summary>
    private RemoteNode? NodeOf(RemotePeer peer) => credentials?.Trust.Check(peer.Certificate!, CertificatePurpose.Host, time.GetUtcNow()) is CertificateVerdict.Accepted(var names) && rights.PeerOf(names) is { } declared
        ? new(declared, names, peer) : null;

    private void Refused(RemotePeer peer, string why) => audit.Add(new(default, "", peer.From.ToString(), "connect", "", AuditOutcome.Refused, why), isOften: true);

    private static void RefuseAsAnother(HttpContext context) =>
        Calls.Refuse(context, StatusCode.Unauthenticated, "since this connection was opened you have become somebody else by the node file: connect anew");

    /// <summary>Who it is; throws <see cref="RefusedException"/> where nobody, or nobody any more.</summary>
    private RemoteCaller Admit(RemotePeer peer) => credentials?.Trust.Check(peer.Certificate!, CertificatePurpose.Requester, time.GetUtcNow()) switch
    {
        CertificateVerdict.Accepted(var names) => new(rights.RequesterOf(names), peer, () => NameOf(peer)),
        CertificateVerdict.Refused(_, var message) => throw new RefusedException($"your certificate {message}", []),
        _ => throw new RefusedException("nobody is let in over the network any more", []),
    };

    /// <summary>As which requester it would be let in; null: as none.</summary>
    private string? NameOf(RemotePeer peer)
    {
        try
        {
            return Admit(peer).Requester.Name;
        }
        catch (RefusedException)
        {
            // Whoever asks has no use for the reason: the sweep tells it.
            return null;
        }
    }
}
