using System.IO;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Exchange.Enrollment;

/// <summary>The authority's side of one connection.</summary>
public static class EnrollmentServer
{
    /// <summary>What an authority says to a request.</summary>
    /// <param name="invitation">Which invitation the party has, by its own word.</param>
    /// <param name="request">What it wants certified, in DER: foreign bytes.</param>
    /// <param name="isProven">Whether the party knows a secret.</param>
    /// <returns>What it gets.</returns>
    public delegate Task<EnrollmentGrant> Deciding(byte[] invitation, byte[] request, Func<byte[], bool> isProven);

    /// <summary>Answers the one question of a connection.</summary>
    /// <param name="stream">TLS, in which <paramref name="shown"/> was shown.</param>
    /// <param name="shown">The certificate.</param>
    /// <param name="authority">The authority's.</param>
    /// <param name="now">What the authority's clock says.</param>
    /// <param name="decide">Decides; throws <see cref="EnrollmentException"/> where nothing is certified, whose words go to the party.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="EnrollmentException">Nothing was certified, or nothing was asked.</exception>
    public static async Task AnswerAsync(Stream stream, X509Certificate2 shown, X509Certificate2 authority, DateTimeOffset now, Deciding decide, CancellationToken cancellationToken)
    {
        await EnrollmentStream.WriteAsync(stream, new V1.EnrollmentHello { Authority = ByteString.CopyFrom(authority.RawData), Now = now.ToUnixTimeSeconds() }, cancellationToken);
        var asked = await EnrollmentStream.ReadAsync(stream, V1.EnrollmentRequest.Parser, EnrollmentStream.LongestRequest, cancellationToken);
        var request = asked.Request.ToByteArray();
        try
        {
            var grant = await decide(asked.Invitation.ToByteArray(), request, secret => EnrollmentProof.Holds(asked.Proof.Span, EnrollmentProof.OfRequest(secret, shown.RawData, request)));
            await EnrollmentStream.WriteAsync(stream, new V1.EnrollmentAnswer
            {
                Certificate = ByteString.CopyFrom(grant.Certificate),
                RevocationList = grant.RevocationList,
                Proof = ByteString.CopyFrom(EnrollmentProof.OfAnswer(grant.Secret.AsSpan(), shown.RawData, grant.Certificate, grant.RevocationList)),
            }, cancellationToken);
        }
        catch (EnrollmentException refused)
        {
            await EnrollmentStream.WriteAsync(stream, new V1.EnrollmentAnswer { Refusal = refused.Message }, cancellationToken);
            throw;
        }
    }
}
