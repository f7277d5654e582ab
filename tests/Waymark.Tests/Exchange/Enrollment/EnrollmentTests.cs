using System.IO;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Waymark.Cli.Pki;
using Waymark.Exchange.Certificates;
using Waymark.Exchange.Enrollment;
using Waymark.Exchange.NodeCalls;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Tests.Exchange.Enrollment;

/// <summary>A new party, an authority in a folder, and what anybody does who stands between them. TLS is left out: what it is to show stands in for it.</summary>
public sealed class EnrollmentTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);
    private static readonly CertificateName[] Van = [CertificateName.Parse("van-13.example.net")!, CertificateName.Parse("2001:db8::13")!];

    private readonly string root = Directory.CreateTempSubdirectory("waymark-pki-").FullName;
    private readonly AuthorityDirectory authority;
    private readonly X509Certificate2 shown;
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private DateTimeOffset now = Now;
    private TimeSpan ahead;
    private Action<V1.EnrollmentHello> spoilHello = _ => { };
    private Action<V1.EnrollmentRequest> spoilRequest = _ => { };
    private Action<V1.EnrollmentAnswer> spoilAnswer = _ => { };

    public EnrollmentTests()
    {
        AuthorityDirectory.Create(In("ca"), "A", ECCurve.NamedCurves.nistP256, Now, 2 * Year);
        authority = AuthorityDirectory.Open(In("ca"));
        shown = authority.Listener(Now, TimeSpan.FromDays(2));
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        authority.Dispose();
        shown.Dispose();
        key.Dispose();
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public void A_code_says_what_it_was_made_of_and_one_that_was_mistyped_is_none()
    {
        var code = Invite();
        var text = code.ToText();
        var read = EnrollmentCode.Parse($" {text}\n")!;
        Assert.Equal((code.Server, code.Purpose, true), (read.Server, read.Purpose, read.Names(authority.Certificate.RawData)));
        Assert.True(read.Secret.SequenceEqual(code.Secret));
        Assert.Null(EnrollmentCode.Parse(""));
        Assert.Null(EnrollmentCode.Parse(text[..^1]));
        for (var i = 0; i < text.Length - 1; i++)
        {
            Assert.Null(EnrollmentCode.Parse(text[..i] + (text[i] == 'A' ? 'B' : 'A') + text[(i + 1)..]));
        }
        // Not two alike.
        Assert.NotEqual(text, Invite().ToText());
    }

    [Theory]
    [InlineData(CertificatePurpose.Host)]
    [InlineData(CertificatePurpose.Requester)]
    public async Task Who_was_invited_gets_the_certificate_of_the_invitation_for_a_key_of_its_own(CertificatePurpose purpose)
    {
        CertificateName[] names = purpose == CertificatePurpose.Host ? Van : Van[..1];
        var party = await EnrollAsync(Invite(purpose, names));
        Assert.Equal(names, CertificateName.Of(party.Certificate));
        Assert.Equal(purpose, CertificateAuthority.PurposeOf(party.Certificate));
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), party.Certificate.PublicKey.ExportSubjectPublicKeyInfo());
        Assert.Equal(authority.Certificate.RawData, party.Authority.RawData);
        Assert.Equal(File.ReadAllText(authority.RevocationFile), party.RevocationList);
        Assert.IsType<CertificateVerdict.Accepted>(CertificateTrust.Read(party.Authority.ExportCertificatePem(), party.RevocationList).Check(party.Certificate, purpose, Now));
        // It can be revoked as any other.
        Assert.Single(authority.Revoke(party.Certificate.SerialNumber, Now));
    }

    [Fact]
    public async Task A_code_counts_once()
    {
        var code = Invite();
        await EnrollAsync(code);
        Assert.Contains("followed already", (await RefusedAsync(code)).Message, StringComparison.Ordinal);
        Assert.Single(authority.Issued());
    }

    [Fact]
    public async Task A_code_counts_once_also_where_the_power_failed_before_its_invitation_was_gone()
    {
        var code = Invite();
        var file = Assert.Single(Directory.GetFiles(In("ca/invited")));
        File.WriteAllText(file, "");
        Assert.Contains("followed already", (await RefusedAsync(code)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_code_of_which_only_the_secret_is_wrong_gets_nothing_and_costs_the_right_one_nothing()
    {
        var right = Invite();
        var wrong = EnrollmentCode.Create(right.Server, right.Purpose, authority.Certificate);
        Assert.Contains("no invitation has this code", (await RefusedAsync(wrong)).Message, StringComparison.Ordinal);
        // Who found out the invitation knows no secret by that.
        spoilRequest = request => request.Invitation = ByteString.CopyFrom(EnrollmentProof.Invitation(right.Secret));
        Assert.Contains("the proof does not hold", (await RefusedAsync(wrong)).Message, StringComparison.Ordinal);
        spoilRequest = _ => { };
        Assert.Empty(authority.Issued());
        await EnrollAsync(right);
    }

    [Fact]
    public async Task A_code_that_is_too_old_gets_nothing()
    {
        var code = Invite();
        now = Now + TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(1);
        Assert.Contains("was good until 2026-06-01 12:15 UTC", (await RefusedAsync(code)).Message, StringComparison.Ordinal);
        // And is gone when the next one is made.
        Invite();
        Assert.Single(Directory.GetFiles(In("ca/invited")));
        Assert.Empty(authority.Issued());
    }

    [Fact]
    public async Task Another_authority_in_the_middle_hears_nothing()
    {
        var code = Invite();
        AuthorityDirectory.Create(In("other"), "A", ECCurve.NamedCurves.nistP256, Now, 2 * Year);
        using var other = AuthorityDirectory.Open(In("other"));
        using var theirs = other.Listener(Now, TimeSpan.FromDays(2));
        foreach (var (certificate, hello, expected) in new[]
        {
            (theirs, other.Certificate, "another authority than the code names"),
            // It says that it is the right one, which did not sign its certificate.
            (theirs, authority.Certificate, "is not signed by an authority that is trusted here"),
        })
        {
            var (near, far) = await PairAsync();
            await using var ends = near;
            await using var ends2 = far;
            await EnrollmentStream.WriteAsync(far, new V1.EnrollmentHello { Authority = ByteString.CopyFrom(hello.RawData) }, Cancelled);
            var refused = await Assert.ThrowsAsync<EnrollmentException>(() => EnrollmentClient.AskAsync(near, certificate, code, [], _ => key, Now, Cancelled));
            Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
            Assert.Contains("nothing was sent to it", refused.Message, StringComparison.Ordinal);
            near.Close();
            Assert.Equal(0, await far.ReadAsync(new byte[1], Cancelled));
        }
    }

    [Fact]
    public async Task A_host_of_the_same_authority_in_the_middle_gets_nothing_out_of_what_it_hears()
    {
        var code = Invite();
        using var hostKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = OpenAuthority();
        using var host = signer.Issue([CertificateName.Parse("evil.example.net")!], CertificatePurpose.Host, new(hostKey), Now, Year);
        // It passes on what it hears, and what it passes on is of another connection.
        Assert.Contains("the proof does not hold", (await RefusedAsync(code, seen: host)).Message, StringComparison.Ordinal);
        // With a key of its own it has no proof.
        spoilRequest = request => request.Request = ByteString.CopyFrom(SigningRequest.Make(hostKey, []));
        Assert.Contains("the proof does not hold", (await RefusedAsync(code)).Message, StringComparison.Ordinal);
        Assert.Empty(authority.Issued());
    }

    [Fact]
    public async Task An_answer_that_was_changed_on_the_way_is_thrown_away()
    {
        using var signer = OpenAuthority();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = signer.Issue(Van, CertificatePurpose.Host, new(other), Now, Year);
        foreach (var spoil in new Action<V1.EnrollmentAnswer>[]
        {
            answer => answer.Certificate = ByteString.CopyFrom(certificate.RawData),
            answer => answer.RevocationList = signer.FirstRevocationList(Now),
            answer => answer.Proof = ByteString.Empty,
        })
        {
            spoilAnswer = spoil;
            var refused = await RefusedAsync(Invite());
            Assert.Contains("thrown away", refused.Message, StringComparison.Ordinal);
            Assert.True(refused.MayBeUsedUp && refused.Message.Contains("the code may be used up", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(-10, false)]
    [InlineData(-300, false)]
    [InlineData(-60 * 24 * 400, false)]
    [InlineData(60 * 13, false)]
    [InlineData(60 * 24 * 400, false)]
    [InlineData(-4, true)]
    [InlineData(60 * 11, true)]
    public async Task A_host_whose_clock_is_far_off_is_told_so_and_its_code_is_kept(int minutes, bool isTaken)
    {
        // The authority has been listening for a while: what it shows is older than what it would make now.
        var code = Invite();
        now += TimeSpan.FromMinutes(9);
        ahead = TimeSpan.FromMinutes(minutes);
        if (isTaken)
        {
            await EnrollAsync(code);
            return;
        }
        var (near, far) = await PairAsync();
        await using var ends = near;
        await using var ends2 = far;
        var answering = EnrollmentServer.AnswerAsync(far, shown, authority.Certificate, now, DecideAsync, Cancelled);
        var refused = await Assert.ThrowsAsync<EnrollmentException>(() => EnrollmentClient.AskAsync(near, shown, code, [], _ => key, now + ahead, Cancelled));
        Assert.StartsWith("the clock of this host says ", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.MayBeUsedUp);
        await near.DisposeAsync();
        await Assert.ThrowsAsync<EndOfStreamException>(() => answering);
        ahead = TimeSpan.Zero;
        await EnrollAsync(code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public async Task An_authority_that_says_no_time_or_none_that_there_is_is_asked_all_the_same(long said)
    {
        spoilHello = hello => hello.Now = said;
        await EnrollAsync(Invite());
    }

    [Fact]
    public async Task An_answer_that_does_not_come_may_have_used_the_code_up()
    {
        var code = Invite();
        var (near, far) = await PairAsync();
        await using var ends = near;
        var asking = EnrollmentClient.AskAsync(near, shown, code, [], _ => key, now, Cancelled);
        await EnrollmentStream.WriteAsync(far, new V1.EnrollmentHello { Authority = ByteString.CopyFrom(authority.Certificate.RawData) }, Cancelled);
        await EnrollmentStream.ReadAsync(far, V1.EnrollmentRequest.Parser, 99999, Cancelled);
        await far.DisposeAsync();
        var refused = await Assert.ThrowsAsync<EnrollmentException>(() => asking);
        Assert.True(refused.MayBeUsedUp, refused.Message);
        Assert.Contains("did not come; the code may be used up", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_the_code_does_not_give_is_not_certified()
    {
        var code = Invite();
        Assert.Contains("the code is for van-13.example.net, 2001:db8::13, not for 'van-14.example.net'",
            (await RefusedAsync(code, names: [Van[0], CertificateName.Parse("van-14.example.net")!])).Message, StringComparison.Ordinal);
        Assert.Empty(authority.Issued());
        Assert.Equal(Van, CertificateName.Of((await EnrollAsync(code, [Van[1]])).Certificate));
    }

    [Fact]
    public async Task Nobody_has_a_key_certified_that_is_not_its_own_or_is_weak()
    {
        var code = Invite();
        using var weak = RSA.Create(1024);
        var request = new CertificateRequest(new X500DistinguishedName(""), weak, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest();
        foreach (var (der, expected) in new[] { (request, "1024 bits"), (Spoiled(SigningRequest.Make(key, Van)), "not signed with that key"), ([], "no request"), ([0x30, 0x80], "no request") })
        {
            spoilRequest = asked =>
            {
                asked.Request = ByteString.CopyFrom(der);
                asked.Proof = ByteString.CopyFrom(EnrollmentProof.OfRequest(code.Secret, shown.RawData, der));
            };
            Assert.Contains(expected, (await RefusedAsync(code)).Message, StringComparison.Ordinal);
        }
        Assert.Empty(authority.Issued());

        static byte[] Spoiled(byte[] der)
        {
            // A bit of the signature, which stands last.
            der[^3] ^= 1;
            return der;
        }
    }

    [Fact]
    public async Task Whatever_bytes_come_the_authority_goes_on()
    {
        var random = new Random(1);
        for (var i = 0; i < 300; i++)
        {
            var bytes = new byte[random.Next(0, 200)];
            random.NextBytes(bytes);
            if (bytes.Length > 4 && i % 2 == 0)
            {
                // A length that may be.
                (bytes[0], bytes[1], bytes[2], bytes[3]) = (0, 0, 0, (byte)(bytes.Length - 4));
            }
            var (near, far) = await PairAsync();
            await using var ends = near;
            await using var ends2 = far;
            await near.WriteAsync(bytes, Cancelled);
            near.Socket.Shutdown(SocketShutdown.Send);
            Assert.True(await Record.ExceptionAsync(() => EnrollmentServer.AnswerAsync(far, shown, authority.Certificate, Now, DecideAsync, Cancelled)) is EnrollmentException or EndOfStreamException);
        }
        Assert.Empty(authority.Issued());
    }

    [Fact]
    public void So_many_invitations_wait_and_no_more_and_nobody_else_reads_them()
    {
        for (var i = 0; i < AuthorityDirectory.MostInvitations; i++)
        {
            Invite();
        }
        Assert.Throws<CertificateException>(() => Invite());
        Assert.All(Directory.GetFiles(In("ca/invited")), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        now += TimeSpan.FromHours(1);
        Invite();
    }

    private EnrollmentCode Invite(CertificatePurpose purpose = CertificatePurpose.Host, CertificateName[]? names = null) =>
        authority.Invite(new((names ?? Van).ToEquatableArray(), purpose, Year, now + TimeSpan.FromMinutes(15)), ServerAddress.Parse("[2001:db8::1]:7444")!, now);

    private Task<EnrollmentGrant> DecideAsync(byte[] id, byte[] request, Func<byte[], bool> isProven) => Task.FromResult(authority.Enroll(id, request, isProven, now).Grant);

    private async Task<EnrollmentException> RefusedAsync(EnrollmentCode code, CertificateName[]? names = null, X509Certificate2? seen = null) =>
        await Assert.ThrowsAsync<EnrollmentException>(() => EnrollAsync(code, names, seen));

    /// <summary>Both sides, with somebody between them who may change what they say, and what the new party sees.</summary>
    private async Task<EnrolledParty> EnrollAsync(EnrollmentCode code, CertificateName[]? names = null, X509Certificate2? seen = null)
    {
        var (party, middle) = await PairAsync();
        var (middle2, server) = await PairAsync();
        var answering = EnrollmentServer.AnswerAsync(server, shown, authority.Certificate, now, DecideAsync, Cancelled);
        var asking = EnrollmentClient.AskAsync(party, seen ?? shown, code, names ?? [], _ => key, now + ahead, Cancelled);
        var hello = await EnrollmentStream.ReadAsync(middle2, V1.EnrollmentHello.Parser, 99999, Cancelled);
        spoilHello(hello);
        await EnrollmentStream.WriteAsync(middle, hello, Cancelled);
        var request = await EnrollmentStream.ReadAsync(middle, V1.EnrollmentRequest.Parser, 99999, Cancelled);
        spoilRequest(request);
        await EnrollmentStream.WriteAsync(middle2, request, Cancelled);
        var answer = await EnrollmentStream.ReadAsync(middle2, V1.EnrollmentAnswer.Parser, 99999, Cancelled);
        spoilAnswer(answer);
        await EnrollmentStream.WriteAsync(middle, answer, Cancelled);
        await ((Task)answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            return await asking;
        }
        finally
        {
            foreach (var stream in new[] { party, middle, middle2, server })
            {
                await stream.DisposeAsync();
            }
        }
    }

    private async Task<(NetworkStream Near, NetworkStream Far)> PairAsync()
    {
        var place = new UnixDomainSocketEndPoint(In(System.IO.Path.GetRandomFileName()));
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(place);
        listener.Listen();
        var near = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await near.ConnectAsync(place, Cancelled);
        return (new(near, ownsSocket: true), new(await listener.AcceptAsync(Cancelled), ownsSocket: true));
    }

    private CertificateAuthority OpenAuthority()
    {
        var signing = ECDsa.Create();
        signing.ImportFromPem(File.ReadAllText(In("ca/ca.key")));
        return new(X509CertificateLoader.LoadCertificate(authority.Certificate.RawData), signing);
    }

    private string In(string name) => System.IO.Path.Combine(root, name);
}
