using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Waymark.Exchange.Certificates;

namespace Waymark.Tests.Exchange.Certificates;

public sealed class CertificateTrustTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);
    private static readonly CertificateName[] Fleet = [CertificateName.Parse("urn:example:fleet")!, CertificateName.Parse("Fleet.example.net")!];

    private readonly CertificateAuthority authority = CertificateAuthority.Create("A", ECCurve.NamedCurves.nistP256, Now, 10 * Year);
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        authority.Dispose();
        key.Dispose();
    }

    [Fact]
    public void A_certificate_of_the_authority_identifies_whom_it_names()
    {
        using var requester = Issue();
        Assert.Equal("urn:example:fleet, fleet.example.net", Of(Trust().Check(requester, CertificatePurpose.Requester, Now)));
        Assert.Equal("urn:example:fleet, fleet.example.net", Of(Trust(authority.FirstRevocationList(Now)).Check(requester, CertificatePurpose.Requester, Now)));
        using var host = authority.Issue([.. Fleet, CertificateName.Parse("192.0.2.1")!], CertificatePurpose.Host, new(key), Now, Year);
        Assert.Equal("urn:example:fleet, fleet.example.net, 192.0.2.1", Of(Trust().Check(host, CertificatePurpose.Host, Now)));
        // An address is never who somebody is.
        Assert.Equal("urn:example:fleet, fleet.example.net", Of(Trust().Check(host, CertificatePurpose.Requester, Now)));
    }

    [Fact]
    public void It_counts_from_its_first_second_to_its_last()
    {
        using var requester = Issue();
        DateTimeOffset from = requester.NotBefore, until = requester.NotAfter;
        var trust = Trust();
        Assert.Equal("NotYetValid: is valid from 2026-06-01 11:55 UTC on only: is the clock right?", Of(trust.Check(requester, CertificatePurpose.Requester, from - TimeSpan.FromSeconds(1))));
        Assert.IsType<CertificateVerdict.Accepted>(trust.Check(requester, CertificatePurpose.Requester, from));
        Assert.IsType<CertificateVerdict.Accepted>(trust.Check(requester, CertificatePurpose.Requester, until));
        Assert.Equal("Expired: expired on 2027-06-01 12:00 UTC", Of(trust.Check(requester, CertificatePurpose.Requester, until + TimeSpan.FromSeconds(1))));
    }

    [Fact]
    public void One_that_was_taken_back_does_not_count_and_another_of_its_names_does()
    {
        using X509Certificate2 revoked = Issue(), kept = Issue();
        var trust = Trust(authority.Revoke(authority.FirstRevocationList(Now), revoked, Now.AddDays(1)));
        Assert.Equal("Revoked: was revoked on 2026-06-02 12:00 UTC", Of(trust.Check(revoked, CertificatePurpose.Requester, Now)));
        Assert.IsType<CertificateVerdict.Accepted>(trust.Check(kept, CertificatePurpose.Requester, Now));
    }

    [Fact]
    public void One_of_an_authority_of_the_same_name_does_not_count()
    {
        using var other = CertificateAuthority.Create("A", ECCurve.NamedCurves.nistP256, Now, 10 * Year);
        using var forged = other.Issue(Fleet, CertificatePurpose.Requester, new(key), Now, Year);
        Assert.Equal("UnknownAuthority: is not signed by an authority that is trusted here: it says 'CN=A'", Of(Trust().Check(forged, CertificatePurpose.Requester, Now)));
    }

    [Fact]
    public void What_an_authority_calls_itself_writes_no_line_of_ours()
    {
        using var other = CertificateAuthority.Create("A\nroot applied b", ECCurve.NamedCurves.nistP256, Now, Year);
        using var foreign = other.Issue(Fleet, CertificatePurpose.Requester, new(key), Now, Year);
        Assert.DoesNotContain('\n', Of(Trust().Check(foreign, CertificatePurpose.Requester, Now)));
    }

    [Fact]
    public void The_authority_itself_and_one_that_signs_itself_are_no_party()
    {
        Assert.StartsWith("UnknownAuthority", Of(Trust().Check(authority.Certificate, CertificatePurpose.Requester, Now)), StringComparison.Ordinal);
        using var self = Request().CreateSelfSigned(Now, Now + Year);
        Assert.StartsWith("UnknownAuthority", Of(Trust().Check(self, CertificatePurpose.Requester, Now)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_requester_and_a_host_are_not_the_same()
    {
        using var requester = Issue();
        Assert.Equal("WrongPurpose: is not for a host: it lacks serverAuth ('waymark pki issue --host')", Of(Trust().Check(requester, CertificatePurpose.Host, Now)));
        using var server = Sign(Request("1.3.6.1.5.5.7.3.1"));
        Assert.Equal("WrongPurpose: is not for asking nodes: it lacks clientAuth ('waymark pki issue')", Of(Trust().Check(server, CertificatePurpose.Requester, Now)));
        using var anything = Sign(Request(usage: null));
        Assert.StartsWith("WrongPurpose", Of(Trust().Check(anything, CertificatePurpose.Requester, Now)), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_names_nobody_does_not_count()
    {
        using var nameless = Sign(Request(names: Unnamed));
        Assert.Equal("Nameless: names nobody: it has no DNS name and no URI", Of(Trust().Check(nameless, CertificatePurpose.Requester, Now)));
        using var address = Sign(Request(names: names => names.AddIpAddress(System.Net.IPAddress.Loopback)));
        Assert.StartsWith("Nameless", Of(Trust().Check(address, CertificatePurpose.Requester, Now)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_name_does_not_count()
    {
        var request = Request(names: Unnamed);
        request.CertificateExtensions.Add(new("2.5.29.17", [0x30, 0x02, 0x87, 0x05], critical: false));
        using var damaged = Sign(request);
        Assert.StartsWith("Damaged", Of(Trust().Check(damaged, CertificatePurpose.Requester, Now)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_would_have_to_be_understood_to_be_believed_does_not_count()
    {
        var request = Request();
        request.CertificateExtensions.Add(new("1.3.6.1.4.1.55555.1", [0x05, 0x00], critical: true));
        using var strange = Sign(request);
        Assert.StartsWith("Damaged", Of(Trust().Check(strange, CertificatePurpose.Requester, Now)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1024, "Weak: has an RSA key of 1024 bits: at least 2048 are taken")]
    [InlineData(2048, "fleet.example.net")]
    public void An_RSA_key_has_its_length(int bits, string outcome)
    {
        using var rsa = RSA.Create(bits);
        using var certificate = Sign(Extended(new("CN=x", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
        Assert.Equal(outcome, Of(Trust().Check(certificate, CertificatePurpose.Requester, Now)));
    }

    [Fact]
    public void A_curve_that_is_not_NISTs_is_not_taken()
    {
        using var brainpool = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        using var certificate = Sign(Extended(new("CN=x", brainpool, HashAlgorithmName.SHA256)));
        Assert.Equal("Weak: has a key on another curve than P-256, P-384 and P-521", Of(Trust().Check(certificate, CertificatePurpose.Requester, Now)));
    }

    [Fact]
    public void A_signature_over_SHA_1_is_not_taken()
    {
        using var root = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var old = Request().Create(authority.Certificate.SubjectName, new Sha1Generator(root), Now, Now + Year, [1, 2, 3]);
        Assert.StartsWith("Weak: is signed by", Of(Trust().Check(old, CertificatePurpose.Requester, Now)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_subordinate_authority_counts_where_it_is_named_until_its_own_is_revoked()
    {
        using var root = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest Authority(string name, ECDsa its)
        {
            var request = new CertificateRequest($"CN={name}", its, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
            return request;
        }
        using var top = Authority("top", root).CreateSelfSigned(Now, Now + (10 * Year));
        using var subordinateKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var bare = Authority("sub", subordinateKey).Create(top, Now, Now + Year, [7, 7]);
        using var subordinate = bare.CopyWithPrivateKey(subordinateKey);
        using var certificate = Request().Create(subordinate, Now, Now + TimeSpan.FromDays(30), [9]);
        var both = top.ExportCertificatePem() + "\n" + bare.ExportCertificatePem() + "\n";
        Assert.Equal("fleet.example.net", Of(CertificateTrust.Read(both, null).Check(certificate, CertificatePurpose.Requester, Now)));
        Assert.StartsWith("UnknownAuthority", Of(CertificateTrust.Read(top.ExportCertificatePem(), null).Check(certificate, CertificatePurpose.Requester, Now)), StringComparison.Ordinal);
        string List(X509Certificate2 issuer, Action<CertificateRevocationListBuilder> add, DateTimeOffset until)
        {
            var builder = new CertificateRevocationListBuilder();
            add(builder);
            return PemEncoding.WriteString("X509 CRL", builder.Build(issuer, 1, until, HashAlgorithmName.SHA256, thisUpdate: Now - Year)) + "\n";
        }
        var ofSub = List(subordinate, _ => { }, Now + Year);
        var refused = Assert.Throws<CertificateException>(() => CertificateTrust.Read(both, ofSub));
        Assert.Contains("of the authority 'top'", refused.Message, StringComparison.Ordinal);
        Assert.Equal("fleet.example.net", Of(CertificateTrust.Read(both, ofSub + List(top, _ => { }, Now + Year)).Check(certificate, CertificatePurpose.Requester, Now)));
        Assert.StartsWith("Revoked", Of(CertificateTrust.Read(both, ofSub + List(top, builder => builder.AddEntry(bare), Now + Year)).Check(certificate, CertificatePurpose.Requester, Now)), StringComparison.Ordinal);
        Assert.StartsWith("ListOutOfDate", Of(CertificateTrust.Read(both, ofSub + List(top, _ => { }, Now + TimeSpan.FromDays(1))).Check(certificate, CertificatePurpose.Requester, Now + TimeSpan.FromDays(2))), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_trusted_is_no_trust()
    {
        Assert.Contains("holds no certificate", Assert.Throws<CertificateException>(() => CertificateTrust.Read("nothing", null)).Message, StringComparison.Ordinal);
        using var requester = Issue();
        Assert.Contains("is not an authority's", Assert.Throws<CertificateException>(() => CertificateTrust.Read(requester.ExportCertificatePem(), null)).Message, StringComparison.Ordinal);
        using var other = CertificateAuthority.Create("B", ECCurve.NamedCurves.nistP256, Now, Year);
        Assert.Contains("is not signed by the authority 'A'", Assert.Throws<CertificateException>(() => Trust(other.FirstRevocationList(Now))).Message, StringComparison.Ordinal);
        Assert.Contains("no revocation list", Assert.Throws<CertificateException>(() => Trust("nothing")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_changed_byte_makes_a_certificate_count()
    {
        using var requester = Issue();
        var trust = Trust();
        for (var i = 0; i < requester.RawData.Length; i++)
        {
            var changed = requester.RawData.ToArray();
            changed[i] ^= 0x11;
            X509Certificate2 read;
            try
            {
                read = X509CertificateLoader.LoadCertificate(changed);
            }
            catch (CryptographicException)
            {
                // No certificate any more.
                continue;
            }
            Assert.IsType<CertificateVerdict.Refused>(trust.Check(read, CertificatePurpose.Requester, Now));
            read.Dispose();
        }
    }

    private static void Unnamed(SubjectAlternativeNameBuilder names)
    {
    }

    private static string Of(CertificateVerdict verdict) => verdict switch
    {
        CertificateVerdict.Accepted(var names) => string.Join(", ", names),
        CertificateVerdict.Refused(var reason, var message) => $"{reason}: {message}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private CertificateTrust Trust(string? lists = null) => CertificateTrust.Read(authority.Certificate.ExportCertificatePem(), lists);

    private X509Certificate2 Issue() => authority.Issue(Fleet, CertificatePurpose.Requester, new(key), Now, Year);

    private CertificateRequest Request(string? usage = "1.3.6.1.5.5.7.3.2", Action<SubjectAlternativeNameBuilder>? names = null) => Extended(new("CN=x", key, HashAlgorithmName.SHA256), usage, names);

    private static CertificateRequest Extended(CertificateRequest request, string? usage = "1.3.6.1.5.5.7.3.2", Action<SubjectAlternativeNameBuilder>? names = null)
    {
        if (usage is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(usage)], critical: false));
        }
        var builder = new SubjectAlternativeNameBuilder();
        (names ?? (all => all.AddDnsName("fleet.example.net")))(builder);
        if (names != Unnamed)
        {
            request.CertificateExtensions.Add(builder.Build());
        }
        return request;
    }

    private X509Certificate2 Sign(CertificateRequest request) =>
        request.Create(authority.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(authority.Certificate.GetECDsaPrivateKey()!), Now, Now + Year, [4, 5, 6]);

    /// <summary>Signs as nobody does any more.</summary>
    private sealed class Sha1Generator(ECDsa key) : X509SignatureGenerator
    {
        // ecdsa-with-SHA1 (RFC 3279 section 2.2.3).
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => [0x30, 0x09, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

        protected override PublicKey BuildPublicKey() => new(key);
    }
}
