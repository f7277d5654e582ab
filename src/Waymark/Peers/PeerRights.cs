using Waymark.Flows;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Peers;

/// <summary>
/// Whether a peer may ask for a rule: only for flows whose other end is one of its own verified addresses, and what the node file grants beside. What goes beyond is refused as a whole, never narrowed:
/// the asker has to know what is in force.
/// </summary>
public static class PeerRights
{
    /// <summary>How many times a part of what is asked for may be held against a part of what is allowed.</summary>
    private const long MostComparisons = 100_000;

    /// <summary>How many times a part of what is asked for may be held against a part that it leaves out: one peer's rules are judged while the others wait.</summary>
    private const long MostHoles = 20_000;

    /// <summary>The most parts that the flows of a rule have.</summary>
    private const int MostParts = 2_000;

    /// <summary>The addresses that are known to be a peer's: those of the node file, and those that its certificate bears.</summary>
    public static EquatableArray<IpPrefix> Verified(PeerDeclaration peer, IEnumerable<IpAddress> certified) =>
        peer.Prefixes.Concat(certified.Select(one => new IpPrefix(one, IpAddress.Width(one.Family)))).Distinct().Order().ToEquatableArray();

    /// <summary>Why the peer may not ask for the rule, one sentence; null: it may.</summary>
    /// <param name="rule">What it asks.</param>
    /// <param name="peer">Who it is here.</param>
    /// <param name="verified">Its addresses.</param>
    public static string? FaultOf(PeerRule rule, PeerDeclaration peer, EquatableArray<IpPrefix> verified)
    {
        var flows = rule.Flows.Concat(rule.Definitions.SelectMany(definition => definition.Flows)).ToEquatableArray();
        if (SpeaksOfHost(flows))
        {
            return "it speaks of users, programs, control groups, interfaces or domains of this node, which are none of the peer's business";
        }
        var asked = new FlowResolution(rule.Definitions, NodeNames.None, MostHoles).Resolve(rule.Flows);
        if (!asked.Problems.IsEmpty)
        {
            return asked.Problems[0];
        }
        if (asked.Selector.IsEmpty || asked.Selector.Boxes.Count > MostParts)
        {
            return asked.Selector.IsEmpty ? "there are no such flows" : $"its flows have more than {MostParts} parts";
        }
        var allowed = FlowSelector.OfPeers(verified).Union(peer.MayFlows.IsEmpty ? FlowSelector.Nothing : FlowResolution.Resolve(peer.MayFlows, [], NodeNames.None).Selector);
        var comparisons = MostComparisons;
        return allowed.TryContains(asked.Selector, ref comparisons) switch
        {
            true => null,
            null => "whether all of its flows may be asked for takes too long to find out: ask for prefixes in place of single addresses",
            false => $"'{Cut(PolicyPrinter.Print(rule.Flows))}' are not only flows with '{peer.Name}', whose addresses are {(verified.IsEmpty ? "none" : string.Join(", ", verified.Take(8)))}"
                + (peer.MayFlows.IsEmpty ? "" : $", and not what it may ask for beside, '{Cut(PolicyPrinter.Print(peer.MayFlows))}'"),
        };
    }

    private static bool SpeaksOfHost(EquatableArray<Flow> flows) => flows.Any(flow => flow.Local?.Domain is not null || flow.Peer?.Domain is not null || flow.Extras.Any(extra => extra switch
    {
        FlowExtra.Dscp or FlowExtra.Label or FlowExtra.Started => false,
        FlowExtra.Not(var inner) => SpeaksOfHost(inner),
        _ => true,
    }));

    private static string Cut(string text) => text.Length <= 120 ? text : text[..117] + "...";
}
