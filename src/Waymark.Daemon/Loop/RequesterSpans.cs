using System.Runtime.CompilerServices;
using Waymark.ConditionDecision;
using Waymark.Policies;

namespace Waymark.Daemon.Loop;

/// <summary>Where in the order of precedence the policies of each requester stand, which is beside each other: of ten thousand policies of a thousand requesters each asks for its own.</summary>
internal sealed class RequesterSpans
{
    private static readonly ConditionalWeakTable<MergedPolicies, RequesterSpans> Known = [];

    private readonly ILookup<string, (int From, int To)> policies;
    private readonly ILookup<string, AcceptedPolicySet> sets;

    private RequesterSpans(MergedPolicies merged)
    {
        policies = Spans(merged).ToLookup(span => merged.Policies[span.From].Origin.Requester);
        sets = merged.Sets.ToLookup(set => set.Requester.Name);
    }

    /// <summary>Those of <paramref name="merged"/>, found once.</summary>
    public static RequesterSpans Of(MergedPolicies merged) => Known.GetValue(merged, one => new(one));

    /// <summary>The indexes of a requester's policies, in order.</summary>
    public IEnumerable<int> PoliciesOf(string requester) => policies[requester].SelectMany(span => Enumerable.Range(span.From, span.To - span.From));

    /// <summary>A requester's sets.</summary>
    public IEnumerable<AcceptedPolicySet> SetsOf(string requester) => sets[requester];

    private static IEnumerable<(int From, int To)> Spans(MergedPolicies merged)
    {
        for (int from = 0, to; from < merged.Policies.Count; from = to)
        {
            for (to = from + 1; to < merged.Policies.Count && merged.Policies[to].Origin.Requester == merged.Policies[from].Origin.Requester; to++)
            {
            }
            yield return (from, to);
        }
    }
}
