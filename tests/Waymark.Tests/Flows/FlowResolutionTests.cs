using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Policies.Language;

namespace Waymark.Tests.Flows;

public sealed class FlowResolutionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_is_left_of_flows_is_counted_on_the_way(int most)
    {
        var flows = PolicyLanguage.ParseFlows("ip4 tcp peer 10.0.0.0/9 port 1000-2000, ip4 tcp peer 10.64.0.0/10 port 1500-3000, ip4 tcp local port 5-9 peer port 7-8", "", out _)!.Value;
        var selector = FlowResolution.Resolve(flows, [], NodeNames.None).Selector;
        var whole = FlowSelector.Everything.Subtract(selector);
        Assert.True(whole.Boxes.Count > 3, "the pieces are more than any limit of this test");
        Assert.Null(FlowSelector.Everything.TrySubtract(selector, most));
        Assert.Equal(whole, FlowSelector.Everything.TrySubtract(selector, whole.Boxes.Count));
    }
}
