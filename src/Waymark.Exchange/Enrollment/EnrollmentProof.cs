using System.Security.Cryptography;
using System.Text;

namespace Waymark.Exchange.Enrollment;

/// <summary>
/// What shows that one knows the secret of a code without saying it. Each proof is of one connection, by the certificate that the authority shows in it: what is said to somebody in the middle is of no use towards
/// the authority, also where he has a certificate of the same authority.
/// </summary>
public static class EnrollmentProof
{
    /// <summary>By what an invitation is known: whoever reads it learns nothing of the secret.</summary>
    public static byte[] Invitation(ReadOnlySpan<byte> secret) => HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes("waymark enrollment invitation"));

    /// <summary>Of a request.</summary>
    /// <param name="secret">The code's.</param>
    /// <param name="shown">The certificate that the authority shows in this connection, in DER.</param>
    /// <param name="request">The request, in DER.</param>
    public static byte[] OfRequest(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> shown, ReadOnlySpan<byte> request) =>
        HMACSHA256.HashData(secret, [.. Encoding.ASCII.GetBytes("waymark enrollment request "), .. SHA256.HashData(shown), .. SHA256.HashData(request)]);

    /// <summary>Of an answer.</summary>
    /// <param name="secret">The code's.</param>
    /// <param name="shown">The certificate that the authority shows in this connection, in DER.</param>
    /// <param name="certificate">The new certificate, in DER.</param>
    /// <param name="revocationList">The authority's list.</param>
    public static byte[] OfAnswer(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> shown, ReadOnlySpan<byte> certificate, string revocationList) =>
        HMACSHA256.HashData(secret, [.. Encoding.ASCII.GetBytes("waymark enrollment answer  "), .. SHA256.HashData(shown), .. SHA256.HashData(certificate), .. SHA256.HashData(Encoding.UTF8.GetBytes(revocationList))]);

    /// <summary>Whether a proof is the one that it has to be, in the same time whatever it is.</summary>
    public static bool Holds(ReadOnlySpan<byte> proof, ReadOnlySpan<byte> expected) => CryptographicOperations.FixedTimeEquals(proof, expected);
}
