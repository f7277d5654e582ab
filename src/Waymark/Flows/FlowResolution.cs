using System.Globalization;
using Waymark.PathDecision;
using Waymark.Policies;
using Waymark.Policies.Language;

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
    /// <summary>More parts than any flow that somebody meant; each costs a row in the kernel's maps. As many as a list of the longest kind has at most (<c>port</c>: four for each).</summary>
    private const int MostBoxes = 40_000;

    /// <summary>
    /// The same for all flows that are asked for together, of a policy set for example: names make much of a short text. Four times what the largest set has where each policy is written out.
    /// </summary>
    private const long MostBoxesTogether = 1_600_000;

    /// <summary>How many times a part may be held against a hole of a <c>not (...)</c>, all flows together: some seconds of work.</summary>
    private const long MostComparisons = 5_000_000;

    private readonly Dictionary<string, FlowDefinition> definitions;
    private readonly NameLookup names;
    private readonly Dictionary<string, ResolvedFlows> resolved = new(StringComparer.Ordinal);
    private readonly HashSet<string> open = new(StringComparer.Ordinal);
    private long boxesLeft = MostBoxesTogether;
    private long comparisonsLeft;

    /// <summary>For the flows of one policy set; what is defined is resolved once.</summary>
    /// <param name="definitions">The set's definitions; the first of a name counts.</param>
    /// <param name="names">What users, groups and domains are called on this node.</param>
    /// <param name="comparisons">How many times a part may be held against a hole of a <c>not (...)</c>: fewer for who is not to hold up others.</param>
    public FlowResolution(EquatableArray<FlowDefinition> definitions, NodeNames names, long comparisons = MostComparisons)
    {
        comparisonsLeft = comparisons;
        this.definitions = new(StringComparer.Ordinal);
        foreach (var definition in definitions)
        {
            this.definitions.TryAdd(definition.Name, definition);
        }
        this.names = new(names);
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
        var boxes = new List<FlowBox>(flows.Count * 2);
        var problems = new Problems();
        foreach (var flow in flows)
        {
            var one = Resolve(flow);
            problems.Add(one.Problems);
            boxes.AddRange(one.Selector.Boxes);
            if (boxes.Count > MostBoxes)
            {
                problems.Add(TooMany);
                return new(FlowSelector.Nothing, problems.All);
            }
        }
        return new(FlowSelector.Of(boxes), problems.All);
    }

    private ResolvedFlows Resolve(Flow flow)
    {
        var problems = new Problems();
        var boxes = FlowBoxes.Of(flow, names, problems);
        if (flow.Named is { } name)
        {
            var named = ResolveNamed(name);
            problems.Add(named.Problems);
            boxes = named.Selector.Intersect(boxes);
        }
        foreach (var extra in flow.Extras)
        {
            if (extra is FlowExtra.Not(var excluded))
            {
                var hole = Resolve(excluded);
                problems.Add(hole.Problems);
                if (boxes.TrySubtract(hole.Selector, MostBoxes, ref comparisonsLeft) is not { } rest)
                {
                    problems.Add(string.Create(CultureInfo.InvariantCulture, $"what its 'not (...)' leaves has more than {MostBoxes} parts, or takes too long to find out: exclude less, or write what is meant"));
                    break;
                }
                boxes = rest;
            }
        }
        boxesLeft -= boxes.Boxes.Count;
        if (boxes.Boxes.Count > MostBoxes || boxesLeft < 0)
        {
            problems.Add(TooMany);
        }
        return new(problems.IsEmpty ? boxes : FlowSelector.Nothing, problems.All);
    }

    private string TooMany => boxesLeft < 0
        ? string.Create(CultureInfo.InvariantCulture, $"the flows of its set have more than {MostBoxesTogether} parts together: split the set, or narrow fewer flows that are long lists")
        : string.Create(CultureInfo.InvariantCulture, $"its flows have more than {MostBoxes} parts: split the policy, or write prefixes and ranges in place of single values");

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
        if (open.Count >= DefinitionOrder.Deepest)
        {
            return new(FlowSelector.Nothing, [$"the flow '{name}' stands on more than {DefinitionOrder.Deepest} definitions, each on the next"]);
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
