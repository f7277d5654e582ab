using System.Globalization;
using System.IO;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Waymark.Exchange.Certificates;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Exchange.Enrollment;

/// <summary>The new party's side.</summary>
public static class EnrollmentClient
{
    /// <summary>How long all of it may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How far this host's clock may be behind the authority's: certificates begin <see cref="CertificateAuthority.ClockTolerance"/> before they are made, of which some is left for the exchange itself. And how far before it: no
    /// certificate is given for less than a day.
    /// </summary>
    public static readonly TimeSpan MostBehind = CertificateAuthority.ClockTolerance - TimeSpan.FromMinutes(1), MostBefore = TimeSpan.FromHours(12);

    /// <summary>Connects to the authority that a code names, and has a new key certified.</summary>
    /// <param name="code">The code.</param>
    /// <param name="names">Names that the certificate has to bear; empty: whatever the invitation says.</param>
    /// <param name="newKey">Makes the key, on a curve; it stays the caller's, and nobody is shown more than its public half.</param>
    /// <param name="time">The clock that certificates are held against.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="EnrollmentException">It came to nothing, and the code is as good as before unless it says otherwise.</exception>
    public static async Task<EnrolledParty> EnrollAsync(EnrollmentCode code, IReadOnlyList<CertificateName> names, Func<ECCurve, ECDsa> newKey, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(code.Server.Host.Text, code.Server.Port, either.Token);
            await using var stream = new SslStream(new NetworkStream(socket));
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = code.Server.Host.Text,
                EnabledSslProtocols = SslProtocols.Tls13,
                // The one that signed it comes next, and nothing is said before.
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
                CertificateChainPolicy = new() { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck },
            }, either.Token);
            using var shown = X509CertificateLoader.LoadCertificate(stream.RemoteCertificate!.GetRawCertData());
            return await AskAsync(stream, shown, code, names, newKey, time.GetUtcNow(), either.Token);
        }
        catch (SocketException refused)
        {
            throw new EnrollmentException(refused.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain
                ? $"no host is called '{code.Server.Host}', where the code says that the authority is"
                : $"{code.Server} does not answer ({refused.Message}): does 'waymark pki serve' run there, and does a firewall let TCP port {code.Server.Port} through?");
        }
        catch (AuthenticationException refused) when (TurnedAway.IsSaidBy(refused))
        {
            throw new EnrollmentException($"{code.Server} takes nobody from here now: there are too many connections to it, or too many attempts came to nothing; wait a minute");
        }
        catch (Exception refused) when (refused is AuthenticationException or IOException)
        {
            throw new EnrollmentException($"{code.Server} does not speak TLS 1.3, or closed the connection: is it 'waymark pki serve' that listens there, or were there too many attempts?");
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new EnrollmentException($"{code.Server} did not answer in {Patience.TotalSeconds:0} s");
        }
    }

    /// <summary>The exchange itself, in a connection of TLS in which <paramref name="shown"/> was shown.</summary>
    internal static async Task<EnrolledParty> AskAsync(
        Stream stream, X509Certificate2 shown, EnrollmentCode code, IReadOnlyList<CertificateName> names, Func<ECCurve, ECDsa> newKey, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var hello = await EnrollmentStream.ReadAsync(stream, V1.EnrollmentHello.Parser, EnrollmentStream.LongestRequest, cancellationToken);
        if (!code.Names(hello.Authority.Span))
        {
            throw new EnrollmentException($"who answers at {code.Server} is another authority than the code names: nothing was sent to it. Is the address right, or is somebody in between?");
        }
        // Whose bytes have that hash is the one that made the code.
        var authority = X509CertificateLoader.LoadCertificate(hello.Authority.Span);
        var trust = CertificateTrust.Read(authority.ExportCertificatePem(), null);
        if (ClockOf(hello) is { } theirs && (theirs - now > MostBehind || now - theirs > MostBefore) && trust.Check(shown, CertificatePurpose.Host, theirs) is CertificateVerdict.Accepted)
        {
            throw new EnrollmentException(string.Create(CultureInfo.InvariantCulture,
                $"the clock of this host says {now.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC and that of {code.Server} {theirs.UtcDateTime:yyyy-MM-dd HH:mm:ss}: set this one, or that one, and use the code then; nothing was asked for, and it is as good as before"));
        }
        if (trust.Check(shown, CertificatePurpose.Host, now) is CertificateVerdict.Refused(_, var fault))
        {
            throw new EnrollmentException($"who answers at {code.Server} shows a certificate that {fault}: nothing was sent to it");
        }
        using var authorityKey = authority.GetECDsaPublicKey();
        var key = newKey(authorityKey?.ExportParameters(includePrivateParameters: false).Curve ?? ECCurve.NamedCurves.nistP256);
        var request = SigningRequest.Make(key, names);
        await EnrollmentStream.WriteAsync(stream, new V1.EnrollmentRequest
        {
            Invitation = ByteString.CopyFrom(EnrollmentProof.Invitation(code.Secret)),
            Request = ByteString.CopyFrom(request),
            Proof = ByteString.CopyFrom(EnrollmentProof.OfRequest(code.Secret, shown.RawData, request)),
        }, cancellationToken);
        V1.EnrollmentAnswer answer;
        try
        {
            answer = await EnrollmentStream.ReadAsync(stream, V1.EnrollmentAnswer.Parser, EnrollmentStream.LongestAnswer, cancellationToken);
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException or EnrollmentException)
        {
            // Whether the authority has done its part is not known.
            throw EnrollmentException.AfterAsking(broken is EnrollmentException ? broken.Message : $"the answer of {code.Server} did not come");
        }
        if (answer.Refusal.Length > 0)
        {
            throw new EnrollmentException($"{code.Server} refuses: {ForeignText.Show(answer.Refusal, 400)}");
        }
        if (!EnrollmentProof.Holds(answer.Proof.Span, EnrollmentProof.OfAnswer(code.Secret, shown.RawData, answer.Certificate.Span, answer.RevocationList)))
        {
            throw EnrollmentException.AfterAsking("the answer is not of who made the code, and was thrown away");
        }
        return Read(answer, authority, key, code.Purpose, names, now);
    }

    /// <summary>Holds what came against what was asked for: an authority with a mistake is found out here and not in service.</summary>
    private static EnrolledParty Read(V1.EnrollmentAnswer answer, X509Certificate2 authority, ECDsa key, CertificatePurpose purpose, IReadOnlyList<CertificateName> names, DateTimeOffset now)
    {
        try
        {
            var certificate = X509CertificateLoader.LoadCertificate(answer.Certificate.Span);
            if (!certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
            {
                throw EnrollmentException.AfterAsking("the certificate that came is of another key, and was thrown away");
            }
            return CertificateTrust.Read(authority.ExportCertificatePem(), answer.RevocationList).Check(certificate, purpose, now) switch
            {
                CertificateVerdict.Refused(_, var fault) => throw EnrollmentException.AfterAsking($"the certificate that came {fault}, and was thrown away"),
                CertificateVerdict.Accepted when names.Except(CertificateName.Of(certificate)).FirstOrDefault() is { } missing => throw EnrollmentException.AfterAsking($"the certificate that came does not name '{missing}', and was thrown away"),
                _ => new(certificate, authority, answer.RevocationList),
            };
        }
        catch (Exception damaged) when (damaged is CryptographicException or CertificateException)
        {
            // Foreign bytes; the framework's words would say which of its functions minded them.
            throw EnrollmentException.AfterAsking("the certificate or the revocation list that came is damaged");
        }
    }

    /// <summary>What the authority's clock says; null: nothing, or nothing that a clock could.</summary>
    private static DateTimeOffset? ClockOf(V1.EnrollmentHello hello) =>
        hello.Now > 0 && hello.Now <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(hello.Now) : null;
}
