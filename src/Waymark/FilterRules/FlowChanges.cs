using Waymark.Flows;
using Waymark.Policies;

namespace Waymark.FilterRules;

/// <summary>Flows that are treated otherwise by one rule set than by another.</summary>
/// <param name="Flows">Which.</param>
/// <param name="Family">Of which family.</param>
/// <param name="Before">What became of them; null: no rule decided.</param>
/// <param name="After">What becomes of them; null: no rule decides.</param>
/// <param name="Origin">Whose policy decides them afterwards; null: nobody's.</param>
public sealed record FlowChange(FlowSelector Flows, IpFamily Family, FilterAction? Before, FilterAction? After, PolicyOrigin? Origin);

/// <summary>What a change of rules means for flows, before it is made.</summary>
public static class FlowChanges
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>
    /// The flows whose treatment differs, in order of precedence, IPv4 before IPv6; exact. At most <paramref name="most"/>, for a difference of large sets has
    /// more parts than anybody reads.
    /// </summary>
    public static IEnumerable<FlowChange> Between(FilterRuleSet before, FilterRuleSet after, int most)
    {
        var found = 0;
        foreach (var part in FilterRuleEvaluation.Parts(after, FlowSelector.Everything))
        {
            foreach (var old in FilterRuleEvaluation.Parts(before, part.Flows))
            {
                foreach (var family in Families)
                {
                    var flows = new FlowSelector(old.Flows.Boxes.Where(box => box.Family == family).ToEquatableArray());
                    var (was, becomes) = (Action(before, old.Rule, family), Action(after, part.Rule, family));
                    if (!flows.IsEmpty && was != becomes)
                    {
                        if (found++ == most)
                        {
                            yield break;
                        }
                        yield return new(flows, family, was, becomes, part.Rule?.Origin);
                    }
                }
            }
        }
    }

    private static FilterAction? Action(FilterRuleSet rules, FilterRule? rule, IpFamily family)
    {
        foreach (var one in rules.Classes)
        {
            if (one.Number == rule?.Class)
            {
                return one.Action(family);
            }
        }
        return null;
    }
}
