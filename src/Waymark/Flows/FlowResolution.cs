using System.Globalization;
using Waymark.PathDecision;
using Waymark.Policies;

namespace Waymark.Flows;

/// <summary>What flow expressions mean on this node.</summary>
/// <param name="Selector">The union of the flows; of those that could be resolved, where some could not.</param>
/// <param name="Problems">What a name in them lacks, one sentence each; empty where all is well.</param>
public sealed record ResolvedFlows(FlowSelector Selector, EquatableArray<string> Problems);

/// <summary>
/// Turns flow expressions, as people write them, into the exact set of packets that they mean, by the definitions of their policy set and the names of the node.
/// Pure; a name that does not exist is a problem and never an empty set in silence.
/// </summary>
public sealed class FlowResolution
{
    /// <summary>More parts than any flow that somebody meant; each costs a row in the kernel's maps.</summary>
    private const int MostBoxes = 10_000;

    private readonly Dictionary<string, FlowDefinition> definitions;
    private readonly NodeNames names;
    private readonly Dictionary<string, ResolvedFlows> resolved = new(StringComparer.Ordinal);
    private readonly HashSet<string> open = new(StringComparer.Ordinal);

    /// <summary>For the flows of one policy set; what is defined is resolved once.</summary>
    /// <param name="definitions">The set's definitions; the first of a name counts.</param>
    /// <param name="names">What users, groups and domains are called on this node.</param>
    public FlowResolution(EquatableArray<FlowDefinition> definitions, NodeNames names)
    {
        this.definitions = new(StringComparer.Ordinal);
        foreach (var definition in definitions)
        {
            this.definitions.TryAdd(definition.Name, definition);
        }
        this.names = names;
    }

    /// <summary>The union of <paramref name="flows"/>, by the definitions of their set.</summary>
    public static ResolvedFlows Resolve(EquatableArray<Flow> flows, EquatableArray<FlowDefinition> definitions, NodeNames names) =>
        new FlowResolution(definitions, names).Resolve(flows);

    /// <summary>The union of <paramref name="flows"/>.</summary>
    public ResolvedFlows Resolve(EquatableArray<Flow> flows)
    {
        if (flows.Count == 1)
        {
            return Resolve(flows[0]);
        }
        var union = FlowSelector.Nothing;
        List<string> problems = [];
        foreach (var flow in flows)
        {
            var one = Resolve(flow);
            union = union.Union(one.Selector);
            problems.AddRange(one.Problems);
        }
        return new(union, problems.ToEquatableArray());
    }

    private ResolvedFlows Resolve(Flow flow)
    {
        List<string> problems = [];
        var boxes = FlowBoxes.Of(flow, names, problems);
        if (flow.Named is { } name)
        {
            var named = ResolveNamed(name);
            problems.AddRange(named.Problems);
            boxes = named.Selector.Intersect(boxes);
        }
        foreach (var extra in flow.Extras)
        {
            if (extra is FlowExtra.Not(var excluded))
            {
                var hole = Resolve(excluded);
                problems.AddRange(hole.Problems);
                if (boxes.TrySubtract(hole.Selector, MostBoxes) is not { } rest)
                {
                    problems.Add($"what its 'not (...)' leaves has more than {MostBoxes} parts: exclude less, or write what is meant");
                    break;
                }
                boxes = rest;
            }
        }
        return new(problems.Count == 0 ? boxes : FlowSelector.Nothing, problems.ToEquatableArray());
    }

    private ResolvedFlows ResolveNamed(string name)
    {
        if (resolved.TryGetValue(name, out var known))
        {
            return known;
        }
        EquatableArray<Flow> flows;
        if (definitions.TryGetValue(name, out var definition))
        {
            flows = definition.Flows;
        }
        else if (!WellKnownApplications.TryFind(name, out flows))
        {
            return new(FlowSelector.Nothing, [$"no flow is called '{name}'"]);
        }
        if (!open.Add(name))
        {
            return new(FlowSelector.Nothing, [$"the flow '{name}' is defined by itself"]);
        }
        var one = Resolve(flows);
        open.Remove(name);
        return resolved[name] = one;
    }
}

/// <summary>The own parts of a flow expression (without its name and its exclusions) as boxes: a product of its protocol's, its ends' and its extras' alternatives.</summary>
internal static class FlowBoxes
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    public static FlowSelector Of(Flow flow, NodeNames names, List<string> problems)
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

    private static void Add(List<FlowBox> boxes, Flow flow, IpFamily family, NodeNames names, List<string> problems)
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
        FlowBox box, FlowEnd? end, NodeNames names, List<string> problems, Func<FlowBox, RangeSet, FlowBox> withAddresses, Func<FlowBox, RangeSet, FlowBox> withPorts)
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
            var found = names.Domains.FirstOrDefault(entry => string.Equals(entry.Key, domain, StringComparison.OrdinalIgnoreCase));
            if (found.Key is null || found.Value.IsEmpty)
            {
                AddOnce(problems, $"the resolver gives no address for the domain \"{domain}\"");
                return null;
            }
            foreach (var address in found.Value)
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

    private static FlowBox? WithExtra(FlowBox box, FlowExtra extra, NodeNames names, List<string> problems)
    {
        switch (extra)
        {
            case FlowExtra.Dscp dscp:
                return box.Intersect(new() { Family = box.Family, Dscp = Full(Set(dscp.Values), 63) });
            case FlowExtra.Label label:
                return box.Family == IpFamily.V4 ? null : box.Intersect(new() { Family = IpFamily.V6, FlowLabel = Set(label.Values) });
            case FlowExtra.User user:
                return Id(names.Users, user.Name) is { } uid ? box.Intersect(new() { Family = box.Family, User = RangeSet.Of(uid) }) : Missing("user", user.Name);
            case FlowExtra.Group group:
                return Id(names.Groups, group.Name) is { } gid ? box.Intersect(new() { Family = box.Family, Group = RangeSet.Of(gid) }) : Missing("group", group.Name);
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
            AddOnce(problems, $"this node has no {kind} called '{name}'");
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
                return EitherEnd(any with { Protocol = RangeSet.Of((UInt128)(int)transport.Protocol) }, transport.EitherPort);
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

    private static uint? Id(EquatableArray<KeyValuePair<string, uint>> ids, string name)
    {
        foreach (var (known, id) in ids)
        {
            if (known == name)
            {
                return id;
            }
        }
        return uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static void AddOnce(List<string> problems, string problem)
    {
        if (!problems.Contains(problem))
        {
            problems.Add(problem);
        }
    }
}
