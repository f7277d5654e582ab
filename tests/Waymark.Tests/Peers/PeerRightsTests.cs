using CsCheck;
using Waymark.Flows;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.Peers;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Tests.Flows;

namespace Waymark.Tests.Peers;

/// <summary>A peer may ask for flows with itself, down to one address, and for what the node file grants.</summary>
public sealed class PeerRightsTests
{
    private static readonly PeerDeclaration Spoke = new("spoke", "spoke.example.net") { Prefixes = [new(IpAddress.Parse("10.2.0.0"), 16), new(IpAddress.Parse("2001:db8:2::"), 48)] };

    [Theory]
    [InlineData("udp peer 10.2.0.0/16", true)]
    [InlineData("udp peer 10.2.255.255", true)]
    [InlineData("udp peer 2001:db8:2:ffff::/64 | 10.2.9.0/24 port 5060", true)]
    [InlineData("udp peer 192.0.2.7", true)]
    [InlineData("udp peer 192.0.2.8", false)]
    [InlineData("udp peer 10.3.0.0", false)]
    [InlineData("udp peer 10.1.255.255", false)]
    [InlineData("udp peer 10.2.0.0/15", false)]
    [InlineData("udp peer 10.2.0.0/16, udp peer 10.3.0.0", false)]
    [InlineData("udp peer 2001:db8:3::", false)]
    [InlineData("udp local 10.2.0.0/16", false)]
    [InlineData("udp", false)]
    [InlineData("ip4 any", false)]
    [InlineData("any not (peer 10.2.0.0/16)", false)]
    [InlineData("udp peer 10.2.0.0/16 not (peer 10.2.3.0/24)", true)]
    [InlineData("udp peer 10.2.0.1 by user 0", false)]
    [InlineData("udp peer 10.2.0.1 not (by app ssh)", false)]
    [InlineData("udp peer domain \"spoke.example.net\"", false)]
    [InlineData("tcp peer 10.2.0.1 from interface lan0", false)]
    public void Only_flows_that_end_at_the_peer_may_be_asked_for(string flows, bool isAllowed) =>
        Assert.Equal(isAllowed, Fault(flows, Spoke) is null);

    [Fact]
    public void A_name_does_not_hide_what_it_stands_for()
    {
        var set = PolicyLanguage.Parse("flow mine = udp peer 10.2.0.0/16, udp peer 10.3.0.1; mine drop;", "t").Set!;
        var rule = new PeerRule("r", 0, set.Definitions, [new Flow { Named = "mine" }], Established.Keep, new PeerWish.Own(new PolicyAction.Drop(), []));
        Assert.Contains("whose addresses are 10.2.0.0/16", PeerRights.FaultOf(rule, Spoke, Spoke.Prefixes), StringComparison.Ordinal);
    }

    /// <summary>Each is judged while other peers wait to be heard: what would take long is refused, and not found out.</summary>
    [Fact]
    public void Flows_that_take_long_to_find_out_are_refused()
    {
        var many = string.Join(" | ", Enumerable.Range(0, 200).Select(n => $"10.2.{n}.1"));
        var holes = string.Join(", ", Enumerable.Range(0, 600).Select(n => $"udp local port {n * 3} peer 10.2.0.0/16 port {n * 7}"));
        Assert.Contains("takes too long", Fault($"udp peer {many} not ({holes})", Spoke), StringComparison.Ordinal);
        Assert.Null(Fault($"udp peer {many} not (udp peer 10.2.7.1)", Spoke));
    }

    [Fact]
    public void A_long_chain_of_definitions_is_a_fault_and_no_depth()
    {
        var definitions = Enumerable.Range(0, 5000).Select(n => new FlowDefinition($"f{n}", [new Flow { Named = $"f{n + 1}" }])).ToEquatableArray();
        var rule = new PeerRule("r", 0, definitions, [new Flow { Named = "f0" }], Established.Keep, new PeerWish.Own(new PolicyAction.Drop(), []));
        Assert.Contains("more than 100 definitions", PeerRights.FaultOf(rule, Spoke, Spoke.Prefixes), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_node_file_grants_comes_on_top()
    {
        var granted = Spoke with { MayFlows = PolicyLanguage.ParseFlows("tcp local 2001:db8:12::/48 port 443", "t", out _)!.Value };
        Assert.Null(Fault("tcp local 2001:db8:12::7 port 443 peer 2001:db8:77::/48", granted));
        Assert.Null(Fault("tcp local 2001:db8:12::7 port 443, udp peer 10.2.0.1", granted));
        Assert.NotNull(Fault("tcp local 2001:db8:12::7", granted));
    }

    [Fact]
    public void No_packet_of_a_third_party_is_ever_among_what_is_allowed() => Gen.Select(FlowSamples.Flow.Array[1, 3], FlowSamples.Packet.Array[30]).Sample((flows, packets) =>
    {
        var peer = new PeerDeclaration("p", "p") { Prefixes = [new(IpAddress.Parse("203.0.113.8"), 30), new(IpAddress.Parse("2001:db8:77::8"), 126)] };
        var rule = new PeerRule("r", 0, [], flows.ToEquatableArray(), Established.Keep, new PeerWish.Own(new PolicyAction.Drop(), []));
        if (PeerRights.FaultOf(rule, peer, peer.Prefixes) is null)
        {
            var selector = FlowResolution.Resolve(rule.Flows, [], NodeNames.None).Selector;
            Assert.All(packets.Where(selector.Matches), packet => Assert.Contains(peer.Prefixes.AsEnumerable(), prefix => prefix.Contains(packet.Peer)));
        }
    }, iter: 2000);

    private static string? Fault(string flows, PeerDeclaration peer) => PeerRights.FaultOf(
        new("r", 0, [], PolicyLanguage.ParseFlows(flows, "f", out _)!.Value, Established.Keep, new PeerWish.Own(new PolicyAction.Drop(), [])), peer, PeerRights.Verified(peer, [IpAddress.Parse("192.0.2.7")]));
}
