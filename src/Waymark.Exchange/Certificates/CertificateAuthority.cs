using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Waymark.Exchange.Certificates;

/// <summary>
/// A small certificate authority, for those without one (R7): X.509 version 3 over ECDSA, profile of RFC 5280. It signs, and touches no file. Subordinate authorities there are none
/// (<c>pathLenConstraint</c> 0).
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>How far before the present a certificate begins to be valid: clocks of nodes that were just switched on differ by minutes.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>The longest common name (RFC 5280 appendix A.1, <c>ub-common-name</c>).</summary>
    public const int LongestCommonName = 64;

    internal const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private const string ExtendedKeyUsage = "2.5.29.37";

    private readonly ECDsa key;

    /// <summary>Has an authority sign.</summary>
    /// <param name="certificate">Its certificate.</param>
    /// <param name="key">Its key, which is disposed with this.</param>
    /// <exception cref="CertificateException">They do not belong together, or the certificate is no authority's.</exception>
    public CertificateAuthority(X509Certificate2 certificate, ECDsa key)
    {
        this.key = key;
        if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is not { CertificateAuthority: true })
        {
            throw new CertificateException("the certificate is not an authority's");
        }
        try
        {
            Certificate = certificate.CopyWithPrivateKey(key);
        }
        catch (ArgumentException)
        {
            // The framework compared the public halves.
            throw new CertificateException("the authority's key is not that of its certificate");
        }
    }

    /// <summary>Its own certificate, which parties trust.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The curve of its key, which the keys that it certifies have too.</summary>
    public ECCurve Curve => key.ExportParameters(includePrivateParameters: false).Curve;

    private HashAlgorithmName Hash => key.KeySize > 256 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;

    /// <summary>Makes an authority with a new key.</summary>
    /// <param name="name">What people call it; 1 to 64 characters.</param>
    /// <param name="curve">P-256 or P-384.</param>
    /// <param name="now">The present.</param>
    /// <param name="lifetime">For how long it is valid.</param>
    public static CertificateAuthority Create(string name, ECCurve curve, DateTimeOffset now, TimeSpan lifetime)
    {
        var key = ECDsa.Create(curve);
        var request = new CertificateRequest(CommonName(name), key, key.KeySize > 256 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority(pathLengthConstraint: 0));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.Create(request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now - ClockTolerance, now + lifetime, NewSerial());
        return new(certificate, key);
    }

    /// <summary>Certifies that a public key is a party's.</summary>
    /// <param name="names">Whom it identifies; at least one.</param>
    /// <param name="purpose">What for.</param>
    /// <param name="subject">The party's key.</param>
    /// <param name="now">The present.</param>
    /// <param name="lifetime">For how long; no certificate outlives its authority's.</param>
    /// <exception cref="CertificateException">The authority itself is not valid in that time.</exception>
    public X509Certificate2 Issue(IReadOnlyList<CertificateName> names, CertificatePurpose purpose, PublicKey subject, DateTimeOffset now, TimeSpan lifetime)
    {
        var isNamed = names[0].Text.Length <= LongestCommonName;
        var usages = new OidCollection { new(ClientAuthentication) };
        if (purpose == CertificatePurpose.Host)
        {
            usages.Add(new(ServerAuthentication));
        }
        // Where the subject is empty the alternative name has to be critical (RFC 5280 section 4.2.1.6).
        return Sign(isNamed ? CommonName(names[0].Text) : new(""), subject, [CertificateName.Extension(names, isCritical: !isNamed), new X509EnhancedKeyUsageExtension(usages, critical: false)], now, lifetime);
    }

    /// <summary>
    /// Certifies the same key for the same names and purpose anew, with another serial number. The key stays, so a party replaces one file and its key never leaves it.
    /// </summary>
    /// <exception cref="CertificateException">The authority itself is not valid in that time.</exception>
    public X509Certificate2 Renew(X509Certificate2 certificate, DateTimeOffset now, TimeSpan lifetime) =>
        Sign(certificate.SubjectName, certificate.PublicKey, certificate.Extensions.Where(one => one.Oid?.Value is CertificateName.ExtensionOid or ExtendedKeyUsage), now, lifetime);

    /// <summary>What a certificate may be used for; null where it is for neither.</summary>
    public static CertificatePurpose? PurposeOf(X509Certificate2 certificate)
    {
        var usages = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(one => one.EnhancedKeyUsages.Cast<Oid>()).Select(one => one.Value).ToHashSet();
        return usages.Contains(ServerAuthentication) ? CertificatePurpose.Host : usages.Contains(ClientAuthentication) ? CertificatePurpose.Requester : null;
    }

    /// <summary>Whether the certificate was signed by this authority's key: its name alone says nothing, for anybody can write it.</summary>
    public bool HasSigned(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        // Signed once is signed: whether it still counts is asked elsewhere.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return !certificate.RawDataMemory.Span.SequenceEqual(Certificate.RawDataMemory.Span) && chain.Build(certificate);
    }

    /// <summary>An authority's first revocation list: number 1, nothing revoked.</summary>
    public string FirstRevocationList(DateTimeOffset now) => Sign(new(), 1, now);

    /// <summary>The revocation list after one more certificate was taken back.</summary>
    /// <param name="list">The list so far, in PEM, which was read and found to be this authority's.</param>
    /// <param name="certificate">What is taken back; not yet in the list.</param>
    /// <param name="now">The present.</param>
    /// <exception cref="CertificateException">The authority has ended: nobody would believe its list.</exception>
    public string Revoke(string list, X509Certificate2 certificate, DateTimeOffset now)
    {
        var builder = CertificateRevocationListBuilder.LoadPem(list, out var number);
        builder.AddEntry(certificate.SerialNumberBytes.Span, now);
        return Sign(builder, number + 1, now);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        key.Dispose();
    }

    private X509Certificate2 Sign(X500DistinguishedName subject, PublicKey subjectKey, IEnumerable<X509Extension> extensions, DateTimeOffset now, TimeSpan lifetime)
    {
        var request = new CertificateRequest(subject, subjectKey, Hash);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForEndEntity(critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(subjectKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        foreach (var extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }
        DateTimeOffset from = now - ClockTolerance, until = now + lifetime, begin = Certificate.NotBefore, end = End(now);
        if (until <= begin)
        {
            throw new CertificateException(string.Create(CultureInfo.InvariantCulture, $"the authority begins on {begin:yyyy-MM-dd}, and the clock of this computer says {now:yyyy-MM-dd}: set it"));
        }
        return request.Create(Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(key), from > begin ? from : begin, until < end ? until : end, NewSerial());
    }

    /// <summary>Lists are handed on by hand, so one counts until the authority ends: one that expired sooner would shut everybody out on a date that nobody remembers.</summary>
    private string Sign(CertificateRevocationListBuilder builder, BigInteger number, DateTimeOffset now) =>
        PemEncoding.WriteString("X509 CRL", builder.Build(Certificate, number, End(now), Hash, thisUpdate: now)) + "\n";

    /// <summary>When the authority ends; throws where it has.</summary>
    private DateTimeOffset End(DateTimeOffset now)
    {
        DateTimeOffset end = Certificate.NotAfter.ToUniversalTime();
        return now < end ? end : throw new CertificateException(string.Create(CultureInfo.InvariantCulture, $"the authority ended on {end:yyyy-MM-dd}: make another ('waymark pki init')"));
    }

    private static X500DistinguishedName CommonName(string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(name);
        return builder.Build();
    }

    /// <summary>126 random bits: nobody foretells one (RFC 5280 section 4.1.2.2 allows 20 octets, positive).</summary>
    private static byte[] NewSerial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        // Positive, and without a leading zero octet, which DER would not allow.
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        return serial;
    }
}
