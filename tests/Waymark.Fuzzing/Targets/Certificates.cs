using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Waymark.Exchange.Certificates;

namespace Waymark.Fuzzing.Targets;

/// <summary>A certificate that a stranger shows: it counts or is refused with a reason, and is never taken for another's.</summary>
internal static class Certificates
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static readonly X509Certificate2 Authority = Issue("CN=Fuzz", null, true);

    private static readonly CertificateTrust Trust = CertificateTrust.Read(Authority.ExportCertificatePem(), null);

    public static FuzzTarget Target { get; } = new("certificate", [Issue("CN=a", "a.example", false).RawData, Issue("CN=b", "b.example", true).RawData, Authority.RawData], Take);

    private static bool Take(byte[] input)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = X509CertificateLoader.LoadCertificate(input);
        }
        catch (CryptographicException)
        {
            // The framework's word: TLS would have ended there.
            return false;
        }
        using (certificate)
        {
            var isDeep = false;
            foreach (var purpose in new[] { CertificatePurpose.Requester, CertificatePurpose.Host })
            {
                if (Trust.Check(certificate, purpose, Start.AddDays(5)) is CertificateVerdict.Refused refused)
                {
                    Expect.That(refused.Message.Length > 0, "what is refused has a reason");
                    isDeep |= refused.Message.Contains("another curve", StringComparison.Ordinal);
                }
            }
            return isDeep;
        }
    }

    private static X509Certificate2 Issue(string subject, string? name, bool isAuthority)
    {
        var request = new CertificateRequest(subject, Key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
        if (name is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            names.AddUri(new($"spiffe://{name}/x"));
            request.CertificateExtensions.Add(names.Build());
        }
        return name is null ? request.CreateSelfSigned(Start, Start.AddDays(100)) : request.Create(new X500DistinguishedName("CN=Fuzz"), X509SignatureGenerator.CreateForECDsa(Key), Start, Start.AddDays(10), [1, 2, 3]);
    }
}
