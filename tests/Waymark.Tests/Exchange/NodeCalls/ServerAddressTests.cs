using Waymark.Exchange.NodeCalls;

namespace Waymark.Tests.Exchange.NodeCalls;

public sealed class ServerAddressTests
{
    [Theory]
    [InlineData("van-12.example.net", "van-12.example.net:7443")]
    [InlineData("VAN-12.example.net:7444", "van-12.example.net:7444")]
    [InlineData("192.0.2.1", "192.0.2.1:7443")]
    [InlineData("192.0.2.1:1", "192.0.2.1:1")]
    [InlineData("2001:db8::1", "[2001:db8::1]:7443")]
    [InlineData("[2001:db8::1]", "[2001:db8::1]:7443")]
    [InlineData("[2001:DB8:0::1]:65535", "[2001:db8::1]:65535")]
    [InlineData("", null)]
    [InlineData(":7443", null)]
    [InlineData("van:", null)]
    [InlineData("van:0", null)]
    [InlineData("van:65536", null)]
    [InlineData("van:+1", null)]
    [InlineData("van:7443:7443", null)]
    [InlineData("[2001:db8::1", null)]
    [InlineData("[2001:db8::1]7443", null)]
    [InlineData("fe80::1%eth0", null)]
    [InlineData("https://van", null)]
    [InlineData("van/../x", null)]
    [InlineData("van\n", null)]
    public void A_server_is_a_host_and_a_port(string text, string? canonical) => Assert.Equal(canonical, ServerAddress.Parse(text)?.ToString());
}
