using Waymark.Policies;

namespace Waymark.Flows;

/// <summary>The own parts of a flow expression (without its name and its exclusions) as boxes: a product of its protocol's, its ends' and its extras' alternatives.</summary>
internal static class FlowBoxes
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>Nearly every flow has one of these: one object serves all.</summary>
    private static readonly Dictionary<TransportProtocol, RangeSet> OfTransport = Enum.GetValues<TransportProtocol>().ToDictionary(one => one, one => RangeSet.Of((UInt128)(int)one));

    public static FlowSelector Of(Flow flow, NameLookup names, Problems problems)
    {
        var boxes = new List<FlowBox>(2);
        foreach (var family in Families)
        {
            if (flow.Family is null || flow.Family == family)
            {
                Add(boxes, flow, family, names, problems);
            }
        }
        return new(boxes.ToEquatableArray());
    }

    private static void Add(List<FlowBox> boxes, Flow flow, IpFamily family, NameLookup names, Problems problems)
    {
        FlowBox? box = new() { Family = family };
        box = WithEnd(box, flow.Local, names, problems, static (b, a) => b with { Local = a }, static (b, p) => b with { LocalPort = p });
        box = box is null ? null : WithEnd(box, flow.Peer, names, problems, static (b, a) => b with { Peer = a }, static (b, p) => b with { PeerPort = p });
        foreach (var extra in flow.Extras)
        {
            box = box is null ? null : WithExtra(box, extra, names, problems);
        }
        if (box is null)
        {
            return;
        }
        foreach (var alternative in Alternatives(flow.Protocol, family))
        {
            if (box.Intersect(alternative) is { } whole)
            {
                boxes.Add(whole);
            }
        }
    }

    private static FlowBox? WithEnd(
        FlowBox box, FlowEnd? end, NameLookup names, Problems problems, Func<FlowBox, RangeSet, FlowBox> withAddresses, Func<FlowBox, RangeSet, FlowBox> withPorts)
    {
        if (end is null)
        {
            return box;
        }
        if (!end.Ports.IsEmpty)
        {
            box = withPorts(box, Set(end.Ports));
        }
        var prefixes = new List<NumberRange>();
        foreach (var prefix in end.Addresses)
        {
            if (prefix.Family == box.Family)
            {
                prefixes.Add(new(prefix.First.Bits, prefix.Last.Bits));
            }
        }
        if (end.Domain is { } domain)
        {
            var found = names.Domain(domain);
            if (found.IsEmpty)
            {
                problems.Add($"the resolver gives no address for the domain \"{domain}\"");
                return null;
            }
            foreach (var address in found)
            {
                if (address.Family == box.Family)
                {
                    prefixes.Add(new(address.Bits, address.Bits));
                }
            }
        }
        else if (end.Addresses.IsEmpty)
        {
            return box;
        }
        if (prefixes.Count == 0)
        {
            return null;
        }
        var set = RangeSet.Of([.. prefixes]);
        return set.IsFull(IpAddress.Highest(box.Family)) ? box : withAddresses(box, set);
    }

    private static FlowBox? WithExtra(FlowBox box, FlowExtra extra, NameLookup names, Problems problems)
    {
        switch (extra)
        {
            case FlowExtra.Dscp dscp:
                return box.Intersect(new() { Family = box.Family, Dscp = Full(Set(dscp.Values), 63) });
            case FlowExtra.Label label:
                return box.Family == IpFamily.V4 ? null : box.Intersect(new() { Family = IpFamily.V6, FlowLabel = Set(label.Values) });
            case FlowExtra.User user:
                return names.User(user.Name) is { } uid ? box.Intersect(new() { Family = box.Family, User = RangeSet.Of(uid) }) : Missing("user", user.Name);
            case FlowExtra.Group group:
                return names.Group(group.Name) is { } gid ? box.Intersect(new() { Family = box.Family, Group = RangeSet.Of(gid) }) : Missing("group", group.Name);
            case FlowExtra.App app:
                return box.Intersect(new() { Family = box.Family, App = NameSet.Of(app.Name) });
            case FlowExtra.Cgroup cgroup:
                return box.Intersect(new() { Family = box.Family, Cgroup = NameSet.Of(cgroup.Name.Trim('/')) });
            case FlowExtra.FromInterface from:
                return box.Intersect(new() { Family = box.Family, FromInterface = NameSet.Of(from.Name) });
            case FlowExtra.Started started:
                return box.Intersect(new() { Family = box.Family, Started = started.By });
            case FlowExtra.Not:
                return box;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        FlowBox? Missing(string kind, string name)
        {
            problems.Add($"this node has no {kind} called '{name}'");
            return null;
        }
    }

    private static IEnumerable<FlowBox> Alternatives(FlowProtocol? protocol, IpFamily family)
    {
        var any = new FlowBox { Family = family };
        switch (protocol)
        {
            case null or FlowProtocol.Any:
                return [any];
            case FlowProtocol.Transport transport:
                return EitherEnd(any with { Protocol = OfTransport[transport.Protocol] }, transport.EitherPort);
            case FlowProtocol.Port port:
                return EitherEnd(any with { Protocol = Protocols(6, 17, 132) }, port.EitherPort);
            case FlowProtocol.Icmp icmp:
                return
                [
                    any with
                    {
                        Protocol = Protocols(family == IpFamily.V4 ? 1u : 58u),
                        IcmpType = icmp.Types.IsEmpty ? null : Set(icmp.Types),
                        IcmpCode = icmp.Codes.IsEmpty ? null : Set(icmp.Codes),
                    },
                ];
            case FlowProtocol.Security security:
                uint[] numbers = [.. security.Esp ? [50u] : Array.Empty<uint>(), .. security.Ah ? [51u] : Array.Empty<uint>()];
                return [any with { Protocol = Protocols(numbers), Spi = security.Spis.IsEmpty ? null : Set(security.Spis) }];
            case FlowProtocol.Numbers set:
                return [any with { Protocol = Full(Set(set.Values), 255) }];
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static IEnumerable<FlowBox> EitherEnd(FlowBox box, EquatableArray<IntegerRange> ports) =>
        ports.IsEmpty ? [box] : [box with { PeerPort = Set(ports) }, box with { LocalPort = Set(ports) }];

    private static RangeSet Set(EquatableArray<IntegerRange> ranges)
    {
        if (ranges.Count == 1)
        {
            return RangeSet.Of(new NumberRange(ranges[0].Low, ranges[0].High));
        }
        var numbers = new NumberRange[ranges.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = new(ranges[i].Low, ranges[i].High);
        }
        return RangeSet.Of(numbers);
    }

    private static RangeSet? Full(RangeSet set, UInt128 highest) => set.IsFull(highest) ? null : set;

    private static RangeSet Protocols(params ReadOnlySpan<uint> numbers)
    {
        var set = RangeSet.Empty;
        foreach (var number in numbers)
        {
            set = set.Union(RangeSet.Of(number));
        }
        return set;
    }
}
