using System.Net.Http;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Waymark.Exchange.Certificates;

namespace Waymark.Exchange.NodeCalls;

/// <summary>To a daemon on another host, over TLS 1.3 with certificates on both sides. The system's own authorities have no say.</summary>
/// <param name="server">Where the node is.</param>
/// <param name="expected">Whom its certificate has to name.</param>
/// <param name="own">The certificate of who asks.</param>
/// <param name="trust">Whose nodes are believed.</param>
/// <param name="file">Where the certificate of who asks is, for messages.</param>
/// <param name="time">The clock that certificates are held against.</param>
internal sealed class RemoteRoute(ServerAddress server, CertificateName expected, SslStreamCertificateContext own, CertificateTrust trust, string file, TimeProvider time) : INodeRoute
{
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(10), PingAfter = TimeSpan.FromSeconds(30), PingTime = TimeSpan.FromSeconds(15);

    private volatile string? refusal;
    private volatile X509Certificate2? shown;

    /// <summary>The certificate that the node last showed and that counted; null: there was none.</summary>
    public X509Certificate2? Shown => shown;

    public Uri Address { get; } = new($"https://{server}");

    public SocketsHttpHandler MakeHandler() => new()
    {
        ConnectTimeout = ConnectTime,
        // Who only listens would not notice that the node is gone.
        KeepAlivePingDelay = PingAfter,
        KeepAlivePingTimeout = PingTime,
        UseProxy = false,
        AllowAutoRedirect = false,
        SslOptions = new()
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            ClientCertificateContext = own,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = trust.Policy(),
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                refusal = FaultOf(certificate as X509Certificate2);
                // The framework disposes of its own.
                shown = refusal is null ? X509CertificateLoader.LoadCertificate(((X509Certificate2)certificate!).RawDataMemory.Span) : null;
                return refusal is null;
            },
        },
    };

    public string Unreachable(RpcException failed)
    {
        if (refusal is { } fault)
        {
            return fault;
        }
        for (var cause = failed.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }:
                    return $"no host is called '{server.Host}': mend the name (--server, WAYMARK_SERVER)";
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return $"nothing listens at {server}: is waymarkd running there, with 'listen' in its node file, and is this its port?";
                case SocketException { SocketErrorCode: SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.TimedOut }:
                case TimeoutException:
                    return $"{server} cannot be reached: is the host up, and does a firewall let TCP port {server.Port} through?";
            }
        }
        return failed.Status.DebugException?.GetBaseException() is AuthenticationException
            ? $"{server} does not speak TLS 1.3: is this the port of 'listen' in the node file of its waymarkd?"
            : $"{server} closed the connection: the node does not let in {file} (of another authority, revoked?), or too many ask it; 'waymark audit' there says why";
    }

    /// <summary>What is wrong with the certificate of the node, and what would help; null: nothing.</summary>
    private string? FaultOf(X509Certificate2? certificate)
    {
        if (certificate is null)
        {
            return $"{server} shows no certificate";
        }
        return trust.Check(certificate, CertificatePurpose.Host, time.GetUtcNow()) switch
        {
            CertificateVerdict.Refused(CertificateRefusal.UnknownAuthority, var message) => $"the certificate of {server} {message}; name the node's authority (--ca, WAYMARK_CA)",
            CertificateVerdict.Refused(CertificateRefusal.Expired, var message) => $"the certificate of {server} {message}: the node's administrator has to renew it ('waymark pki renew')",
            CertificateVerdict.Refused(_, var message) => $"the certificate of {server} {message}",
            CertificateVerdict.Accepted(var names) when !names.AsSpan().Contains(expected) =>
                $"the node at {server} is {string.Join(", ", names.Take(4).Select(name => $"'{ForeignText.Show(name.Text)}'"))} by its certificate, not '{expected}': call it by that name, or have a certificate issued for this one ('waymark pki issue --host')",
            _ => null,
        };
    }
}
