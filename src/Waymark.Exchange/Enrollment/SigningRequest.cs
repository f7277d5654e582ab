using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Waymark.Exchange.Certificates;

namespace Waymark.Exchange.Enrollment;

/// <summary>A request to certify a key (PKCS #10, RFC 2986): signed with it, so that nobody has another's key certified.</summary>
/// <param name="Key">The key.</param>
/// <param name="Names">The names that it asks for; empty: it leaves that to the authority.</param>
public sealed record SigningRequest(PublicKey Key, EquatableArray<CertificateName> Names)
{
    /// <summary>Makes a request.</summary>
    /// <param name="key">The key.</param>
    /// <param name="names">The names that are asked for; empty: whichever the authority gives.</param>
    /// <returns>In DER.</returns>
    public static byte[] Make(ECDsa key, IReadOnlyList<CertificateName> names)
    {
        var request = new CertificateRequest(new X500DistinguishedName(""), key, key.KeySize > 256 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256);
        if (names.Count > 0)
        {
            request.CertificateExtensions.Add(CertificateName.Extension(names, isCritical: true));
        }
        return request.CreateSigningRequest();
    }

    /// <summary>Reads a request.</summary>
    /// <param name="der">Foreign bytes.</param>
    /// <exception cref="CertificateException">It is none, is not signed with its key, or is damaged.</exception>
    public static SigningRequest Read(byte[] der)
    {
        try
        {
            // Extensions are looked at here and not taken over: what a certificate bears is its authority's to say.
            var request = CertificateRequest.LoadSigningRequest(der, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
            var names = request.CertificateExtensions.Where(one => one.Oid?.Value == CertificateName.ExtensionOid).SelectMany(one => CertificateName.Read(one.RawData));
            return new(request.PublicKey, names.ToEquatableArray());
        }
        catch (Exception damaged) when (damaged is CryptographicException or ArgumentException or OverflowException or NotSupportedException)
        {
            // Foreign bytes; of a kind of signature that the framework does not know, too.
            throw new CertificateException("what came is no request to certify a key, or it is not signed with that key");
        }
    }
}
