using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Waymark.Exchange.Certificates;

namespace Waymark.Cli.Pki;

/// <summary>A certificate that an authority issued, and how it stands.</summary>
/// <param name="Serial">Its serial number in hexadecimal digits, which is its name among the authority's.</param>
/// <param name="Names">Whom it identifies.</param>
/// <param name="Purpose">What for; null where it is for neither of ours.</param>
/// <param name="From">Since when it is valid.</param>
/// <param name="Until">Until when it is valid, inclusive.</param>
/// <param name="RevokedAt">Since when it is revoked; null where it is not.</param>
internal sealed record IssuedCertificate(string Serial, EquatableArray<CertificateName> Names, CertificatePurpose? Purpose, DateTimeOffset From, DateTimeOffset Until, DateTimeOffset? RevokedAt)
{
    /// <summary>How long before its end a certificate is called expiring: time enough to have it renewed by hand.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(30);

    /// <summary>Most file systems take 255 bytes, of which some are for the ending.</summary>
    private const int LongestFileName = 200;

    public static IssuedCertificate Of(X509Certificate2 certificate, RevocationList list) => new(
        certificate.SerialNumber, CertificateName.Of(certificate).ToEquatableArray(), CertificateAuthority.PurposeOf(certificate), certificate.NotBefore, certificate.NotAfter, list.RevokedAt(certificate));

    /// <summary>In one word: <c>revoked</c>, <c>expired</c>, <c>expiring</c>, <c>valid</c>.</summary>
    public string State(DateTimeOffset now) => RevokedAt is not null ? "revoked" : now > Until ? "expired" : now > Until - Notice ? "expiring" : "valid";

    /// <summary>The purpose in one word.</summary>
    public string Use => Purpose switch
    {
        CertificatePurpose.Host => "host",
        CertificatePurpose.Requester => "requester",
        _ => "other",
    };

    /// <summary>The name of its files: that of its first name or the beginning of it, with nothing that a folder's name could not be.</summary>
    public string FileName => string.Concat((Names.Count > 0 ? Names[0].Text : Serial).Take(LongestFileName).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '_')).TrimStart('.');

    /// <summary>A day, in universal time as certificates have it.</summary>
    public static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
