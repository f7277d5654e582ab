using System.IO;
using Google.Protobuf;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.Enrollment;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Fuzzing.Targets;

/// <summary>What a stranger says to <c>waymark pki serve</c>: nothing is certified without a proof, and all else is refused in the words that are promised.</summary>
internal static class EnrollmentRequests
{
    private static readonly byte[] Secret = new byte[EnrollmentCode.SecretBytes];

    private static readonly byte[] Invitation = EnrollmentProof.Invitation(Secret);

    private static readonly CertificateName[] Names = [CertificateName.Parse("van.example.net")!, CertificateName.Parse("192.0.2.1")!];

    public static FuzzTarget Target { get; } = new("enrollment-request", [Begin([]), Begin(Names[..1]), Begin(Names)], Take);

    private static byte[] Begin(CertificateName[] names) =>
        EnrollmentParties.Framed(new V1.EnrollmentRequest { Invitation = ByteString.CopyFrom(Invitation), Request = ByteString.CopyFrom(SigningRequest.Make(EnrollmentParties.Key, names)), Proof = ByteString.CopyFrom(Invitation) });

    private static bool Take(byte[] input)
    {
        // As it came, and from somebody who knows the secret: nobody comes upon a proof by chance.
        Expect.That(!Ask(input, isProven: false), "without a proof nothing is certified");
        if (EnrollmentParties.Read(input, V1.EnrollmentRequest.Parser, EnrollmentStream.LongestRequest) is not { } request)
        {
            return false;
        }
        request.Proof = ByteString.CopyFrom(EnrollmentProof.OfRequest(Secret, EnrollmentParties.Shown.RawData, request.Request.Span));
        // A request that can be certified, by an invitation that nobody has been given.
        return Ask(EnrollmentParties.Framed(request), isProven: true) && !request.Invitation.Span.SequenceEqual(Invitation);
    }

    /// <summary>Whether something was certified.</summary>
    private static bool Ask(byte[] heard, bool isProven)
    {
        try
        {
            var isCertified = false;
            EnrollmentServer.AnswerAsync(new EnrollmentParties.Heard(heard), EnrollmentParties.Shown, EnrollmentParties.Authority.Certificate, EnrollmentParties.Now, (_, request, isProof) =>
            {
                if (!isProof(Secret))
                {
                    throw new EnrollmentException("no proof");
                }
                Expect.That(isProven, "a proof is one");
                var asked = SigningRequest.Read(request);
                using var certificate = EnrollmentParties.Authority.Issue(asked.Names.IsEmpty ? Names : [.. asked.Names], CertificatePurpose.Host, asked.Key, EnrollmentParties.Now, EnrollmentParties.Lifetime);
                isCertified = true;
                return Task.FromResult(new EnrollmentGrant([.. Secret], certificate.RawData, ""));
            }, CancellationToken.None).GetAwaiter().GetResult();
            return isCertified;
        }
        catch (Exception refused) when (refused is EnrollmentException or CertificateException or IOException)
        {
            // Promised.
            return false;
        }
    }
}
