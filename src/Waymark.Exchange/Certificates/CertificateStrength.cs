using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Waymark.Exchange.Certificates;

/// <summary>Which keys and signatures are taken: those of NIST SP 800-57 part 1 (revision 5, section 5.6.1) for 112 bits and more, of the kinds that this program reads.</summary>
internal static class CertificateStrength
{
    private const int LeastRsaBits = 2048;

    private const string Rsa = "1.2.840.113549.1.1.1", EllipticCurve = "1.2.840.10045.2.1";

    /// <summary>ECDSA and RSA (PKCS #1 v1.5) with SHA-256, SHA-384 and SHA-512 (RFC 5758, RFC 4055): the same as of revocation lists.</summary>
    private static readonly string[] Signatures =
        ["1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4", "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13"];

    /// <summary>P-256, P-384, P-521 (RFC 5480 section 2.1.1.1): those that TLS 1.3 signs with (RFC 8446 section 4.2.3).</summary>
    private static readonly string[] Curves = ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"];

    /// <summary>What is weak about a certificate, as it goes on behind "the certificate"; null: nothing.</summary>
    public static string? FaultOf(X509Certificate2 certificate)
    {
        if (!Signatures.Contains(certificate.SignatureAlgorithm.Value))
        {
            return $"is signed by '{ForeignText.Show(certificate.SignatureAlgorithm.FriendlyName ?? certificate.SignatureAlgorithm.Value ?? "")}': ECDSA and RSA with SHA-256, SHA-384 or SHA-512 are taken";
        }
        switch (certificate.PublicKey.Oid.Value)
        {
            case Rsa:
                using (var key = certificate.GetRSAPublicKey())
                {
                    return key!.KeySize < LeastRsaBits ? $"has an RSA key of {key.KeySize} bits: at least {LeastRsaBits} are taken" : null;
                }
            case EllipticCurve:
                return Curves.Contains(CurveOf(certificate.PublicKey)) ? null : "has a key on another curve than P-256, P-384 and P-521";
            default:
                return $"has a key of the kind '{ForeignText.Show(certificate.PublicKey.Oid.FriendlyName ?? certificate.PublicKey.Oid.Value ?? "")}': ECDSA and RSA are taken";
        }
    }

    /// <summary>The curve by name; null where it is spelled out, so that it could be any.</summary>
    private static string? CurveOf(PublicKey key)
    {
        try
        {
            var reader = new AsnReader(key.EncodedParameters?.RawData ?? [], AsnEncodingRules.DER);
            return reader.PeekTag() == Asn1Tag.ObjectIdentifier ? reader.ReadObjectIdentifier() : null;
        }
        catch (AsnContentException)
        {
            // Foreign bytes.
            return null;
        }
    }
}
