using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Waymark.Exchange.Certificates;

/// <summary>
/// Which certificates an authority has taken back (RFC 5280 section 5). The framework looks for lists on the network and offers no reader for one at hand; this reads one, from bytes that
/// may be anybody's, and believes it only once the authority's signature holds.
/// </summary>
public sealed class RevocationList
{
    /// <summary>The longest list in bytes: some 100,000 certificates.</summary>
    public const int LongestBytes = 4 << 20;

    private const string NumberExtension = "2.5.29.20";

    private readonly Dictionary<string, DateTimeOffset> revoked = [];

    private RevocationList()
    {
    }

    /// <summary>Its number: each list of an authority has a higher one than that before. 0 where it bears none.</summary>
    public BigInteger Number { get; private set; }

    /// <summary>By when its authority promised another; null: it promised none.</summary>
    public DateTimeOffset? NextUpdate { get; private set; }

    /// <summary>How many certificates it names.</summary>
    public int Count => revoked.Count;

    /// <summary>Since when the certificate is revoked; null where it is not. The certificate has to be one of the list's authority.</summary>
    public DateTimeOffset? RevokedAt(X509Certificate2 certificate) => revoked.TryGetValue(Convert.ToHexString(certificate.SerialNumberBytes.Span), out var at) ? at : null;

    /// <summary>Reads a list in PEM.</summary>
    /// <exception cref="CertificateException">It is no list, is damaged, is another authority's, or is of a kind that would have to be understood to be believed.</exception>
    public static RevocationList Read(string pem, X509Certificate2 authority)
    {
        if (pem.Length > LongestBytes * 2)
        {
            throw new CertificateException($"it is longer than {LongestBytes} bytes");
        }
        if (!PemEncoding.TryFind(pem, out var fields) || pem[fields.Label] != "X509 CRL")
        {
            throw new CertificateException("it holds no revocation list in PEM ('-----BEGIN X509 CRL-----')");
        }
        try
        {
            return Read(Convert.FromBase64String(pem[fields.Base64Data]), authority);
        }
        catch (Exception damaged) when (damaged is AsnContentException or CryptographicException or OverflowException)
        {
            // Foreign bytes.
            throw new CertificateException("it is damaged");
        }
    }

    private static RevocationList Read(byte[] der, X509Certificate2 authority)
    {
        var whole = new AsnReader(der, AsnEncodingRules.DER);
        var signedList = whole.ReadSequence();
        whole.ThrowIfNotEmpty();
        var signed = signedList.ReadEncodedValue();
        var algorithm = signedList.ReadSequence().ReadObjectIdentifier();
        var signature = signedList.ReadBitString(out _);
        signedList.ThrowIfNotEmpty();
        var reader = new AsnReader(signed, AsnEncodingRules.DER).ReadSequence();
        if (reader.PeekTag() == Asn1Tag.Integer)
        {
            reader.ReadInteger();
        }
        // The algorithm inside has to be the one outside (section 5.1.2.2): else a signature could be passed off as another's.
        if (reader.ReadSequence().ReadObjectIdentifier() != algorithm || !reader.ReadEncodedValue().Span.SequenceEqual(authority.SubjectName.RawData) || !IsSigned(signed.Span, signature, algorithm, authority))
        {
            throw new CertificateException($"it is not signed by the authority '{authority.GetNameInfo(X509NameType.SimpleName, false)}'");
        }
        var list = new RevocationList();
        // When it was signed, and by when another was promised.
        ReadTime(reader);
        if (reader.HasData && IsTime(reader))
        {
            list.NextUpdate = ReadTime(reader);
        }
        if (reader.HasData && reader.PeekTag() == Asn1Tag.Sequence)
        {
            list.ReadEntries(reader.ReadSequence());
        }
        if (reader.HasData)
        {
            list.ReadExtensions(reader.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence());
        }
        return list;
    }

    private void ReadEntries(AsnReader entries)
    {
        while (entries.HasData)
        {
            var entry = entries.ReadSequence();
            revoked[Convert.ToHexString(entry.ReadIntegerBytes().Span)] = ReadTime(entry);
        }
    }

    private void ReadExtensions(AsnReader extensions)
    {
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            var kind = extension.ReadObjectIdentifier();
            var isCritical = extension.PeekTag() == Asn1Tag.Boolean && extension.ReadBoolean();
            if (kind == NumberExtension)
            {
                Number = new AsnReader(extension.ReadOctetString(), AsnEncodingRules.DER).ReadInteger();
            }
            else if (isCritical)
            {
                // A list of changes only, or of some certificates only: taken for a whole one it would let the others in.
                throw new CertificateException($"it has the critical extension {kind}: only whole lists are read");
            }
        }
    }

    private static bool IsSigned(ReadOnlySpan<byte> signed, byte[] signature, string algorithm, X509Certificate2 authority)
    {
        var hash = algorithm switch
        {
            "1.2.840.10045.4.3.2" or "1.2.840.113549.1.1.11" => HashAlgorithmName.SHA256,
            "1.2.840.10045.4.3.3" or "1.2.840.113549.1.1.12" => HashAlgorithmName.SHA384,
            "1.2.840.10045.4.3.4" or "1.2.840.113549.1.1.13" => HashAlgorithmName.SHA512,
            _ => throw new CertificateException($"it is signed by the algorithm {algorithm}: ECDSA and RSA with SHA-256, SHA-384 or SHA-512 are read"),
        };
        using var ecdsa = authority.GetECDsaPublicKey();
        using var rsa = authority.GetRSAPublicKey();
        return ecdsa?.VerifyData(signed, signature, hash, DSASignatureFormat.Rfc3279DerSequence) ?? rsa?.VerifyData(signed, signature, hash, RSASignaturePadding.Pkcs1) ?? false;
    }

    private static bool IsTime(AsnReader reader) => reader.PeekTag() == Asn1Tag.UtcTime || reader.PeekTag() == Asn1Tag.GeneralizedTime;

    private static DateTimeOffset ReadTime(AsnReader reader) => reader.PeekTag() == Asn1Tag.UtcTime ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();
}
