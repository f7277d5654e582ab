using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Waymark.Cli.Pki;
using Waymark.Exchange.Certificates;

namespace Waymark.Tests.Cli.Pki;

public sealed class AuthorityDirectoryTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);
    private static readonly CertificateName[] Fleet = [CertificateName.Parse("urn:example:fleet")!];

    private readonly string root = Directory.CreateTempSubdirectory("waymark-pki-").FullName;

    private string Folder => System.IO.Path.Combine(root, "ca");

    public AuthorityDirectoryTests() => AuthorityDirectory.Create(Folder, "A", ECCurve.NamedCurves.nistP256, Now, 2 * Year);

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void Keys_are_their_owners_alone()
    {
        using var authority = AuthorityDirectory.Open(Folder);
        var (_, _, key) = authority.Issue(Fleet, CertificatePurpose.Requester, root, Now, Year);
        Assert.All([key, System.IO.Path.Combine(Folder, "ca.key")], file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.DoesNotContain(Directory.EnumerateFiles(root), file => System.IO.Path.GetFileName(file).StartsWith('.'));
    }

    [Fact]
    public void An_authority_whose_key_others_can_read_is_not_used()
    {
        var key = System.IO.Path.Combine(Folder, "ca.key");
        File.SetUnixFileMode(key, File.GetUnixFileMode(key) | UnixFileMode.GroupRead);
        Assert.Contains($"'chmod 600 {key}'", Assert.Throws<CertificateException>(() => AuthorityDirectory.Open(Folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_that_is_there_is_written_over()
    {
        Assert.Throws<CertificateException>(() => AuthorityDirectory.Create(Folder, "B", ECCurve.NamedCurves.nistP256, Now, Year));
        using var authority = AuthorityDirectory.Open(Folder);
        var (_, file, key) = authority.Issue(Fleet, CertificatePurpose.Requester, root, Now, Year);
        var before = (File.ReadAllText(file), File.ReadAllText(key));
        Assert.Throws<CertificateException>(() => authority.Issue(Fleet, CertificatePurpose.Requester, root, Now, Year));
        Assert.Equal(before, (File.ReadAllText(file), File.ReadAllText(key)));
        Assert.Single(authority.Issued());
    }

    [Fact]
    public void A_requester_cannot_pose_as_a_host()
    {
        using var authority = AuthorityDirectory.Open(Folder);
        using var requester = CertificateFileReading.Read(authority.Issue(Fleet, CertificatePurpose.Requester, root, Now, Year).CertificateFile);
        using var host = CertificateFileReading.Read(authority.Issue([CertificateName.Parse("van-12.example.net")!, CertificateName.Parse("2001:db8::1")!], CertificatePurpose.Host, root, Now, Year).CertificateFile);
        string[] Usages(X509Certificate2 one) => [.. one.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(usage => usage.Value!)];
        Assert.Equal(["1.3.6.1.5.5.7.3.2"], Usages(requester));
        Assert.Equal(["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"], Usages(host));
        Assert.True(host.MatchesHostname("van-12.example.net") && host.MatchesHostname("2001:db8::1") && !host.MatchesHostname("van-13.example.net"));
    }

    [Fact]
    public void Revoking_takes_back_every_certificate_of_the_key()
    {
        using var authority = AuthorityDirectory.Open(Folder);
        var (first, file, _) = authority.Issue(Fleet, CertificatePurpose.Requester, root, Now, Year);
        var other = authority.Issue([CertificateName.Parse("other.example.net")!], CertificatePurpose.Requester, root, Now, Year).Certificate;
        var renewed = authority.Renew(file, Now.AddDays(300), Year);
        Assert.Equal((first.Names, first.Purpose, Now.AddDays(300) + Year), (renewed.Names, renewed.Purpose, renewed.Until));
        Assert.Equal(new[] { first.Serial, renewed.Serial }.Order(), authority.Revoke(first.Serial.ToLowerInvariant(), Now.AddDays(301)).Select(one => one.Serial).Order());
        Assert.Equal([other.Serial], authority.Issued().Where(one => one.RevokedAt is null).Select(one => one.Serial));
        Assert.Throws<CertificateException>(() => authority.Renew(file, Now.AddDays(302), Year));
    }

    [Fact]
    public void The_copy_that_makes_it_possible_to_revoke_a_certificate_is_not_replaced_by_renewing()
    {
        using var authority = AuthorityDirectory.Open(Folder);
        var (first, file, _) = authority.Issue(Fleet, CertificatePurpose.Requester, root, Now, Year);
        var copy = System.IO.Path.Combine(Folder, "issued", first.Serial + ".pem");
        Assert.Contains("copy it under another name", Assert.Throws<CertificateException>(() => authority.Renew(copy, Now, Year)).Message, StringComparison.Ordinal);
        Assert.Equal([first], authority.Issued());
        // The list is what nodes go by: it has to name the certificate that the party holds.
        authority.Revoke(first.Serial, Now);
        using var held = CertificateFileReading.Read(file);
        Assert.NotNull(RevocationList.Read(File.ReadAllText(authority.RevocationFile), authority.Certificate).RevokedAt(held));
    }

    [Theory]
    [InlineData(".key")]
    [InlineData(".pem")]
    public void A_file_that_holds_more_than_the_certificate_is_not_replaced(string other)
    {
        using var authority = AuthorityDirectory.Open(Folder);
        var (_, file, key) = authority.Issue(Fleet, CertificatePurpose.Requester, root, Now, Year);
        File.AppendAllText(file, File.ReadAllText(other == ".key" ? key : authority.CertificateFile));
        var before = File.ReadAllText(file);
        Assert.Contains("holds more than the certificate", Assert.Throws<CertificateException>(() => authority.Renew(file, Now, Year)).Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(file));
        Assert.Single(authority.Issued());
    }

    [Fact]
    public void Long_names_have_files_too()
    {
        var name = CertificateName.Parse("urn:example:" + new string('a', 1000))!;
        using var authority = AuthorityDirectory.Open(Folder);
        var (issued, file, key) = authority.Issue([name], CertificatePurpose.Requester, root, Now, Year);
        Assert.Equal(name, Assert.Single(issued.Names));
        Assert.True(File.Exists(file) && File.Exists(key));
    }

    [Fact]
    public void What_cannot_be_handed_out_is_not_certified()
    {
        using var authority = AuthorityDirectory.Open(Folder);
        // Nobody can make a file there, not even root.
        Assert.ThrowsAny<IOException>(() => authority.Issue(Fleet, CertificatePurpose.Requester, "/proc", Now, Year));
        Assert.Empty(authority.Issued());
    }

    [Fact]
    public void An_authority_that_has_ended_says_so()
    {
        using var authority = AuthorityDirectory.Open(Folder);
        var (first, file, _) = authority.Issue(Fleet, CertificatePurpose.Requester, root, Now, Year);
        var late = Now + 3 * Year;
        CertificateName[] other = [CertificateName.Parse("other.example.net")!];
        Assert.All(
            [() => authority.Issue(other, CertificatePurpose.Requester, root, late, Year), () => authority.Renew(file, late, Year), () => authority.Revoke(first.Serial, late)],
            (Func<object> act) => Assert.Equal("the authority ended on 2028-05-31: make another ('waymark pki init')", Assert.Throws<CertificateException>(act).Message));
        Assert.Contains("the clock", Assert.Throws<CertificateException>(() => authority.Issue(other, CertificatePurpose.Requester, root, DateTimeOffset.UnixEpoch, Year)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_certificate_outlives_its_authority()
    {
        using var authority = AuthorityDirectory.Open(Folder);
        Assert.Equal(Now + 2 * Year, authority.Issue(Fleet, CertificatePurpose.Requester, root, Now, 9 * Year).Certificate.Until);
    }

    [Fact]
    public void Another_authoritys_certificate_is_neither_renewed_nor_revoked()
    {
        var elsewhere = System.IO.Path.Combine(root, "elsewhere");
        // The same name: only the signature tells them apart.
        AuthorityDirectory.Create(elsewhere, "A", ECCurve.NamedCurves.nistP256, Now, Year);
        using AuthorityDirectory authority = AuthorityDirectory.Open(Folder), other = AuthorityDirectory.Open(elsewhere);
        var file = other.Issue(Fleet, CertificatePurpose.Requester, root, Now, Year).CertificateFile;
        Assert.Equal($"{file} was not issued by the authority in {Folder}", Assert.Throws<CertificateException>(() => authority.Revoke(file, Now)).Message);
        Assert.Throws<CertificateException>(() => authority.Renew(file, Now, Year));
    }

    [Fact]
    public void An_authority_serves_one_at_a_time()
    {
        using var authority = AuthorityDirectory.Open(Folder);
        Assert.Contains("is in use", Assert.Throws<CertificateException>(() => AuthorityDirectory.Open(Folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_who_is_held_up_by_another_is_told_so()
    {
        var only = System.IO.Path.Combine(Folder, ".lock");
        File.Delete(only);
        File.CreateSymbolicLink(only, only);
        Assert.Contains(only, Assert.Throws<IOException>(() => AuthorityDirectory.Open(Folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "valid")]
    [InlineData(340, "expiring")]
    [InlineData(366, "expired")]
    public void A_certificate_says_how_it_stands(int day, string state)
    {
        using var authority = AuthorityDirectory.Open(Folder);
        Assert.Equal(state, authority.Issue(Fleet, CertificatePurpose.Requester, root, Now, Year).Certificate.State(Now.AddDays(day)));
    }
}
