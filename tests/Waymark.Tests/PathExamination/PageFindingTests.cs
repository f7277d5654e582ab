using CsCheck;
using Waymark.PathExamination;

namespace Waymark.Tests.PathExamination;

public sealed class PageFindingTests
{
    [Theory]
    [InlineData(204, null, 204, null)]
    [InlineData(302, "http://login.example.net/", 302, null)]
    [InlineData(302, "http://login.example.net/", 204, "captive portal: 302 to http://login.example.net/")]
    [InlineData(302, null, 204, "status 302 instead of 204: a captive portal, or another server")]
    [InlineData(511, null, 204, "captive portal: 511")]
    [InlineData(200, "http://login.example.net/", 204, "status 200 instead of 204: a captive portal, or another server")]
    [InlineData(307, "/\u001b[2J\n\u00fc x", 204, "captive portal: 307 to /?[2J???x")]
    public void Another_status_is_somebody_elses_word(int status, string? location, int expected, string? finding) => Assert.Equal(finding, PageFinding.Of(status, location, expected));

    [Fact]
    public void Whatever_others_write_is_one_short_line() => Gen.Char.Array[0, 500].Sample(
        letters => PageFinding.Of(302, new string(letters), 204)!.All(letter => letter is >= ' ' and <= '~') && PageFinding.Of(302, new string(letters), 204)!.Length < 240, iter: 2000);
}
