using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.Tests.FilterRuleEncoding;

/// <summary>What the encoder makes of rules, paths and numbers, without a kernel.</summary>
public sealed class NftablesEncoderTests
{
    private static readonly PolicyOrigin Origin = new("test", "test", null, null, 1);

    private static readonly PathSet Paths = new([Uplink("w1", 100), Uplink("w2", 200)]);

    [Fact]
    public void Equal_inputs_give_equal_rule_sets_and_keep_the_generation()
    {
        var first = Encode(To(80, 1), Use("w1"), EncoderMemory.Empty);
        var again = Encode(To(80, 1), Use("w1"), first.Memory);
        Assert.Equal(first, again);
        Assert.Equal(1, again.Memory.Generation);
    }

    [Fact]
    public void Another_selector_is_another_generation_and_another_path_of_a_class_is_not()
    {
        var first = Encode(To(80, 1), Use("w1"), EncoderMemory.Empty);
        Assert.Equal(1, Encode(To(80, 1), Use("w2"), first.Memory).Memory.Generation);
        var second = Encode(To(81, 1), Use("w1"), first.Memory);
        var third = Encode(To(82, 1), Use("w1"), second.Memory);
        Assert.Equal((2, 3, 1), (second.Memory.Generation, third.Memory.Generation, Encode(To(83, 1), Use("w1"), third.Memory).Memory.Generation));
    }

    [Fact]
    public void A_class_over_a_path_without_the_family_is_refused_and_closed_only_where_it_is_strict()
    {
        var v4Only = new PathSet([Uplink("w1", 100) with { Halves = [Uplink("w1", 100).Halves[0]] }]);
        var rules = new FilterRuleSet([To(80, 1), To(81, 2)], [Use("w1"), Use("w1") with { Number = 2, IsStrict = true }]);
        var encoded = NftablesEncoder.Encode(rules, v4Only, Territory.Default, EncoderOptions.Default, EncoderMemory.Empty);
        Assert.All(encoded.Refused, refused => Assert.Contains("no IPv6 address", refused.Reason, StringComparison.Ordinal));
        Assert.Equal([1, 2], encoded.Refused.Select(refused => refused.Rule.Class).Order());
        var map = encoded.Table.Sets.AsSpan().ToArray().Single(set => set.Name == "class_path6");
        Assert.Equal(["return", "goto dead"], map.Elements.Select(element => element.Verdict.ToString()!));
    }

    [Fact]
    public void A_class_number_that_the_mark_cannot_hold_is_refused_with_the_mend()
    {
        var encoded = Encode(To(80, 1024), Use("w1") with { Number = 1024 }, EncoderMemory.Empty);
        Assert.Contains("1 to 1023", Assert.Single(encoded.Refused.AsSpan().ToArray()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_most_selective_field_leads_a_map_of_ranges_and_the_protocol_ends_it()
    {
        var rules = Enumerable.Range(0, 50).Select(i => new FilterRule(new([new FlowBox
        {
            Family = IpFamily.V4,
            Peer = RangeSet.Of(new NumberRange((UInt128)(i * 16), (UInt128)((i * 16) + 7))),
            PeerPort = RangeSet.Of(new NumberRange(1, (UInt128)(10 + (i % 3)))),
            Protocol = RangeSet.Of(17),
        }]), 1, Origin, null)).ToEquatableArray();
        var encoded = NftablesEncoder.Encode(new(rules, [Use("w1")]), Paths, Territory.Default, EncoderOptions.Default, EncoderMemory.Empty);
        Assert.Contains(encoded.Table.Sets.AsSpan().ToArray(), set => set.Name.StartsWith("r4_peer_peerport_protocol_", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0x7f000000, 0xffffc000, 62, 1023)]
    [InlineData(0x000f0000, 0x003fff00, 6, 511)]
    [InlineData(0x0000ff00, 0xfffff800, 126, 4095)]
    public void Masks_give_numbers_of_paths_and_classes(uint fwMark, uint ctMark, int paths, int classes)
    {
        var territory = new Territory { FwMark = fwMark, CtMark = ctMark };
        territory.Check();
        Assert.Equal((paths, classes), (territory.Paths, territory.Classes));
    }

    [Theory]
    [InlineData(0x50000000, 0xffffc000)]
    [InlineData(0x7f000000, 0x0000ff00)]
    [InlineData(0, 0xffffc000)]
    public void Masks_that_cannot_work_are_refused(uint fwMark, uint ctMark) =>
        Assert.Throws<ArgumentException>(() => new Territory { FwMark = fwMark, CtMark = ctMark }.Check());

    private static EncodedRuleSet Encode(FilterRule rule, FilterClass one, EncoderMemory memory) =>
        NftablesEncoder.Encode(new([rule], [one]), Paths, Territory.Default, EncoderOptions.Default, memory);

    private static FilterRule To(int port, int @class) => new(
        new([new FlowBox { Family = IpFamily.V4, PeerPort = RangeSet.Of((UInt128)port) }, new FlowBox { Family = IpFamily.V6, PeerPort = RangeSet.Of((UInt128)port) }]), @class, Origin, null);

    private static FilterClass Use(string device) => new() { Number = 1, V4 = new FilterAction.Use(new("ip", device)), V6 = new FilterAction.Use(new("ip", device)) };

    private static Path Uplink(string device, uint metric) => new()
    {
        Id = new("ip", device),
        Name = device,
        Device = device,
        DeviceIndex = (int)metric,
        Halves =
        [
            new() { Family = IpFamily.V4, Locators = [IpAddress.Parse("192.0.2.1")], Gateway = IpAddress.Parse("192.0.2.2"), Metric = metric },
            new() { Family = IpFamily.V6, Locators = [IpAddress.Parse("2001:db8::1")], Gateway = IpAddress.Parse("fe80::1"), Metric = metric },
        ],
    };
}
