using System.Security.Cryptography;
using Waymark.Exchange.Certificates;

namespace Waymark.Tests.Exchange.Certificates;

public sealed class RevocationListTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    [Theory]
    [InlineData(256)]
    [InlineData(384)]
    public void A_list_names_what_was_revoked_and_nothing_else(int bits)
    {
        using var authority = Make(bits);
        using var subject = ECDsa.Create(authority.Curve);
        CertificateName[] names = [CertificateName.Parse("fleet.example.net")!];
        using var kept = authority.Issue(names, CertificatePurpose.Requester, new(subject), Now, Year);
        using var revoked = authority.Issue(names, CertificatePurpose.Requester, new(subject), Now, Year);
        var list = RevocationList.Read(authority.Revoke(authority.FirstRevocationList(Now), revoked, Now.AddDays(1)), authority.Certificate);
        Assert.Equal(Now.AddDays(1), list.RevokedAt(revoked));
        Assert.Null(list.RevokedAt(kept));
        Assert.Equal((2, 1), ((int)list.Number, list.Count));
    }

    [Fact]
    public void The_list_of_another_authority_of_the_same_name_is_not_believed()
    {
        using CertificateAuthority authority = Make(256), other = Make(256);
        var refused = Assert.Throws<CertificateException>(() => RevocationList.Read(other.FirstRevocationList(Now), authority.Certificate));
        Assert.Equal("it is not signed by the authority 'A'", refused.Message);
    }

    [Fact]
    public void A_list_with_any_byte_changed_or_cut_off_is_not_believed()
    {
        using var authority = Make(256);
        var pem = authority.FirstRevocationList(Now);
        var whole = Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
        for (var i = 0; i < whole.Length; i++)
        {
            var changed = whole.ToArray();
            changed[i] ^= 0x11;
            Assert.Throws<CertificateException>(() => RevocationList.Read(PemEncoding.WriteString("X509 CRL", changed), authority.Certificate));
            Assert.Throws<CertificateException>(() => RevocationList.Read(PemEncoding.WriteString("X509 CRL", whole.AsSpan(0, i)), authority.Certificate));
        }
    }

    private static CertificateAuthority Make(int bits) => CertificateAuthority.Create("A", bits == 384 ? ECCurve.NamedCurves.nistP384 : ECCurve.NamedCurves.nistP256, Now, Year);
}
