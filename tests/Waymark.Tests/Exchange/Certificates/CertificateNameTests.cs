using Waymark.Exchange.Certificates;

namespace Waymark.Tests.Exchange.Certificates;

public sealed class CertificateNameTests
{
    [Theory]
    [InlineData("Van-12.Example.net", CertificateNameForm.Dns, "van-12.example.net")]
    [InlineData("urn:example:fleet", CertificateNameForm.Uri, "urn:example:fleet")]
    [InlineData("URN:Example:fleet", CertificateNameForm.Uri, "urn:Example:fleet")]
    [InlineData("https://example.net", CertificateNameForm.Uri, "https://example.net/")]
    [InlineData("192.0.2.1", CertificateNameForm.Address, "192.0.2.1")]
    [InlineData("2001:DB8:0::1", CertificateNameForm.Address, "2001:db8::1")]
    public void A_name_is_read_in_its_form(string text, CertificateNameForm form, string canonical) => Assert.Equal(new(form, canonical), CertificateName.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("*.example.net")]
    [InlineData("-a.example.net")]
    [InlineData("a..example.net")]
    [InlineData("192.0.2")]
    [InlineData("fe80::1%eth0")]
    [InlineData("urn:a\nb")]
    [InlineData("fleet\0.example.net")]
    [InlineData("van-12.example.net:443")]
    [InlineData("localhost:443")]
    [InlineData("fd00::12345")]
    [InlineData("fd00::1/64")]
    [InlineData("bücher.example")]
    public void What_identifies_nobody_is_no_name(string text) => Assert.Null(CertificateName.Parse(text));
}
