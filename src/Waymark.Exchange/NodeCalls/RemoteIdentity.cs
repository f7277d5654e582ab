using System.Net.Security;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using Waymark.Exchange.Certificates;

namespace Waymark.Exchange.NodeCalls;

/// <summary>As whom a requester asks nodes on other hosts, and which nodes he believes.</summary>
public sealed class RemoteIdentity : IDisposable
{
    private readonly X509Certificate2 certificate;

    private RemoteIdentity(string file, X509Certificate2 certificate, X509Certificate2Collection between, CertificateTrust trust)
    {
        (File, this.certificate, Trust) = (file, certificate, trust);
        Context = SslStreamCertificateContext.Create(certificate, between, offline: true);
    }

    /// <summary>The file of the certificate.</summary>
    public string File { get; }

    /// <summary>Whose nodes are believed.</summary>
    internal CertificateTrust Trust { get; }

    /// <summary>The certificate as TLS takes it.</summary>
    internal SslStreamCertificateContext Context { get; }

    /// <summary>Reads an identity, and says at once what would only be refused by the node without a word.</summary>
    /// <param name="certificateFile">The requester's certificate, in PEM.</param>
    /// <param name="keyFile">Its key, which nobody else may read.</param>
    /// <param name="authorityFile">The authorities whose nodes are believed.</param>
    /// <param name="now">The present.</param>
    /// <exception cref="CertificateException">A file is not as it has to be, or the certificate does not count.</exception>
    [UnsupportedOSPlatform("windows")]
    public static RemoteIdentity Read(string certificateFile, string keyFile, string authorityFile, DateTimeOffset now)
    {
        var (own, between) = CertificateFiles.ReadOwn(certificateFile, keyFile);
        var trust = CertificateFiles.ReadTrust(authorityFile, null);
        // Requesters may have another authority than nodes: that is for the node to say.
        if (trust.Check(own, CertificatePurpose.Requester, now) is CertificateVerdict.Refused { Reason: not CertificateRefusal.UnknownAuthority } refused)
        {
            throw new CertificateException($"{certificateFile} {refused.Message}{(refused.Reason == CertificateRefusal.Expired ? ": have it renewed ('waymark pki renew')" : "")}");
        }
        return new(certificateFile, own, between, trust);
    }

    /// <inheritdoc/>
    public void Dispose() => certificate.Dispose();
}
