using Waymark.Flows;

namespace Waymark.FilterRules;

/// <summary>The part of some flows that one rule decides.</summary>
/// <param name="Flows">The part.</param>
/// <param name="Rule">The rule; null: none decides it, and the system's own routing does.</param>
/// <param name="Overruled">Rules that speak of a part of it too, behind the one that decides; at most as many as were asked for.</param>
public sealed record DecidedPart(FlowSelector Flows, FilterRule? Rule, EquatableArray<FilterRule> Overruled);

/// <summary>Asks a rule set what it says of packets and flows: the first match decides.</summary>
public static class FilterRuleEvaluation
{
    /// <summary>The rule that decides a packet; null: none.</summary>
    public static FilterRule? FirstMatch(FilterRuleSet rules, Packet packet)
    {
        foreach (var rule in rules.Rules)
        {
            if (rule.Selector.Matches(packet))
            {
                return rule;
            }
        }
        return null;
    }

    /// <summary>
    /// The parts of <paramref name="flows"/> by the rule that decides each, in order of precedence; what no rule decides comes last. Exact; the parts are disjoint and
    /// their union is <paramref name="flows"/> unless there are too many.
    /// </summary>
    /// <param name="rules">The rules.</param>
    /// <param name="flows">The flows.</param>
    /// <param name="mostOverruled">How many later rules are named for each part.</param>
    /// <param name="mostBoxes">What is still undecided is cut up by each rule; beyond so many pieces the parts end there.</param>
    public static IEnumerable<DecidedPart> Parts(FilterRuleSet rules, FlowSelector flows, int mostOverruled = 0, int mostBoxes = 5_000)
    {
        var rest = flows;
        for (var i = 0; i < rules.Rules.Count && !rest.IsEmpty; i++)
        {
            var rule = rules.Rules[i];
            if (!rest.Overlaps(rule.Selector))
            {
                continue;
            }
            var part = rest.Intersect(rule.Selector);
            yield return new(part, rule, Overruled(rules, part, i + 1, mostOverruled));
            if (rest.TrySubtract(rule.Selector, mostBoxes) is not { } left)
            {
                yield break;
            }
            rest = left;
        }
        if (!rest.IsEmpty)
        {
            yield return new(rest, null, []);
        }
    }

    private static EquatableArray<FilterRule> Overruled(FilterRuleSet rules, FlowSelector part, int from, int most)
    {
        var found = new List<FilterRule>();
        for (var i = from; i < rules.Rules.Count && found.Count < most; i++)
        {
            if (rules.Rules[i].Selector.Overlaps(part))
            {
                found.Add(rules.Rules[i]);
            }
        }
        return found.ToEquatableArray();
    }
}
