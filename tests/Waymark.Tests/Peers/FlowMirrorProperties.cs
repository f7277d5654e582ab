using CsCheck;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Peers;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Tests.Flows;

namespace Waymark.Tests.Peers;

/// <summary>A packet belongs to flows exactly where the other end's view of it belongs to their image.</summary>
public sealed class FlowMirrorProperties
{
    [Fact]
    public void The_image_of_flows_holds_the_image_of_each_of_their_packets() => Gen.Select(FlowSamples.Flow.Array[1, 3], FlowSamples.Packet.Array[20]).Sample((flows, packets) =>
    {
        var (image, definitions, fault) = FlowMirror.Of(flows.ToEquatableArray(), [], NodeNames.None, []);
        if (fault is not null)
        {
            Assert.Contains(flows, SpeaksOfHost);
            return;
        }
        var (here, there) = (FlowResolution.Resolve(flows.ToEquatableArray(), [], NodeNames.None), FlowResolution.Resolve(image, definitions, NodeNames.None));
        // Whether a node or a host behind it began a flow, its peer cannot tell.
        foreach (var packet in packets.Where(packet => packet.Started == StartedBy.Peer || !flows.Any(SaysWhoBegan)))
        {
            Assert.Equal(here.Selector.Matches(packet), there.Selector.Matches(Image(packet)));
        }
    }, iter: 2000);

    [Fact]
    public void Names_keep_their_meaning()
    {
        var (set, names) = (PolicyLanguage.Parse("flow voice = udp peer port 5060, sip local 10.2.0.0/16; voice at peer hq drop; https at peer hq drop; udp peer domain \"pbx.example.net\" at peer hq drop;", "t.way").Set!, NodeNames.None with
        {
            Domains = [KeyValuePair.Create("pbx.example.net", (EquatableArray<IpAddress>)[IpAddress.Parse("192.0.2.9"), IpAddress.Parse("2001:db8::9")])],
        });
        foreach (var policy in set.Statements.OfType<Policy>())
        {
            var (image, definitions, fault) = FlowMirror.Of(policy.Flows, set.Definitions, names, []);
            Assert.Null(fault);
            var (back, _, _) = FlowMirror.Of(image, definitions, NodeNames.None, []);
            var again = FlowResolution.Resolve(back, FlowMirror.Of(image, definitions, NodeNames.None, []).Definitions, NodeNames.None).Selector;
            var direct = FlowResolution.Resolve(policy.Flows, set.Definitions, names).Selector;
            Assert.True(again.Contains(direct) && direct.Contains(again));
        }
    }

    [Theory]
    [InlineData("udp port 5000", "udp port 5000 peer 10.2.0.0/16 | 2001:db8:2::/48")]
    [InlineData("udp local port 5000 peer 192.0.2.0/24", "udp local 192.0.2.0/24 peer 10.2.0.0/16 | 2001:db8:2::/48 port 5000")]
    [InlineData("udp local 10.9.0.1", "udp peer 10.9.0.1")]
    [InlineData("any started here", "any peer 10.2.0.0/16 | 2001:db8:2::/48 started peer")]
    [InlineData("any started peer", "any peer 10.2.0.0/16 | 2001:db8:2::/48 not (started peer)")]
    public void Flows_that_say_none_of_ours_are_of_all_that_is_ours(string flow, string image)
    {
        EquatableArray<IpPrefix> own = [new(IpAddress.Parse("10.2.0.0"), 16), new(IpAddress.Parse("2001:db8:2::"), 48)];
        Assert.Equal(image, PolicyPrinter.Print(FlowMirror.Of(PolicyLanguage.ParseFlows(flow, "f", out _)!.Value, [], NodeNames.None, own).Flows));
    }

    [Theory]
    [InlineData("udp by user alice")]
    [InlineData("udp not (by app ssh)")]
    [InlineData("any from interface lan0")]
    [InlineData("udp peer domain \"nowhere.example\"")]
    public void What_the_other_end_cannot_tell_has_no_image(string flow) => Assert.NotNull(FlowMirror.Of(PolicyLanguage.ParseFlows(flow, "f", out _)!.Value, [], NodeNames.None, []).Fault);

    private static bool SpeaksOfHost(Flow flow) => flow.Extras.Any(extra => extra is FlowExtra.Not(var inner) ? inner.Any(SpeaksOfHost) : extra is not (FlowExtra.Dscp or FlowExtra.Label or FlowExtra.Started));

    private static bool SaysWhoBegan(Flow flow) => flow.Extras.Any(extra => extra is FlowExtra.Started || (extra is FlowExtra.Not(var inner) && inner.Any(SaysWhoBegan)));

    private static Packet Image(Packet packet) => packet with
    {
        Local = packet.Peer,
        Peer = packet.Local,
        LocalPort = packet.PeerPort,
        PeerPort = packet.LocalPort,
        Started = packet.Started == StartedBy.Peer ? StartedBy.Here : StartedBy.Peer,
    };
}
