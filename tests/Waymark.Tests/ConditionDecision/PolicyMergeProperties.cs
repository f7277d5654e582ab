using CsCheck;
using Waymark.ConditionDecision;
using Waymark.PathDecision;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Tests.PathDecision;

namespace Waymark.Tests.ConditionDecision;

/// <summary>Merging after another merge is merging: what is not resolved again never shows.</summary>
public sealed class PolicyMergeProperties
{
    private static readonly string[] Texts =
    [
        "any prefer lowest cost; tcp peer port 80 drop;",
        "rule a priority 5 when any path (up) { udp drop; any prefer lowest cost; } any prefer lowest cost;",
        "when any path (up) { udp drop; } otherwise { udp drop lifetime 9 s; rule b priority 1 when day mon-fri { tcp drop; } }",
        "tcp by user alice drop; tcp by user alice drop;",
        "udp peer 192.0.2.0/24 require delay < 50 ms else drop lifetime 1 h; any default;",
        "",
    ];

    private static readonly PolicySet[] Sets = [.. Texts.Select(text => PolicyLanguage.Parse(text, "test.way").Set!)];

    private static readonly Gen<AcceptedPolicySet> Accepted = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 1], Gen.Int[0, 2], Gen.Int[0, 5], Gen.Int[0, 1], (requester, rank, name, text, at) =>
        new AcceptedPolicySet(new($"r{requester}", requester == 0 ? 0 : rank), $"s{name}", Sets[text], Worlds.Start.AddSeconds(at), []));

    [Fact]
    public void Whatever_was_merged_before_the_merge_is_that_of_the_sets() => Gen.Select(Accepted.Array[0, 6], Gen.Bool, (sets, isKnown) => (sets, isKnown)).Array[2, 8].Sample(history =>
    {
        MergedPolicies? last = null;
        foreach (var (sets, isKnown) in history)
        {
            var distinct = sets.DistinctBy(set => (set.Requester.Name, set.Name)).ToList();
            var names = NodeNames.None with { Users = isKnown ? [KeyValuePair.Create("alice", 1000u)] : [] };
            var full = PolicyMerge.Merge(distinct, names);
            last = PolicyMerge.Merge(distinct, names, last);
            Assert.Equal(full, last);
        }
    }, iter: 500);

    [Fact]
    public void A_set_that_is_as_it_was_has_the_very_policies_that_it_had()
    {
        AcceptedPolicySet one = new(new("root", 0), "one", Sets[0], Worlds.Start, []), two = new(new("root", 0), "two", Sets[4], Worlds.Start, []);
        var first = PolicyMerge.Merge([one], NodeNames.None);
        var second = PolicyMerge.Merge([two, one with { Requester = new("root", 0) }], NodeNames.None, first);
        Assert.Same(first.Policies[1], second.Policies[1]);
    }
}
