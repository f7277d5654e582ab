using System.IO;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace Waymark.Exchange.Enrollment;

/// <summary>What an authority says to whom it does not even shake hands with, at next to no cost: a fatal alert of TLS (RFC 8446 section 6), "access_denied", which whoever speaks TLS can read.</summary>
public static class TurnedAway
{
    private const byte Alert = 21, Fatal = 2, AccessDenied = 49;

    /// <summary>What OpenSSL calls an alert that came: 1000 and its number (ssl/ssl_err, SSL_AD_REASON_OFFSET), in the lowest 23 bits of its error.</summary>
    private const int Reason = 1000 + AccessDenied, ReasonBits = 0x7fffff;

    /// <summary>Says so.</summary>
    public static async Task SayAsync(Stream stream, CancellationToken cancellationToken)
    {
        // A record of TLS 1.2, as TLS 1.3 writes them (section 5.1): its type, version and length, and the alert.
        await stream.WriteAsync(new byte[] { Alert, 3, 3, 0, 2, Fatal, AccessDenied }, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    /// <summary>Whether that is why a handshake failed.</summary>
    public static bool IsSaidBy(AuthenticationException failed)
    {
        for (Exception? cause = failed; cause is not null; cause = cause.InnerException)
        {
            if (cause is CryptographicException && (cause.HResult & ReasonBits) == Reason)
            {
                return true;
            }
        }
        return false;
    }
}
