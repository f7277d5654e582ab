using CsCheck;
using Waymark.Cli.Display;
using Waymark.Exchange.Wire;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Policies.Language;
using Waymark.Tests.Flows;

namespace Waymark.Tests.Cli.Display;

public sealed class SelectorTextTests
{
    [Theory]
    [InlineData("ip4 tcp local port 22 started peer not (peer port 22)", "ip4 tcp local port 22 started peer not (peer port 22)")]
    [InlineData("ip4 tcp peer port {0-21, 23}", "ip4 tcp peer port {0-21, 23}")]
    [InlineData("ip6 icmp type 8 peer 2001:db8::/32", "ip6 icmp type 8 peer 2001:db8::/32")]
    [InlineData("ip4 ipsec spi 5", "ip4 ipsec spi 5")]
    [InlineData("ip4 udp by app curl, ip4 udp by app \"6in4\"", "ip4 udp by app \"6in4\", ip4 udp by app curl")]
    [InlineData("ip4 tcp, ip4 udp", "ip4 proto {6, 17}")]
    [InlineData("ip4 peer 10.0.0.0/8 | 192.0.2.1 port 80", "ip4 peer 10.0.0.0/8 | 192.0.2.1 port 80")]
    [InlineData("ip4 by cgroup \"a\" not (by cgroup \"a/b\")", "ip4 by cgroup \"a\" not (by cgroup \"a/b\")")]
    [InlineData("ip4 by user 1000, ip4 by user 1002", "ip4 by user 1000, ip4 by user 1002")]
    public void Selectors_are_written_in_the_language(string flows, string told) => Assert.Equal(told, Told(Resolve(flows), most: 4));

    [Fact]
    public void Long_ones_are_cut_and_say_so()
    {
        Assert.Equal("ip4 tcp peer port {1, 3, ... (4)}", Told(Resolve("ip4 tcp peer port {1, 3, 5, 7}"), most: 2));
        Assert.Equal("ip4 by app a, ip4 by app b, and 3 more", Told(Resolve("ip4 by app a, ip4 by app b, ip4 by app c, ip4 by app d, ip4 by app e"), most: 2));
    }

    [Fact]
    public void What_is_written_whole_is_read_as_the_same_flows() => FlowSamples.Flow.Array[1, 3].Sample(flows =>
    {
        var selector = FlowResolution.Resolve(flows.ToEquatableArray(), [], NodeNames.None).Selector;
        if (selector.IsEmpty)
        {
            return;
        }
        var text = Told(selector, most: 100_000);
        var again = Resolve(text);
        Assert.True(again.Contains(selector) && selector.Contains(again), text);
    }, iter: 1000);

    private static string Told(FlowSelector selector, int most) => SelectorText.Of(DecisionTranslation.ToWire(selector), most);

    private static FlowSelector Resolve(string flows)
    {
        var read = PolicyLanguage.ParseFlows(flows, "", out var diagnostics);
        Assert.True(read is not null, $"{flows}: {string.Join("; ", diagnostics)}");
        return FlowResolution.Resolve(read.Value, [], NodeNames.None).Selector;
    }
}
