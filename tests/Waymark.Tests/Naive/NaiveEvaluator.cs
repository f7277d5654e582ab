using Waymark.Flows;
using Waymark.Policies;

namespace Waymark.Tests.Naive;

/// <summary>
/// The independent model: says by reading the flow expression itself whether a packet belongs. Shares no code with the selector algebra or the compiler, so that
/// one cannot hide the other's mistake. Users and groups are given by number; domains and named cgroups are left out.
/// </summary>
public static class NaiveEvaluator
{
    /// <summary>The place of the first policy that matches, from 0; -1 for none.</summary>
    public static int FirstMatch(IReadOnlyList<Policy> policies, IReadOnlyList<FlowDefinition> definitions, Packet packet)
    {
        for (var i = 0; i < policies.Count; i++)
        {
            if (policies[i].Flows.Any(flow => Matches(flow, definitions, packet)))
            {
                return i;
            }
        }
        return -1;
    }

    public static bool Matches(Flow flow, IReadOnlyList<FlowDefinition> definitions, Packet packet) =>
        (flow.Named is not { } name || Named(name, definitions).Any(inner => Matches(inner, definitions, packet)))
        && (flow.Family is not { } family || family == packet.Family)
        && MatchesProtocol(flow.Protocol, packet)
        && MatchesEnd(flow.Local, packet.Local, packet.LocalPort)
        && MatchesEnd(flow.Peer, packet.Peer, packet.PeerPort)
        && flow.Extras.All(extra => MatchesExtra(extra, definitions, packet));

    private static IEnumerable<Flow> Named(string name, IReadOnlyList<FlowDefinition> definitions) =>
        definitions.FirstOrDefault(definition => definition.Name == name) is { } definition ? definition.Flows
        : WellKnownApplications.TryFind(name, out var flows) ? flows : throw new InvalidOperationException(name);

    private static bool MatchesProtocol(FlowProtocol? protocol, Packet packet) => protocol switch
    {
        null or FlowProtocol.Any => true,
        FlowProtocol.Transport t => packet.Protocol == (int)t.Protocol && EitherPort(t.EitherPort, packet),
        FlowProtocol.Port p => packet.Protocol is 6 or 17 or 132 && EitherPort(p.EitherPort, packet),
        FlowProtocol.Icmp i => packet.Protocol == (packet.Peer.Family == IpFamily.V4 ? 1 : 58) && Holds(i.Types, packet.IcmpType) && Holds(i.Codes, packet.IcmpCode),
        FlowProtocol.Security s => ((s.Esp && packet.Protocol == 50) || (s.Ah && packet.Protocol == 51)) && Holds(s.Spis, packet.Spi),
        FlowProtocol.Numbers n => Holds(n.Values, packet.Protocol),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static bool EitherPort(EquatableArray<IntegerRange> ports, Packet packet) =>
        ports.IsEmpty || Holds(ports, packet.LocalPort) || Holds(ports, packet.PeerPort);

    private static bool MatchesEnd(FlowEnd? end, IpAddress address, ushort? port) =>
        end is null || (Holds(end.Ports, port) && (end.Addresses.IsEmpty || end.Addresses.Any(prefix => Inside(prefix, address))));

    private static bool Inside(IpPrefix prefix, IpAddress address)
    {
        byte[] want = prefix.First.ToNetworkOrder(), have = address.ToNetworkOrder();
        return want.Length == have.Length && Enumerable.Range(0, prefix.Length).All(bit => ((want[bit / 8] ^ have[bit / 8]) & (0x80 >> (bit % 8))) == 0);
    }

    private static bool MatchesExtra(FlowExtra extra, IReadOnlyList<FlowDefinition> definitions, Packet packet) => extra switch
    {
        FlowExtra.Dscp d => Holds(d.Values, packet.Dscp),
        FlowExtra.Label l => Holds(l.Values, packet.FlowLabel),
        FlowExtra.User u => packet.User?.ToString(System.Globalization.CultureInfo.InvariantCulture) == u.Name,
        FlowExtra.Group g => packet.Group?.ToString(System.Globalization.CultureInfo.InvariantCulture) == g.Name,
        FlowExtra.App a => packet.App == a.Name,
        FlowExtra.Cgroup c => packet.Cgroup == c.Name || packet.Cgroup?.StartsWith(c.Name + "/", StringComparison.Ordinal) == true,
        FlowExtra.FromInterface f => packet.FromInterface == f.Name,
        FlowExtra.Started s => s.By.HasFlag(packet.Started),
        FlowExtra.Not n => !n.Flows.Any(flow => Matches(flow, definitions, packet)),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static bool Holds(EquatableArray<IntegerRange> ranges, uint? value) =>
        ranges.IsEmpty || (value is { } number && ranges.Any(range => number >= range.Low && number <= range.High));
}
