using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.Enrollment;
using Waymark.Exchange.NodeCalls;

namespace Waymark.Fuzzing.Targets;

/// <summary>An authority and a new party, with the same keys in each process: what one of them wrote to begin with is signed by the authority of the next.</summary>
internal static class EnrollmentParties
{
    public static readonly DateTimeOffset Now = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(100);

    /// <summary>The new party's key.</summary>
    public static ECDsa Key { get; } = NewKey("party");

    public static CertificateAuthority Authority { get; } = NewAuthority();

    /// <summary>What the authority shows in each connection.</summary>
    public static X509Certificate2 Shown { get; } = Authority.Issue([CertificateName.Parse("pki.example.net")!], CertificatePurpose.Host, new(NewKey("shown")), Now, Lifetime);

    public static EnrollmentCode Code { get; } = EnrollmentCode.Create(ServerAddress.Parse("pki.example.net")!, CertificatePurpose.Host, Authority.Certificate);

    /// <summary>A message as it travels.</summary>
    public static byte[] Framed(IMessage message)
    {
        using var stream = new MemoryStream();
        EnrollmentStream.WriteAsync(stream, message, CancellationToken.None).GetAwaiter().GetResult();
        return stream.ToArray();
    }

    /// <summary>The message that stands at the beginning of some bytes; null: none does.</summary>
    public static T? Read<T>(byte[] bytes, MessageParser<T> parser, int longest)
        where T : class, IMessage<T>
    {
        try
        {
            return EnrollmentStream.ReadAsync(new Heard(bytes), parser, longest, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (Exception refused) when (refused is EnrollmentException or IOException)
        {
            // Promised.
            return null;
        }
    }

    private static ECDsa NewKey(string name) => ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = SHA256.HashData(Encoding.ASCII.GetBytes($"waymark fuzzing {name}")) });

    private static CertificateAuthority NewAuthority()
    {
        var key = NewKey("authority");
        var request = new CertificateRequest("CN=Fuzz", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority(pathLengthConstraint: 0));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return new(request.Create(request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), Now.AddDays(-1), Now + (10 * Lifetime), [1]), key);
    }

    /// <summary>A connection in which that is heard, and what is said goes nowhere.</summary>
    public sealed class Heard(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
