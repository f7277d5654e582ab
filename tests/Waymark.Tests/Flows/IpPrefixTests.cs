using Waymark.Flows;

namespace Waymark.Tests.Flows;

public sealed class IpPrefixTests
{
    [Theory]
    [InlineData("0.0.0.0", 0, "0.0.0.0", "255.255.255.255")]
    [InlineData("203.0.113.77", 24, "203.0.113.0", "203.0.113.255")]
    [InlineData("203.0.113.77", 32, "203.0.113.77", "203.0.113.77")]
    [InlineData("::", 0, "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("2001:db8:77::1", 48, "2001:db8:77::", "2001:db8:77:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("2001:db8:77::1", 128, "2001:db8:77::1", "2001:db8:77::1")]
    public void A_prefix_runs_from_its_first_to_its_last_address(string address, int length, string first, string last)
    {
        var prefix = new IpPrefix(IpAddress.Parse(address), length);
        Assert.Equal((first, last), (prefix.First.ToString(), prefix.Last.ToString()));
    }

    [Theory]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.04")]
    [InlineData("1.2.3.256")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("fe80::1%eth0")]
    [InlineData("2001:db8::g")]
    [InlineData("")]
    public void What_is_no_strict_address_is_refused(string text) => Assert.False(IpAddress.TryParse(text, out _));
}
