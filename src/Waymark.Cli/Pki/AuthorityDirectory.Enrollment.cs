using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.Enrollment;
using Waymark.Exchange.NodeCalls;

namespace Waymark.Cli.Pki;

/// <summary>Parties that make their keys themselves. Each invitation is a file in <c>invited/</c>, which is emptied on the disk before its certificate is kept: a code counts once, whatever dies meanwhile.</summary>
internal sealed partial class AuthorityDirectory
{
    /// <summary>The most invitations that nobody has followed yet.</summary>
    public const int MostInvitations = 1000;

    /// <summary>By what the authority is called where it listens for new parties: it names no host, for a code finds it anywhere.</summary>
    private static readonly CertificateName ListenerName = CertificateName.Parse("urn:waymark:enrollment")!;

    private string InvitedFolder => System.IO.Path.Combine(folder, "invited");

    /// <summary>Invites a party.</summary>
    /// <param name="invitation">What it will be certified as.</param>
    /// <param name="server">Where it finds <c>pki serve</c>.</param>
    /// <param name="now">The present.</param>
    /// <returns>The code.</returns>
    /// <exception cref="CertificateException">There are too many.</exception>
    public EnrollmentCode Invite(Invitation invitation, ServerAddress server, DateTimeOffset now)
    {
        Directory.CreateDirectory(InvitedFolder, WholeFile.Private | UnixFileMode.UserExecute);
        DropExpired(now);
        if (Directory.EnumerateFiles(InvitedFolder).Count() >= MostInvitations)
        {
            throw new CertificateException($"{MostInvitations} invitations wait to be followed already: wait until some have expired");
        }
        var code = EnrollmentCode.Create(server, invitation.Purpose, Certificate);
        WholeFile.Create(InvitedFile(EnrollmentProof.Invitation(code.Secret)), (invitation with { Secret = code.Secret.ToArray().ToEquatableArray() }).ToText(), WholeFile.Private);
        return code;
    }

    /// <summary>Certifies the key of a party that was invited.</summary>
    /// <param name="id">Which invitation it follows, by its own word.</param>
    /// <param name="request">What it wants certified, in DER: foreign bytes.</param>
    /// <param name="isProven">Whether it has shown that it knows a secret.</param>
    /// <param name="now">The present.</param>
    /// <returns>What it gets, and what was certified.</returns>
    /// <exception cref="EnrollmentException">It gets nothing, and this is what it is told.</exception>
    public (EnrollmentGrant Grant, IssuedCertificate Certificate) Enroll(byte[] id, byte[] request, Func<byte[], bool> isProven, DateTimeOffset now)
    {
        var file = InvitedFile(id);
        if (!File.Exists(file) || Invitation.FromText(File.ReadAllText(file)) is not { } invitation)
        {
            throw new EnrollmentException("no invitation has this code: it was followed already, has expired, or was taken back; ask for another ('waymark pki invite')");
        }
        if (!isProven(invitation.Secret.ToArray()))
        {
            throw new EnrollmentException("the proof does not hold: is somebody between that host and this one?");
        }
        if (now > invitation.Until)
        {
            throw new EnrollmentException(string.Create(CultureInfo.InvariantCulture, $"the code was good until {invitation.Until.UtcDateTime:yyyy-MM-dd HH:mm} UTC: ask for another ('waymark pki invite')"));
        }
        try
        {
            var asked = SigningRequest.Read(request);
            if (asked.Names.Except(invitation.Names).FirstOrDefault() is { } other)
            {
                throw new EnrollmentException($"the code is for {string.Join(", ", invitation.Names)}, not for '{Exchange.ForeignText.Show(other.Text)}'");
            }
            using var certificate = authority.Issue([.. invitation.Names], invitation.Purpose, asked.Key, now, invitation.Lifetime);
            var list = File.ReadAllText(RevocationFile);
            if (CertificateTrust.Read(Certificate.ExportCertificatePem(), list).Check(certificate, invitation.Purpose, now) is CertificateVerdict.Refused(_, var fault))
            {
                throw new EnrollmentException($"the key is not certified, for the certificate {fault}");
            }
            Use(file);
            Keep(certificate);
            return (new(invitation.Secret, certificate.RawData, list), IssuedCertificate.Of(certificate, Revoked()));
        }
        catch (CertificateException refused)
        {
            throw new EnrollmentException(refused.Message);
        }
    }

    /// <summary>As whom the authority listens for new parties: a certificate that it gives itself, with its key. Its own key signs certificates and lists, and nothing else.</summary>
    public X509Certificate2 Listener(DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(authority.Curve);
        using var certificate = authority.Issue([ListenerName], CertificatePurpose.Host, new(key), now, lifetime);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>A file that is there and empty is of a code that was used, also where the power fails before it is gone.</summary>
    private static void Use(string file)
    {
        using (var invited = new FileStream(file, FileMode.Open, FileAccess.Write))
        {
            invited.SetLength(0);
            invited.Flush(flushToDisk: true);
        }
        File.Delete(file);
    }

    private void DropExpired(DateTimeOffset now)
    {
        foreach (var file in Directory.EnumerateFiles(InvitedFolder, "*.json").Where(file => !(Invitation.FromText(File.ReadAllText(file))?.Until >= now)))
        {
            File.Delete(file);
        }
    }

    private string InvitedFile(byte[] id) => System.IO.Path.Combine(InvitedFolder, Convert.ToHexString(id) + ".json");
}
