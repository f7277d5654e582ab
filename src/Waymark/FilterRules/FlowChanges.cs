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
    /// <summary>Flows are cut up by what was told already into at most so many parts.</summary>
    private const int MostBoxes = 5_000;

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>
    /// The flows whose treatment differs, each once; exact. First those of rules that are new, or whose class is treated otherwise, in order of precedence, then those of rules that are gone. At
    /// most <paramref name="most"/>, for a difference of large sets has more parts than anybody reads.
    /// </summary>
    public static IEnumerable<FlowChange> Between(FilterRuleSet before, FilterRuleSet after, int most)
    {
        var found = 0;
        var (classesBefore, classesAfter) = (ByNumber(before), ByNumber(after));
        // Only rules that are not in both can make a difference, and only to their own flows.
        var told = FlowSelector.Nothing;
        foreach (var differing in Differing(before, after, classesBefore, classesAfter))
        {
            var flows = differing.TrySubtract(told, MostBoxes) ?? differing;
            told = told.Union(differing);
            foreach (var part in FilterRuleEvaluation.Parts(after, flows))
            {
                foreach (var old in FilterRuleEvaluation.Parts(before, part.Flows))
                {
                    foreach (var family in Families)
                    {
                        var (was, becomes) = (Action(classesBefore, old.Rule, family), Action(classesAfter, part.Rule, family));
                        if (was == becomes)
                        {
                            continue;
                        }
                        var changed = new FlowSelector(old.Flows.Boxes.Where(box => box.Family == family).ToEquatableArray());
                        if (!changed.IsEmpty)
                        {
                            if (found++ == most)
                            {
                                yield break;
                            }
                            yield return new(changed, family, was, becomes, part.Rule?.Origin);
                        }
                    }
                }
            }
        }
    }

    /// <summary>The flows of rules that have no equal in the other set, at its place among the others and with the same treatment.</summary>
    private static IEnumerable<FlowSelector> Differing(FilterRuleSet before, FilterRuleSet after, Dictionary<int, FilterClass> classesBefore, Dictionary<int, FilterClass> classesAfter)
    {
        var places = new Dictionary<(FlowSelector, FilterAction?, FilterAction?), Queue<int>>();
        for (var i = 0; i < before.Rules.Count; i++)
        {
            var key = Key(before.Rules[i], classesBefore);
            if (!places.TryGetValue(key, out var queue))
            {
                places.Add(key, queue = new());
            }
            queue.Enqueue(i);
        }
        var isKept = new bool[before.Rules.Count];
        var last = -1;
        foreach (var rule in after.Rules.AsEnumerable())
        {
            var place = -1;
            if (places.TryGetValue(Key(rule, classesAfter), out var queue))
            {
                while (queue.TryDequeue(out place) && place <= last)
                {
                    place = -1;
                }
            }
            if (place > last)
            {
                (last, isKept[place]) = (place, true);
            }
            else
            {
                yield return rule.Selector;
            }
        }
        for (var i = 0; i < isKept.Length; i++)
        {
            if (!isKept[i])
            {
                yield return before.Rules[i].Selector;
            }
        }
    }

    private static (FlowSelector, FilterAction?, FilterAction?) Key(FilterRule rule, Dictionary<int, FilterClass> classes) =>
        (rule.Selector, Action(classes, rule, IpFamily.V4), Action(classes, rule, IpFamily.V6));

    private static Dictionary<int, FilterClass> ByNumber(FilterRuleSet rules) => rules.Classes.AsEnumerable().ToDictionary(one => one.Number);

    private static FilterAction? Action(Dictionary<int, FilterClass> classes, FilterRule? rule, IpFamily family) =>
        rule is null ? null : classes.GetValueOrDefault(rule.Class)?.Action(family);
}
