using Waymark.ConditionDecision;
using Waymark.Conflicts;
using Waymark.PathDecision;
using Waymark.Policies;
using Waymark.Tests.FilterRuleEncoding;

namespace Waymark.Benchmarks;

/// <summary>How long it takes to find which policies of a set conflict, each with an action of its own.</summary>
internal static class ConflictRows
{
    public static void Add(Results results)
    {
        results.Section("Conflict analysis, every policy with an action of its own");
        foreach (var name in ClassBenchSet.RuleNames())
        {
            var rules = ClassBenchSet.ReadRules(name);
            if (rules.Count < 5_000)
            {
                continue;
            }
            var policy = new Policy { Flows = [new Flow()], Action = new PolicyAction.Drop() };
            var merged = new MergedPolicies([], NodeNames.None, rules.Select(rule => new MergedPolicy(policy, rule.Origin, new(rule.Selector, []), [], null, rule.Class, false)).ToEquatableArray(), []);
            var report = ConflictAnalysis.Of(merged);
            results.Add($"{name}: {rules.Count} policies, {report.Conflicts.Count} findings that stand for {report.Conflicts.Sum(one => 1L + one.Others)} pairs{(report.IsWhole ? "" : " (not all)")}",
                Clock.Median(3, () => ConflictAnalysis.Of(merged), unheeded: 0), "ms", rules.Count < 20_000 ? "below 2000" : "below 30000");
        }
    }
}
