using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Paths;

namespace Waymark.Tests.FilterRuleEncoding;

/// <summary>Few elements of a hash map are changed in it; many make another map, beside it.</summary>
public sealed class ExactMapNamesTests
{
    private const int Rules = 2 * ExactMapNames.MostChanges;

    private EncoderMemory memory = EncoderMemory.Empty;

    [Fact]
    public void A_map_of_which_much_changes_gives_way_to_one_of_another_name_and_that_to_the_first()
    {
        Assert.Equal("x4_peer_peerport_protocol", Map(changed: 0));
        Assert.Equal("x4_peer_peerport_protocol", Map(changed: ExactMapNames.MostChanges - 100));
        Assert.Equal("x4_peer_peerport_protocol_b", Map(changed: Rules));
        Assert.Equal("x4_peer_peerport_protocol_b", Map(changed: Rules - 10));
        Assert.Equal("x4_peer_peerport_protocol_b", Map(changed: Rules - 10));
        Assert.Equal("x4_peer_peerport_protocol", Map(changed: 0));
        Assert.Equal("x4_peer_peerport_protocol_b", Map(changed: 0, count: 10));
        // After a restart nobody knows what it was called.
        memory = memory with { Encoded = null };
        Assert.Equal("x4_peer_peerport_protocol", Map(changed: 0, count: 10));
    }

    [Fact]
    public void Each_name_is_another_generation()
    {
        Map(changed: 0);
        var first = memory;
        Map(changed: Rules);
        Map(changed: 0);
        Assert.Equal(first.Classification, memory.Classification);
        Map(changed: Rules);
        Assert.NotEqual(first.Classification, memory.Classification);
    }

    private string Map(int changed, int count = Rules)
    {
        var rules = Enumerable.Range(0, count).Select(i => new FilterRule(
            new([new FlowBox { Family = IpFamily.V4, Peer = RangeSet.Of((UInt128)(0x0b000000 + i)), PeerPort = RangeSet.Of((UInt128)443), Protocol = RangeSet.Of((UInt128)6) }]), i < changed ? 2 : 1, new("t", "t", null, null, i + 1), null)).ToEquatableArray();
        var classes = new[] { 1, 2 }.Select(number => new FilterClass { Number = number, V4 = new FilterAction.Default(), V6 = new FilterAction.Default() }).ToEquatableArray();
        var encoded = NftablesEncoder.Encode(new(rules, classes), PathSet.Empty, Territory.Default, EncoderOptions.Default, memory);
        memory = encoded.Memory;
        return Assert.Single(encoded.Table.Sets, set => set.Name.StartsWith("x4_", StringComparison.Ordinal)).Name;
    }
}
