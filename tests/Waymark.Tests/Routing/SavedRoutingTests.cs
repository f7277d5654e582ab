using System.Text;
using Waymark.Flows;
using Waymark.Linux.Routing;

namespace Waymark.Tests.Routing;

/// <summary>What <c>ip -j</c> prints of rules, routes and addresses (iproute2 6.1), read as the kernel would have told it.</summary>
public sealed class SavedRoutingTests
{
    internal const string Sample = """
        [{"priority":0,"src":"all","table":"255"},{"priority":7100,"src":"all","table":"254","suppress_prefixlen":1,"protocol":"177"},
        {"priority":7110,"src":"all","fwmark":"0x1000000","fwmask":"0x3f000000","table":"27101","protocol":"177"},
        {"priority":7120,"src":"all","fwmark":"0x40000000","fwmask":"0x40000000","action":"7","protocol":"177"},{"priority":7130,"src":"10.1.1.2","table":"27101"},
        {"priority":7140,"src":"all","oif":"d1","oif_detached":null,"table":"27101"},
        {"priority":7150,"not":null,"src":"10.0.0.0","srclen":8,"dst":"198.51.100.0","dstlen":24,"tos":"0x08","iif":"d1","table":"9"},{"priority":8001,"src":"all","goto":32766},{"priority":8002,"src":"all","nop":null}]
        [{"dst":"default","gateway":"10.1.1.1","dev":"d1","table":"27101","protocol":"177","flags":["onlink","linkdown"]},{"dst":"default","via":{"family":"inet6","host":"2001:db8::9"},"dev":"d1","table":"5","flags":[]},
        {"dst":"198.51.100.0/24","flags":[],"nexthops":[{"gateway":"10.1.1.5","dev":"d1","weight":1,"flags":["dead"]},{"gateway":"10.1.1.6","dev":"d2","weight":1,"flags":[]}]},
        {"type":"7","dst":"203.0.113.7","table":"27102","flags":[]},{"type":"2","dst":"10.1.1.2","dev":"d1","table":"255","protocol":"2","scope":"254","prefsrc":"10.1.1.2","flags":[]}]
        [{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP"],"addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8}]},
        {"ifindex":3,"ifname":"d1","flags":["UP"],"addr_info":[{"family":"inet","local":"10.1.1.2","prefixlen":24},{"family":"inet6","local":"fe80::1","prefixlen":64}]}]
        """;

    [Fact]
    public void Rules_are_what_they_ask_and_do()
    {
        var rules = Read(Sample).Rules.ToDictionary(rule => rule.Priority);
        Assert.Equal(new RoutingRule { Family = IpFamily.V4, Priority = 7110, Table = 27101, Mark = 0x1000000, MarkMask = 0x3f000000, Protocol = 177 }, rules[7110]);
        Assert.Equal(new RoutingRule { Family = IpFamily.V4, Priority = 7100, Table = 254, SuppressPrefixLength = 1, Protocol = 177 }, rules[7100]);
        Assert.Equal(new RoutingRule { Family = IpFamily.V4, Priority = 7120, Action = RuleAction.Unreachable, Mark = 0x40000000, MarkMask = 0x40000000, Protocol = 177 }, rules[7120]);
        Assert.Equal(new RoutingRule { Family = IpFamily.V4, Priority = 7130, Table = 27101, Source = new(IpAddress.Parse("10.1.1.2"), 32) }, rules[7130]);
        Assert.Equal(new RoutingRule { Family = IpFamily.V4, Priority = 7140, Table = 27101, OutputDevice = "d1" }, rules[7140]);
        Assert.Equal(
            new RoutingRule { Family = IpFamily.V4, Priority = 7150, Table = 9, Source = new(IpAddress.Parse("10.0.0.0"), 8), InputDevice = "d1", IsInverted = true, HasOtherSelectors = true }, rules[7150]);
        Assert.Equal((RuleAction.Goto, RuleAction.Nop), (rules[8001].Action, rules[8002].Action));
    }

    [Fact]
    public void Routes_are_those_of_each_next_hop_without_the_hosts_own()
    {
        var read = Read(Sample);
        Assert.Equal(
            [
                "0.0.0.0/0 via 10.1.1.1 dev 1 table 27101 metric 0", "0.0.0.0/0 via 2001:db8::9 dev 1 table 5 metric 0", "198.51.100.0/24 via 10.1.1.5 dev 1 table 254 metric 0",
                "198.51.100.0/24 via 10.1.1.6 dev 2 table 254 metric 0", "unreachable 203.0.113.7 dev 0 table 27102 metric 0",
            ],
            read.Routes.Select(route => route.ToString()));
        Assert.Equal([true, false, false, false, false], read.Routes.Select(route => route is { IsOnLink: true, IsLinkDown: true, Protocol: 177 }));
        Assert.Equal([2], read.Routes.Index().Where(one => one.Item.IsDead).Select(one => one.Index));
        Assert.Equal([("lo", new IpPrefix(IpAddress.Parse("127.0.0.0"), 8)), ("d1", new(IpAddress.Parse("10.1.1.0"), 24))], read.Addresses);
        Assert.Equal(["lo"], read.Loopbacks);
    }

    [Theory]
    [InlineData("[]", "there are 1 lists in it, and there should be three: of 'ip -4 -N -j rule', '... route show table all' and '... address'")]
    [InlineData("[] [] [", "line 1, byte 8: this is no whole JSON: save it with 'ip -N -j'")]
    [InlineData("{} [] []", "list 1 is no list: save it with 'ip -N -j'")]
    [InlineData("[{\"priority\":\"first\"}] [] []", "entry 1 of list 1 says 'priority' by no number: save it with 'ip -N -j'")]
    [InlineData("[{\"priority\":1,\"table\":\"vpn\"}] [] []", "entry 1 of list 1 says 'table' by no number: save it with 'ip -N -j'")]
    [InlineData("[] [{\"dst\":\"2001:db8::/32\"}] []", "entry 1 of list 2 has the address '2001:db8::/32', which is none of IPv4")]
    [InlineData("[] [{\"dst\":\"default\",\"type\":\"odd\"}] []", "entry 1 of list 2 has the type 'odd', which is not known")]
    [InlineData("[] [{\"dst\":\"default\",\"tos\":\"8\"}] []", "entry 1 of list 2 is a route that asks packets for more than their destination ('tos'), which is not understood")]
    [InlineData("[] [{\"dst\":\"default\",\"nexthops\":[{\"gateway\":7}]}] []", "entry 1 of list 2, nexthops 1 has no text 'gateway'")]
    [InlineData("[7] [] []", "entry 1 of list 1 is no object")]
    public void What_is_something_else_is_refused_with_its_place(string text, string message) => Assert.Equal(message, Assert.Throws<FormatException>(() => Read(text)).Message);

    internal static SavedRouting Read(string text) => SavedRouting.Read(Encoding.UTF8.GetBytes(text), IpFamily.V4, device => device.Length > 1 && char.IsAsciiDigit(device[1]) ? device[1] - '0' : 99);
}
