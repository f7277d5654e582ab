using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Policies;

namespace Waymark.Peers;

/// <summary>
/// Flows as their other end sees them: <c>local</c> and <c>peer</c> change places (language, Meaning 8). What only this node can tell of a flow, who on it owns the socket, has no mirror image, and domains become the addresses
/// that they have here.
/// </summary>
internal sealed class FlowMirror
{
    private readonly Dictionary<string, FlowDefinition> definitions = new(StringComparer.Ordinal);
    private readonly NameLookup names;
    private readonly EquatableArray<IpPrefix> own;
    private readonly Dictionary<string, FlowDefinition?> mirrored = new(StringComparer.Ordinal);
    private readonly List<FlowDefinition> used = [];
    private string? fault;

    private FlowMirror(EquatableArray<FlowDefinition> definitions, NodeNames names, EquatableArray<IpPrefix> own)
    {
        foreach (var definition in definitions)
        {
            this.definitions.TryAdd(definition.Name, definition);
        }
        (this.names, this.own) = (new(names), own);
    }

    /// <summary>The image of some flows, with the definitions that it needs; or the reason why there is none.</summary>
    /// <param name="flows">The flows, at least one.</param>
    /// <param name="definitions">Of their policy set.</param>
    /// <param name="names">By which domains are resolved.</param>
    /// <param name="own">The addresses of this side: what flows that say none are narrowed to, for nobody may ask for others' flows. None: they are left as they are.</param>
    public static (EquatableArray<Flow> Flows, EquatableArray<FlowDefinition> Definitions, string? Fault) Of(
        EquatableArray<Flow> flows, EquatableArray<FlowDefinition> definitions, NodeNames names, EquatableArray<IpPrefix> own)
    {
        var mirror = new FlowMirror(definitions, names, own);
        var images = flows.Select(flow => mirror.Image(mirror.Narrowed(flow))).ToEquatableArray();
        return (images, mirror.used.ToEquatableArray(), mirror.fault);
    }

    private Flow Narrowed(Flow flow) => own.IsEmpty || SaysLocal(flow, []) ? flow : flow with { Local = (flow.Local ?? new()) with { Addresses = own } };

    private bool SaysLocal(Flow flow, HashSet<string> seen) =>
        flow.Local is { Addresses.IsEmpty: false } || (flow.Named is { } name && seen.Add(name) && definitions.GetValueOrDefault(name)?.Flows.Any(inner => SaysLocal(inner, seen)) == true);

    private Flow Image(Flow flow)
    {
        if (flow.Named is { } name)
        {
            Define(name);
        }
        return new()
        {
            Named = flow.Named,
            Family = flow.Family,
            Protocol = flow.Protocol,
            Local = End(flow.Peer),
            Peer = End(flow.Local),
            Extras = flow.Extras.Select(Image).ToEquatableArray(),
        };
    }

    private void Define(string name)
    {
        if (!mirrored.TryAdd(name, null))
        {
            return;
        }
        if (!definitions.TryGetValue(name, out var definition))
        {
            if (!WellKnownApplications.TryFind(name, out var known))
            {
                fault ??= $"no flow is called '{name}'";
                return;
            }
            definition = new(name, known);
        }
        used.Add(mirrored[name] = new(name, definition.Flows.Select(Image).ToEquatableArray()));
    }

    private FlowEnd? End(FlowEnd? end)
    {
        if (end?.Domain is not { } domain)
        {
            return end;
        }
        var addresses = names.Domain(domain);
        if (addresses.IsEmpty)
        {
            fault ??= $"the resolver gives no address for the domain \"{domain}\"";
        }
        return end with { Domain = null, Addresses = addresses.Select(one => new IpPrefix(one, IpAddress.Width(one.Family))).ToEquatableArray() };
    }

    private FlowExtra Image(FlowExtra extra)
    {
        switch (extra)
        {
            case FlowExtra.Dscp or FlowExtra.Label:
                return extra;
            case FlowExtra.Started(StartedBy.Peer):
                // What it begins, and what hosts behind it begin.
                return new FlowExtra.Not([new Flow { Extras = [new FlowExtra.Started(StartedBy.Peer)] }]);
            case FlowExtra.Started:
                return new FlowExtra.Started(StartedBy.Peer);
            case FlowExtra.Not(var flows):
                return new FlowExtra.Not(flows.Select(Image).ToEquatableArray());
            default:
                fault ??= "a peer cannot tell by which user, group, program, control group or interface of this node a flow is: name its ports or addresses";
                return extra;
        }
    }
}
