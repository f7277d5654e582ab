using CsCheck;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Policies;
using Waymark.Tests.Naive;

namespace Waymark.Tests.Flows;

public sealed class FlowSelectorProperties
{
    private static readonly Gen<FlowSelector> Selector = FlowSamples.Flow.Select(flow => Resolve(flow));

    [Fact]
    public void A_resolved_flow_matches_what_reading_the_flow_matches() =>
        Gen.Select(FlowSamples.Flow, FlowSamples.Packet.Array[20]).Sample(
            (flow, packets) => Assert.All(packets, packet => Assert.Equal(NaiveEvaluator.Matches(flow, [], packet), Resolve(flow).Matches(packet))), iter: 3000);

    [Fact]
    public void Intersection_holds_exactly_what_is_in_both() =>
        Gen.Select(Selector, Selector, FlowSamples.Packet.Array[20]).Sample(
            (a, b, packets) => packets.All(packet => a.Intersect(b).Matches(packet) == (a.Matches(packet) && b.Matches(packet))), iter: 2000);

    [Fact]
    public void Difference_holds_exactly_what_is_in_the_first_only() =>
        Gen.Select(Selector, Selector, FlowSamples.Packet.Array[20]).Sample(
            (a, b, packets) => packets.All(packet => a.Subtract(b).Matches(packet) == (a.Matches(packet) && !b.Matches(packet))), iter: 2000);

    [Fact]
    public void Union_holds_exactly_what_is_in_either() =>
        Gen.Select(Selector, Selector, FlowSamples.Packet.Array[20]).Sample(
            (a, b, packets) => packets.All(packet => a.Union(b).Matches(packet) == (a.Matches(packet) || b.Matches(packet))), iter: 2000);

    [Fact]
    public void Overlap_is_a_non_empty_intersection() =>
        Gen.Select(Selector, Selector).Sample((a, b) => a.Overlaps(b) == !a.Intersect(b).IsEmpty, iter: 3000);

    [Fact]
    public void A_part_is_contained_and_what_is_left_is_not() =>
        Gen.Select(Selector, Selector).Sample(
            (a, b) => a.Contains(a.Intersect(b)) && a.Union(b).Contains(a) && a.Contains(b) == b.Subtract(a).IsEmpty && a.Subtract(a).IsEmpty, iter: 1500);

    [Fact]
    public void Every_box_of_a_result_can_be_met_by_a_packet() =>
        Gen.Select(Selector, Selector).Sample(
            (a, b) => a.Subtract(b).Boxes.All(box => Witness(box) is var packet && box.Matches(packet) && a.Matches(packet) && !b.Matches(packet)), iter: 2000);

    [Fact]
    public void Everything_contains_every_flow_and_nothing_is_in_every_flow() =>
        Selector.Sample(selector => FlowSelector.Everything.Contains(selector) && selector.Contains(FlowSelector.Nothing) && !FlowSelector.Everything.IsEmpty);

    private static FlowSelector Resolve(Flow flow) => FlowResolution.Resolve([flow], [], NodeNames.None).Selector;

    /// <summary>A packet of the box: the lowest value of each field. Emptiness is exact only if there always is one.</summary>
    private static Packet Witness(FlowBox box)
    {
        return new()
        {
            Protocol = (byte)Lowest(box.Protocol),
            Local = new(box.Family, Lowest(box.Local)),
            Peer = new(box.Family, Lowest(box.Peer)),
            LocalPort = Field(box.LocalPort, FlowBox.AbsentPort) is { } l ? (ushort)l : null,
            PeerPort = Field(box.PeerPort, FlowBox.AbsentPort) is { } p ? (ushort)p : null,
            IcmpType = Field(box.IcmpType, FlowBox.AbsentIcmp) is { } t ? (byte)t : null,
            IcmpCode = Field(box.IcmpCode, FlowBox.AbsentIcmp) is { } c ? (byte)c : null,
            Spi = Field(box.Spi, FlowBox.AbsentWord) is { } s ? (uint)s : null,
            Dscp = (byte)Lowest(box.Dscp),
            FlowLabel = Field(box.FlowLabel, FlowBox.AbsentLabel) is { } f ? (uint)f : null,
            User = Field(box.User, FlowBox.AbsentWord) is { } u ? (uint)u : null,
            Group = Field(box.Group, FlowBox.AbsentWord) is { } g ? (uint)g : null,
            App = Name(box.App),
            Cgroup = Name(box.Cgroup),
            FromInterface = Name(box.FromInterface),
            Started = new[] { StartedBy.Here, StartedBy.Peer, StartedBy.Forwarded }.First(by => box.Started.HasFlag(by)),
        };

        static UInt128 Lowest(RangeSet? set) => set?.Ranges[0].Low ?? 0;
        static UInt128? Field(RangeSet? set, long absent) => Lowest(set) is var low && low == (UInt128)absent ? null : low;
        static string? Name(NameSet? set) => set is null || set.HasAbsent ? null
            : set.Otherwise ? "a-name-that-nobody-lists" : set.Entries.First(entry => entry.Belongs).Name;
    }
}
