using Waymark.Policies;

namespace Waymark.ConditionDecision;

/// <summary>What follows from merged policies alone, made once when they change: their conditions, the runs of policies that are elected together, and the index of what decides them.</summary>
internal sealed class PolicyPlan
{
    /// <summary>So that what one class brings about is not to be looked for in all policies, nor each run to be looked at for want of work.</summary>
    private const int LongestRun = 1024;

    private readonly Dictionary<Condition, int> conditionIndexes = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, int> classIndexes = new(StringComparer.Ordinal);

    public PolicyPlan(MergedPolicies policies)
    {
        Policies = policies;
        var runs = new List<PolicyRun>();
        var conditions = new List<Condition>();
        var all = policies.Policies.AsSpan();
        for (var first = 0; first < all.Length;)
        {
            var end = first + 1;
            // Policies of one rule stand beside each other and share their guards.
            while (end < all.Length && end - first < LongestRun && all[end].Guards.AsSpan() == all[first].Guards.AsSpan())
            {
                end++;
            }
            runs.Add(new(first, end, all[first].Guards.Select(guard => (IndexOf(guard.Condition), guard.Holds)).ToArray()));
            first = end;
        }
        (Runs, Conditions) = (runs, conditions);
        for (var i = 0; i < policies.Classes.Count; i++)
        {
            classIndexes.Add(policies.Classes[i].Key, i);
        }
        Index = new(policies.Classes, conditions);

        int IndexOf(Condition condition)
        {
            if (!conditionIndexes.TryGetValue(condition, out var index))
            {
                conditionIndexes.Add(condition, index = conditions.Count);
                conditions.Add(condition);
            }
            return index;
        }
    }

    /// <summary>The policies.</summary>
    public MergedPolicies Policies { get; }

    /// <summary>The conditions of the rules around them, each once.</summary>
    public IReadOnlyList<Condition> Conditions { get; }

    /// <summary>All policies, in order of precedence.</summary>
    public IReadOnlyList<PolicyRun> Runs { get; }

    /// <summary>What is to be decided anew when a characteristic changes.</summary>
    public PredicateIndex Index { get; }

    /// <summary>Where that very condition stands; null: nowhere.</summary>
    public int? Find(Condition condition) => conditionIndexes.TryGetValue(condition, out var index) ? index : null;

    /// <summary>Where the class of that key stands; null: nowhere.</summary>
    public int? Find(string classKey) => classIndexes.TryGetValue(classKey, out var index) ? index : null;
}

/// <summary>Policies beside each other that are elected together.</summary>
/// <param name="Start">The first, in order of precedence, from 0.</param>
/// <param name="End">After the last.</param>
/// <param name="Guards">What has to hold: by index of condition, and whether it has to be true or false.</param>
internal readonly record struct PolicyRun(int Start, int End, (int Condition, bool Holds)[] Guards);
