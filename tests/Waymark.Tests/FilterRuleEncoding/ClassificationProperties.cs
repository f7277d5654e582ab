using CsCheck;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Tests.Flows;
using Waymark.Tests.Naive;

namespace Waymark.Tests.FilterRuleEncoding;

/// <summary>The encoded chains, executed on a packet, give the class of the first policy that matches it by reading the policy itself.</summary>
public sealed class ClassificationProperties
{
    private static readonly EncoderOptions Options = EncoderOptions.Default with { ForwardFrom = ["lan0", "lan"], Cgroups = [new("a", 11), new("a/b", 12)] };

    /// <param name="mostLayers">0: every rule that can be is searched field by field.</param>
    [Theory]
    [InlineData(12)]
    [InlineData(0)]
    public void Chains_and_maps_give_the_class_of_the_first_matching_policy(int mostLayers) =>
        Gen.Select(FlowSamples.Flow.Array[1, 6], FlowSamples.Packet.Array[20]).Sample(
            sample =>
            {
                // What the kernel cannot see is refused, and tested on its own.
                var flows = sample.Item1.Where(flow => Encode([flow]).Refused.IsEmpty).ToArray();
                var encoded = Encode(flows, mostLayers);
                var evaluation = new ChainEvaluation(encoded.Table, new Dictionary<string, ulong>(Options.Cgroups));
                foreach (var packet in sample.Item2)
                {
                    var expected = 1 + Array.FindIndex(flows, flow => NaiveEvaluator.Matches(flow, [], packet));
                    var side = packet.Started == StartedBy.Forwarded ? FlowSide.Forwarded : FlowSide.Local;
                    Assert.Equal(expected, (int)(evaluation.Run(side.ChainName(), packet).Mark >> 14));
                }
                return true;
            },
            iter: 3000);

    [Fact]
    public void A_refused_rule_does_not_stop_the_others()
    {
        var app = new Flow { Extras = [new FlowExtra.App("ssh")] };
        var port = new Flow { Protocol = new FlowProtocol.Transport(TransportProtocol.Tcp, [new(22, 22)]) };
        var encoded = Encode([app, port]);
        Assert.All(encoded.Refused, refused => Assert.Equal(1, refused.Rule.Class));
        Assert.Contains("program names", encoded.Refused[0].Reason, StringComparison.Ordinal);
        Assert.NotEqual(Encode([]).Memory.Classification, encoded.Memory.Classification);
    }

    private static EncodedRuleSet Encode(Flow[] flows, int mostLayers = 12)
    {
        var rules = flows.Select((flow, i) => new FilterRule(
            FlowResolution.Resolve([flow], [], NodeNames.None).Selector, i + 1, new("test", "test", null, null, i + 1), null)).ToEquatableArray();
        var classes = flows.Select((_, i) => new FilterClass { Number = i + 1, V4 = new FilterAction.Drop(), V6 = new FilterAction.Drop() }).ToEquatableArray();
        return NftablesEncoder.Encode(new(rules, classes), PathSet.Empty, Territory.Default, Options with { MostLayers = mostLayers }, EncoderMemory.Empty);
    }
}
