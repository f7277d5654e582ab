namespace Waymark.Policies.Language;

/// <summary>How definitions stand on each other: what stands on itself, or so high that resolving it would be deep. Each definition is looked at once.</summary>
internal static class DefinitionOrder
{
    /// <summary>On so many definitions one may stand, each on the next: longer chains than anybody reads, and resolving one goes as deep.</summary>
    public const int Deepest = 100;

    /// <summary>
    /// The definitions that are wrong, in order of <paramref name="definitions"/>: with the way from it back to itself (the first of each cycle only), or with null where it
    /// is the first that stands on more than <see cref="Deepest"/> others in a row.
    /// </summary>
    public static IEnumerable<(FlowDefinition Definition, List<string>? Cycle)> Cycles(IReadOnlyDictionary<string, FlowDefinition> definitions)
    {
        // A walk with a stack of its own: the depth is the author's, not ours.
        var heights = new Dictionary<string, int>(StringComparer.Ordinal);
        var wrong = new List<(FlowDefinition, List<string>?)>();
        var inCycle = new HashSet<string>(StringComparer.Ordinal);
        foreach (var root in definitions.Keys)
        {
            var way = new List<(string Name, IEnumerator<string> Uses)>();
            var open = new HashSet<string>(StringComparer.Ordinal);
            void Enter(string name)
            {
                open.Add(name);
                heights[name] = 0;
                way.Add((name, definitions[name].Flows.SelectMany(NamesIn).Where(definitions.ContainsKey).GetEnumerator()));
            }
            if (!heights.ContainsKey(root))
            {
                Enter(root);
            }
            while (way.Count > 0)
            {
                var (name, rest) = way[^1];
                if (!rest.MoveNext())
                {
                    way.RemoveAt(way.Count - 1);
                    open.Remove(name);
                    if (heights[name] == Deepest)
                    {
                        wrong.Add((definitions[name], null));
                    }
                    if (way.Count > 0)
                    {
                        heights[way[^1].Name] = Math.Max(heights[way[^1].Name], heights[name] + 1);
                    }
                }
                else if (open.Contains(rest.Current))
                {
                    if (inCycle.Contains(rest.Current))
                    {
                        // Told of one way around already.
                        continue;
                    }
                    var cycle = way.Select(one => one.Name).SkipWhile(one => one != rest.Current).ToList();
                    if (!cycle.Exists(inCycle.Contains))
                    {
                        wrong.Add((definitions[cycle[0]], [.. cycle, cycle[0]]));
                    }
                    inCycle.UnionWith(cycle);
                }
                else if (heights.TryGetValue(rest.Current, out var height))
                {
                    heights[name] = Math.Max(heights[name], height + 1);
                }
                else
                {
                    Enter(rest.Current);
                }
            }
        }
        return wrong;
    }

    /// <summary>The names that a flow is narrowed from, it and those that it leaves out.</summary>
    internal static IEnumerable<string> NamesIn(Flow flow) =>
        (flow.Named is { } name ? [name] : Enumerable.Empty<string>()).Concat(flow.Extras.OfType<FlowExtra.Not>().SelectMany(not => not.Flows.SelectMany(NamesIn)));
}
