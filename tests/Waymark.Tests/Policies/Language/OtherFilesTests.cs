using Waymark.Policies.Language;

namespace Waymark.Tests.Policies.Language;

public sealed class OtherFilesTests
{
    [Theory]
    [InlineData("node.way", "this is a node file and holds no policies; 'waymark check --node' reads it; it has no JSON form")]
    [InlineData("commuter.lab", "this is a lab file and holds no policies; 'waymark check' reads it where its name ends in .lab; it has no JSON form")]
    public void A_file_of_another_language_is_told_in_one_sentence(string sample, string told)
    {
        var diagnostic = Assert.Single(PolicyLanguage.Parse(Repository.Sample(sample), "x.way").Diagnostics);
        Assert.Equal(("WAY0017", 1, told), (diagnostic.Code, diagnostic.Column, $"{diagnostic.Message}; {diagnostic.Mend}"));
    }

    [Theory]
    [InlineData("path wifi { interface wlan0; }")]
    [InlineData("probe default { every 1 s; }")]
    [InlineData("hold-down { half-life 15 s; }")]
    [InlineData("forward { from interface lan0; }")]
    [InlineData("fwmark 0x7f000000;")]
    [InlineData("uplink wifi { interface wlan0; }")]
    [InlineData("node van; uplink wifi { interface wlan0; }")]
    [InlineData("# Only this.\nrequester alice { user alice; rank 10; }")]
    public void Its_first_word_is_enough(string text) => Assert.Equal("WAY0017", Assert.Single(PolicyLanguage.Parse(text, "x.way").Diagnostics).Code);

    [Theory]
    [InlineData("node: any prefer lowest rtt;")]
    [InlineData("probe drop; flow probe = icmp;")]
    [InlineData("probe default; flow probe = icmp;")]
    [InlineData("host, server drop; flow host = tcp peer 192.0.2.1; flow server = tcp peer 192.0.2.2;")]
    [InlineData("table peer port 22 drop; flow table = tcp;")]
    [InlineData("peer 192.0.2.1 drop;")]
    public void A_policy_that_starts_with_such_a_word_is_a_policy(string text) => Assert.Empty(PolicyLanguage.Parse(text, "x.way").Diagnostics);
}
