using Waymark.Flows;
using Waymark.Linux.Nftables;
using static Waymark.Linux.FilterRuleEncoding.Instructions;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>
/// Where packets enter. Base chains are made once and never deleted while the table stands: the kernel registers them one after the other, and packets would slip
/// through between.
/// </summary>
internal sealed class BaseChains(Territory territory, EncoderOptions options, int generation)
{
    /// <summary>The map from a device that packets come in by to what is done with them.</summary>
    public const string Entries = "entries";

    /// <summary>The chain of packets that came in by a path.</summary>
    public const string FromUplink = "from_uplink";

    /// <summary>The chain of packets of hosts behind this node.</summary>
    public const string FromBehind = "from_behind";

    /// <summary>The set of devices that hosts behind this node are reached by.</summary>
    public const string Behind = "forward_from";

    private const string Uplinks = "uplinks";

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>NF_IP_PRI_MANGLE: after connection tracking (-200), before destination NAT (-100).</summary>
    private const int Mangle = -150;

    /// <summary>NF_IP_PRI_NAT_DST.</summary>
    private const int DestinationNatPriority = -100;

    /// <summary>RTN_LOCAL.</summary>
    private const uint Local = 2;

    /// <summary>NF_IP_PRI_NAT_SRC.</summary>
    private const int SourceNatPriority = 100;

    /// <summary>Adds them.</summary>
    public void AddTo(TableContent content)
    {
        NftablesRule[] bypassed = [.. options.Bypass.Select(mark => Rule(Mark(mark.Mask, mark.Value & mark.Mask), Return))];
        NftablesRule[] leftAlone =
        [
            Rule([new DestinationType(0), new InSet("kept_types", 0, Absent: false)], Return),
            Rule(DestinationIn(IpFamily.V4, "onlink4"), Return),
            Rule(DestinationIn(IpFamily.V6, "onlink6"), Return),
        ];
        var isUnmarked = Mark(territory.FwMark, 0);
        // Decided in this generation, and pinned: nothing is asked again that was answered for the connection's first packet.
        NftablesExpression[] isEstablished = [.. CtMark(territory.CtGenerationMask, territory.CtGeneration(generation)), .. CtMark(territory.CtPathMask, 0, isEqual: false)];
        content.Add("output", new("route", 3, Mangle),
        [
            .. bypassed,
            Rule(isUnmarked, isEstablished, OutputIn(Uplinks), Goto(SteeringChains.Established)),
            .. leftAlone,
            // What this node answers hosts behind it, resets and refusals of ours among it.
            .. options.ForwardFrom.IsEmpty ? Array.Empty<NftablesRule>() : [Rule(Direction(isReply: true), OutputIn(Uplinks, isAbsent: true), OutputIn(Behind), Return)],
            // A device that is no path's, or not yet: an uplink that has just come, one that is never to be used. Only what is strict minds.
            Rule(OutputIn(Uplinks, isAbsent: true), Goto(SteeringChains.Stray)),
            // A device that the system would not have chosen was chosen by the program.
            Rule(isUnmarked, CtMark(territory.CtPathMask, 0), OutputIn("default_devices", isAbsent: true), Goto("bound")),
            Rule(isUnmarked, Goto(SteeringChains.Steer(FlowSide.Local))),
            // A mark with the strict bit is a socket program's choice, which prohibitions still bind. Without it, it is a probe's: that goes where it is sent.
            Rule(Mark(territory.StrictBit, territory.StrictBit), Goto("bound")),
        ]);
        content.Add("prerouting", new("filter", 0, Mangle),
        [
            Rule([new Meta(NftablesMetaKey.InputName, 0), new VerdictOf(Entries, 0)]),
            .. bypassed,
            .. leftAlone,
            Rule(isUnmarked, CtMarkMap(territory.CtPathMask, PathChains.Pins)),
        ]);
        // A connection that comes in by a path is answered by it.
        content.Add(FromUplink, Rule(CtMark(territory.CtPathMask, 0), Direction(isReply: false), [new Meta(NftablesMetaKey.InputName, 0), new VerdictOf("in_path", 0)]));
        if (!options.ForwardFrom.IsEmpty)
        {
            content.Add(FromBehind,
            [
                .. bypassed,
                Rule(isUnmarked, isEstablished, Goto(SteeringChains.Established)),
                Rule(Mark(territory.FwMark, 0, isEqual: false), Return),
                .. leftAlone,
                Rule(Goto(SteeringChains.Steer(FlowSide.Forwarded))),
            ]);
        }
        // A UDP server on the wildcard address answers with a connection of its own, from the address that the system prefers: asked at that address, its answer is
        // the question's and goes back with it. After the host's own destination NAT, which wins.
        content.Add("answer", new("nat", 0, DestinationNatPriority + 1), options.AnswerUdpByPath ? Families.Select(Answer) : []);
        content.Add("source_nat", new("nat", 4, SourceNatPriority),
        [
            Rule(OutputIn(Uplinks, isAbsent: true), Return),
            Rule(Direction(isReply: true), Return),
            Rule(Mark(territory.PathMask, 0), Return),
            Rule(MarkedDevice(isAbsent: true), Return),
            .. options.Masquerade || options.ForwardFrom.IsEmpty ? Array.Empty<NftablesRule>() : [Rule(InputIn(Behind), Return)],
            .. Families.SelectMany(family => new[]
            {
                Rule(Family(family), LoadMark(territory.PathMask), [LayerMap.Loaded(family, isSource: true, 1), new InSet($"own{family.Digit}", 0, Absent: false)], Return),
                // Between sites addresses stay as they are, but those of other paths: what is no path's is of this site, and the peer knows it.
                Rule(Family(family), [LayerMap.Loaded(family, isSource: true, 0), new InSet(AddressSets.PathAddresses(family), 0, Absent: false)], LoadMark(territory.PathMask), Translated(family)),
                Rule(Family(family), LoadMark(territory.PathMask), [new InSet(AddressSets.ToPeers, 0, Absent: false)], Return),
                Rule(Family(family), LoadMark(territory.PathMask), Translated(family)),
            }),
        ]);
        content.Add("guard", new("filter", 4, 0),
        [
            // Other classes may leave by a static route of the system's, which comes before ours.
            Rule(CtMarkIn(territory.CtClassMask, ClassBindings.StrictClasses), Mark(territory.StrictBit, territory.StrictBit), OutputIn(Uplinks), MarkedDevice(isAbsent: true),
                [new Count()], Then(NftablesVerdict.Drop)),
        ]);
    }

    /// <summary>Takes the address of the path whose mark was loaded.</summary>
    private static NftablesExpression[] Translated(IpFamily family) => [new ValueOf($"source{family.Digit}", 0, 0), new SourceNat(family == IpFamily.V6, 0)];

    private static NftablesRule Answer(IpFamily family) => Rule(
        Family(family), Protocol(17),
        [new DestinationType(0), new Compare(0, NftablesComparison.Equal, OddMatches.Host(Local))],
        [new SocketIsWildcard(0), new Compare(0, NftablesComparison.Equal, [1])],
        [new Meta(NftablesMetaKey.InputName, 0), new ValueOf($"answer{family.Digit}", 0, 0), new DestinationNat(family == IpFamily.V6, 0)]);

    private NftablesExpression[] MarkedDevice(bool isAbsent) =>
        [.. LoadMark(territory.PathMask), new Meta(NftablesMetaKey.OutputName, 1), new InSet("path_device", 0, isAbsent)];
}
