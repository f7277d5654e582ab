using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding.FieldSearch;

/// <summary>A field's values cut where a rule begins or ends: between two cuts the same rules ask for them.</summary>
internal static class FieldSweep
{
    /// <summary>The ranges, ascending and without gaps, each with the rules that match it, in their order.</summary>
    /// <param name="rules">The rules, in order of precedence.</param>
    /// <param name="field">What a rule says of the field; null: any value.</param>
    /// <param name="highest">The field's highest value.</param>
    public static IEnumerable<(NumberRange Range, IReadOnlyList<SearchedRule> Rules)> Of(
        IReadOnlyList<SearchedRule> rules, Func<SearchedRule, RangeSet?> field, UInt128 highest)
    {
        var cuts = new List<(UInt128 At, int Rule, bool IsStart)>();
        var active = new SortedSet<int>();
        for (var i = 0; i < rules.Count; i++)
        {
            if (field(rules[i]) is not { } set)
            {
                active.Add(i);
                continue;
            }
            foreach (var (low, high) in set.Ranges)
            {
                cuts.Add((low, i, true));
                if (high < highest)
                {
                    cuts.Add((high + 1, i, false));
                }
            }
        }
        cuts.Sort(static (a, b) => a.At.CompareTo(b.At));
        var from = UInt128.Zero;
        for (var c = 0; c < cuts.Count;)
        {
            var at = cuts[c].At;
            if (at > from)
            {
                yield return (new(from, at - 1), Matching());
            }
            for (; c < cuts.Count && cuts[c].At == at; c++)
            {
                _ = cuts[c].IsStart ? active.Add(cuts[c].Rule) : active.Remove(cuts[c].Rule);
            }
            from = at;
        }
        yield return (new(from, highest), Matching());

        SearchedRule[] Matching() => [.. active.Select(i => rules[i])];
    }
}
