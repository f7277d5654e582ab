using CsCheck;
using Waymark.Flows;
using Waymark.PacketClassification;
using Waymark.PathDecision;
using Waymark.Tests.FilterRuleEncoding;
using Waymark.Tests.Flows;

namespace Waymark.Tests.PacketClassification;

/// <summary>The classifier finds what asking one selector after the other finds.</summary>
public sealed class PacketClassifierTests
{
    public static readonly TheoryData<string> Sets = [.. ClassBenchSet.Names("1k").Concat(ClassBenchSet.Names("10k")) is var names && names.Any() ? names : ["none"]];

    private static readonly Gen<FlowSelector> Selector = FlowSamples.Flow.Select(flow => FlowResolution.Resolve([flow], [], NodeNames.None).Selector);

    [Fact]
    public void It_finds_the_first_that_holds_the_packet() =>
        Gen.Select(Selector.Array[0, 60], FlowSamples.Packet.Array[30]).Sample(
            (selectors, packets) =>
            {
                var classifier = PacketClassifier.Of(selectors);
                Assert.All(packets, packet => Assert.Equal(Naive(selectors, packet), classifier.Find(packet)));
            },
            iter: 1000);

    /// <summary>Lists that come of each other by taking out, putting in and moving, as a policy set changes.</summary>
    [Fact]
    public void One_that_came_of_another_finds_what_one_of_its_own_would() =>
        Gen.Select(Selector.Array[1, 40], Gen.Select(Gen.Int[0, 2], Gen.Int[0, 1000], Gen.Int[0, 1000], Selector).Array[1, 25], FlowSamples.Packet.Array[10]).Sample(
            (selectors, changes, packets) =>
            {
                var list = selectors.ToList();
                var classifier = PacketClassifier.Of(list);
                foreach (var (kind, one, other, fresh) in changes)
                {
                    if (kind > 0 && list.Count > 0)
                    {
                        var at = one % list.Count;
                        var moved = list[at];
                        list.RemoveAt(at);
                        if (kind == 2)
                        {
                            list.Insert(other % (list.Count + 1), moved);
                        }
                    }
                    else
                    {
                        list.Insert(other % (list.Count + 1), fresh);
                    }
                    classifier = classifier.With(list);
                    Assert.Equal(list.Count, classifier.Count);
                    Assert.All(packets, packet => Assert.Equal(Naive(list, packet), classifier.Find(packet)));
                }
            },
            iter: 300);

    /// <summary>Far more of them than are added to what is there before all is built anew.</summary>
    [Fact]
    public void A_list_that_has_little_in_common_with_the_last_is_found_too()
    {
        var many = Enumerable.Range(0, 5_000).Select(Single).ToList();
        var classifier = PacketClassifier.Of(many.Take(10)).With(many).With([.. many.Skip(2_500), .. many.Take(2_500)]);
        Assert.Equal(2_500, classifier.Find(To(0)));
        Assert.Equal(0, classifier.Find(To(2_500)));
        Assert.Equal(-1, classifier.Find(To(5_000)));
        Assert.Equal(-1, classifier.With([]).Find(To(1)));

        static FlowSelector Single(int number) => new([new FlowBox { Family = IpFamily.V6, Peer = RangeSet.Of((UInt128)number) }]);
        static Packet To(int number) => new() { Protocol = 6, Local = new(IpFamily.V6, 1), Peer = new(IpFamily.V6, (UInt128)number) };
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void The_first_match_is_the_published_one(string name)
    {
        Assert.SkipWhen(name == "none", ClassBenchSet.Absence);
        var set = ClassBenchSet.Read(name);
        var classifier = PacketClassifier.Of(set.Rules.Select(rule => rule.Selector));
        foreach (var (packet, expected) in set.Headers)
        {
            Assert.Equal(expected, set.Rules[classifier.Find(packet)].Class);
        }
        Assert.True(set.Headers.Count > 1000, set.LeftOut);
    }

    private static int Naive(IReadOnlyList<FlowSelector> selectors, Packet packet)
    {
        for (var i = 0; i < selectors.Count; i++)
        {
            if (selectors[i].Matches(packet))
            {
                return i;
            }
        }
        return -1;
    }
}
