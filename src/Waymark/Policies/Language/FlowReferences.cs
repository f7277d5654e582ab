namespace Waymark.Policies.Language;

/// <summary>
/// Whether every flow that a set names is one that it defines or a well-known application, and no definition stands on itself. The parser tells that of texts; this of sets that were made otherwise, which would else be
/// accepted and never mean anything.
/// </summary>
public static class FlowReferences
{
    /// <summary>The mistakes of a set, each name's once, with the codes that the parser has for them; empty where there are none.</summary>
    /// <param name="set">The set.</param>
    /// <param name="file">What diagnostics call it.</param>
    public static EquatableArray<Diagnostic> Check(PolicySet set, string file)
    {
        ArgumentNullException.ThrowIfNull(set);
        var definitions = new Dictionary<string, FlowDefinition>(StringComparer.Ordinal);
        foreach (var definition in set.Definitions)
        {
            definitions.TryAdd(definition.Name, definition);
        }
        var (found, told) = (new List<Diagnostic>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var (flow, place) in set.Definitions.SelectMany(one => one.Flows.Select(flow => (flow, one.Place))).Concat(set.Statements.SelectMany(FlowsOf)))
        {
            foreach (var name in DefinitionOrder.NamesIn(flow))
            {
                if (!definitions.ContainsKey(name) && !WellKnownApplications.TryFind(name, out _) && told.Add(name))
                {
                    found.Add(At(flow.Place.Line == 0 ? place : flow.Place, "WAY1001", $"no flow is called '{name}'", $"define it: flow {PolicyPrinter.Name(name)} = ...;"));
                }
            }
        }
        foreach (var (definition, cycle) in DefinitionOrder.Cycles(definitions))
        {
            found.Add(cycle is null
                ? At(definition.Place, "WAY0008", $"the flow '{definition.Name}' stands on more than {DefinitionOrder.Deepest} definitions, each on the next", "write some of them out")
                : At(definition.Place, "WAY1003", $"the flow '{definition.Name}' is defined by itself: {string.Join(" -> ", cycle)}", null));
        }
        return found.ToEquatableArray();

        Diagnostic At(Place place, string code, string message, string? mend) => new(code, Severity.Error, file, place.Line, place.Column, 1, message, mend);
    }

    private static IEnumerable<(Flow Flow, Place Place)> FlowsOf(Statement statement) => statement switch
    {
        Policy policy => policy.Flows.Select(flow => (flow, policy.Place)),
        PolicyRule rule => rule.Then.Concat(rule.Otherwise).SelectMany(FlowsOf),
        _ => [],
    };
}
