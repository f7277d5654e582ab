using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Waymark.Daemon.Remote;
using Waymark.Exchange.Certificates;

namespace Waymark.Tests.Peers;

/// <summary>The authority of a <see cref="PeerNode"/> and its peers. What it signs is valid whatever a test sets its clock to.</summary>
internal static class TestAuthority
{
    private static readonly DateTimeOffset Start = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30 * 365);
    private static readonly CertificateAuthority Authority = CertificateAuthority.Create("A", ECCurve.NamedCurves.nistP256, Start, Lifetime);
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly X509Certificate2 Own = Issue("here.example.net", Key).CopyWithPrivateKey(Key);

    /// <summary>What a node has that believes this authority.</summary>
    public static RemoteCredentials Credentials { get; } = new(Own, SslStreamCertificateContext.Create(Own, null, offline: true), CertificateTrust.Read(Authority.Certificate.ExportCertificatePem(), null));

    /// <summary>Certifies that a key is a host's.</summary>
    public static X509Certificate2 Issue(string host, ECDsa key) => Authority.Issue([CertificateName.Parse(host)!], CertificatePurpose.Host, new(key), Start, Lifetime);
}
