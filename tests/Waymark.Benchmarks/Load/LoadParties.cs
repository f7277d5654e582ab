using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.NodeCalls;

namespace Waymark.Benchmarks.Load;

/// <summary>An authority, and the certificates that it has issued to the node, to its requesters r0, r1 ... and to its peers p0, p1 ...; and what the node file says of them. Each may ask for flows to a network of its own.</summary>
internal sealed class LoadParties : IDisposable
{
    /// <summary>Where the node listens.</summary>
    public static readonly ServerAddress Server = ServerAddress.Parse("127.0.0.1:7443")!;

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    private readonly string directory = System.IO.Directory.CreateTempSubdirectory("waymark-bench-").FullName;
    private readonly CertificateAuthority authority = CertificateAuthority.Create("bench", ECCurve.NamedCurves.nistP256, TimeProvider.System.GetUtcNow(), Lifetime);

    public LoadParties(int requesters, int peers)
    {
        Write("ca.pem", authority.Certificate.ExportCertificatePem());
        Issue("127.0.0.1", CertificatePurpose.Host);
        foreach (var name in Enumerable.Range(0, requesters).Select(i => $"r{i}"))
        {
            Issue(name, CertificatePurpose.Requester);
        }
        foreach (var name in Enumerable.Range(0, peers).Select(i => $"p{i}"))
        {
            Issue(name, CertificatePurpose.Host);
        }
        NodeFile = $$"""
            node "bench";
            listen { address 127.0.0.1; certificate "{{File("127.0.0.1.pem")}}"; key "{{File("127.0.0.1.key")}}"; authority "{{File("ca.pem")}}"; }
            {{string.Join('\n', Enumerable.Range(0, requesters).Select(i => $"requester r{i} {{ certificate \"r{i}\"; rank {10 + (i % 50)}; may flows peer {NetworkOf(i)}; }}"))}}
            {{string.Join('\n', Enumerable.Range(0, peers).Select(i => string.Create(CultureInfo.InvariantCulture, $"peer p{i} {{ certificate \"p{i}\"; prefix {PrefixOf(i)}; }}")))}}

            """;
        Trust = CertificateFiles.ReadTrust(File("ca.pem"), null);
    }

    /// <summary>Who may ask for what.</summary>
    public string NodeFile { get; }

    private CertificateTrust Trust { get; }

    /// <summary>Whose flows a requester may ask for: a network of 256 addresses.</summary>
    public static string NetworkOf(int requester) => string.Create(CultureInfo.InvariantCulture, $"11.{requester / 256}.{requester % 256}.0/24");

    /// <summary>Whose addresses are a peer's.</summary>
    public static string PrefixOf(int peer) => string.Create(CultureInfo.InvariantCulture, $"12.0.{peer}.0/24");

    /// <summary>The client of a requester.</summary>
    public NodeClient Client(int requester) =>
        new(Server, RemoteIdentity.Read(File($"r{requester}.pem"), File($"r{requester}.key"), File("ca.pem"), TimeProvider.System.GetUtcNow()), TimeProvider.System);

    /// <summary>The call of a peer.</summary>
    public PeerCall Call(int peer)
    {
        var (certificate, _) = CertificateFiles.ReadOwn(File($"p{peer}.pem"), File($"p{peer}.key"));
        return new(Server, Server.Host, SslStreamCertificateContext.Create(certificate, null, offline: true), Trust, TimeProvider.System);
    }

    public void Dispose()
    {
        authority.Dispose();
        System.IO.Directory.Delete(directory, recursive: true);
    }

    private string File(string name) => System.IO.Path.Combine(directory, name);

    private void Write(string name, string text)
    {
        System.IO.File.WriteAllText(File(name), text);
        System.IO.File.SetUnixFileMode(File(name), System.IO.UnixFileMode.UserRead | System.IO.UnixFileMode.UserWrite);
    }

    private void Issue(string name, CertificatePurpose purpose)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = authority.Issue([CertificateName.Parse(name)!], purpose, new PublicKey(key), TimeProvider.System.GetUtcNow(), Lifetime);
        Write($"{name}.pem", certificate.ExportCertificatePem());
        Write($"{name}.key", key.ExportPkcs8PrivateKeyPem());
    }
}
