using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.NodeCalls;

namespace Waymark.Exchange.Enrollment;

/// <summary>
/// What a new party is given to come to its certificate: where the authority is, by what it is known, and a secret that both know and nobody else. Good once and for a short time, which is the authority's to mind.
/// </summary>
/// <remarks>128 random bits cannot be guessed, so neither needs a protocol in which a short password is safe (docs/decisions/a-code-that-cannot-be-guessed.md).</remarks>
public sealed class EnrollmentCode
{
    /// <summary>The bytes of the secret, and of the authority's fingerprint: 128 bits of each.</summary>
    public const int SecretBytes = 16, FingerprintBytes = 16;

    /// <summary>The TCP port of an authority where none is said.</summary>
    public const int UsualPort = 7444;

    private const string Prefix = "wm1.";
    private const int ChecksumBytes = 4, LongestText = 600;

    private readonly byte[] secret;
    private readonly byte[] fingerprint;

    private EnrollmentCode(ServerAddress server, CertificatePurpose purpose, byte[] fingerprint, byte[] secret) => (Server, Purpose, this.fingerprint, this.secret) = (server, purpose, fingerprint, secret);

    /// <summary>Where the authority is asked.</summary>
    public ServerAddress Server { get; }

    /// <summary>What the certificate will be for.</summary>
    public CertificatePurpose Purpose { get; }

    /// <summary>The secret.</summary>
    public ReadOnlySpan<byte> Secret => secret;

    /// <summary>Makes a code with a new secret.</summary>
    /// <param name="server">Where the authority will be asked.</param>
    /// <param name="purpose">What the certificate will be for.</param>
    /// <param name="authority">The authority's certificate.</param>
    public static EnrollmentCode Create(ServerAddress server, CertificatePurpose purpose, X509Certificate2 authority) =>
        new(server, purpose, Fingerprint(authority.RawData), RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>Reads a code; null where it is none, or was mistyped.</summary>
    public static EnrollmentCode? Parse(string text)
    {
        text = text.Trim();
        if (text.Length > LongestText || !text.StartsWith(Prefix, StringComparison.Ordinal) || !Base64Url.IsValid(text.AsSpan(Prefix.Length)))
        {
            return null;
        }
        var bytes = Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length));
        const int Head = 1 + FingerprintBytes + SecretBytes;
        if (bytes.Length <= Head + ChecksumBytes || bytes[0] > 1 || !Checksum(bytes.AsSpan(..^ChecksumBytes)).SequenceEqual(bytes.AsSpan(^ChecksumBytes..)))
        {
            return null;
        }
        return ServerAddress.Parse(Encoding.ASCII.GetString(bytes.AsSpan(Head..^ChecksumBytes))) is { } server
            ? new(server, bytes[0] == 1 ? CertificatePurpose.Host : CertificatePurpose.Requester, bytes[1..(1 + FingerprintBytes)], bytes[(1 + FingerprintBytes)..Head])
            : null;
    }

    /// <summary>Whether a certificate is that of the authority which the code names.</summary>
    /// <param name="authority">In DER.</param>
    public bool Names(ReadOnlySpan<byte> authority) => Fingerprint(authority).AsSpan().SequenceEqual(fingerprint);

    /// <summary>The code as it is handed over: whoever reads it can be the new party.</summary>
    public string ToText()
    {
        byte[] bytes = [Purpose == CertificatePurpose.Host ? (byte)1 : (byte)0, .. fingerprint, .. secret, .. Encoding.ASCII.GetBytes(Server.ToString())];
        return Prefix + Base64Url.EncodeToString([.. bytes, .. Checksum(bytes)]);
    }

    private static byte[] Fingerprint(ReadOnlySpan<byte> authority) => SHA256.HashData(authority)[..FingerprintBytes];

    private static byte[] Checksum(ReadOnlySpan<byte> bytes) => SHA256.HashData(bytes)[..ChecksumBytes];
}
