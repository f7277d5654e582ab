using System.IO;
using Google.Protobuf;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.Enrollment;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Fuzzing.Targets;

/// <summary>What <c>waymark enroll</c> is told: by somebody in between, who is not believed, and by an authority with a mistake, whose certificate is looked at before it is kept.</summary>
internal static class EnrollmentAnswers
{
    private static readonly CertificateName[] Names = [CertificateName.Parse("van.example.net")!];

    private static readonly byte[] Hello = EnrollmentParties.Framed(new V1.EnrollmentHello { Authority = ByteString.CopyFrom(EnrollmentParties.Authority.Certificate.RawData) });

    public static FuzzTarget Target { get; } = new("enrollment-answer", [.. Begin()], Take);

    private static IEnumerable<byte[]> Begin()
    {
        var list = EnrollmentParties.Authority.FirstRevocationList(EnrollmentParties.Now);
        using var certificate = EnrollmentParties.Authority.Issue(Names, CertificatePurpose.Host, new(EnrollmentParties.Key), EnrollmentParties.Now, EnrollmentParties.Lifetime);
        yield return EnrollmentParties.Framed(new V1.EnrollmentAnswer { Certificate = ByteString.CopyFrom(certificate.RawData), RevocationList = list });
        yield return EnrollmentParties.Framed(new V1.EnrollmentAnswer { Certificate = ByteString.CopyFrom(EnrollmentParties.Shown.RawData), RevocationList = list });
        yield return EnrollmentParties.Framed(new V1.EnrollmentAnswer { Refusal = "the code is used up" });
        yield return Hello;
    }

    private static bool Take(byte[] input)
    {
        Ask(input, out _);
        if (EnrollmentParties.Read(input, V1.EnrollmentAnswer.Parser, EnrollmentStream.LongestAnswer) is not { } answer)
        {
            return false;
        }
        // As somebody in between has it, and as the authority itself would: nobody comes upon a proof by chance.
        Expect.That(Ask([.. Hello, .. input], out _) is null, "without a proof nothing is kept");
        answer.Proof = ByteString.CopyFrom(EnrollmentProof.OfAnswer(EnrollmentParties.Code.Secret, EnrollmentParties.Shown.RawData, answer.Certificate.Span, answer.RevocationList));
        if (Ask([.. Hello, .. EnrollmentParties.Framed(answer)], out var refusal) is { } party)
        {
            Expect.That(CertificateName.Of(party.Certificate).Contains(Names[0]), "what is kept names whom it was asked for");
            return false;
        }
        // Of our key, and all the same not good for it.
        return refusal is not null && refusal.StartsWith("the certificate that came", StringComparison.Ordinal) && !refusal.Contains("of another key", StringComparison.Ordinal);
    }

    private static EnrolledParty? Ask(byte[] heard, out string? refusal)
    {
        try
        {
            refusal = null;
            return EnrollmentClient.AskAsync(
                new EnrollmentParties.Heard(heard), EnrollmentParties.Shown, EnrollmentParties.Code, Names, _ => EnrollmentParties.Key, EnrollmentParties.Now, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (Exception refused) when (refused is EnrollmentException or IOException)
        {
            // Promised.
            refusal = refused.Message;
            return null;
        }
    }
}
