using Waymark.ConditionDecision;
using Waymark.PathDecision;

namespace Waymark.Tests.PathDecision;

/// <summary>What a decision that goes on from another looks at: what a change reaches, and nothing else.</summary>
public sealed class DecisionStateTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>A hundred classes, each with a limit of its own, and a rule.</summary>
    private static readonly string Hundred = string.Concat(Enumerable.Range(1, 100).Select(i => $"tcp peer port {i} require delay < {i} ms prefer lowest cost else default;\n"))
        + "when any path (loss > 5 %) { udp drop; }";

    [Fact]
    public void A_value_that_crosses_no_limit_has_nothing_evaluated()
    {
        var state = Settled(Hundred);
        Assert.Equal(new(IsFull: false, 0, 0, 0, 0, 0), Change(state, ("delay", 0.0208)).Effort);
        Assert.Equal(new(IsFull: false, 0, 0, 0, 0, 0), Change(state, ("loss", 0.04)).Effort);
        Assert.Equal(new(IsFull: false, 0, 0, 0, 0, 0), Change(state, ("jitter", 3.0)).Effort);
        Assert.Equal(new(IsFull: false, 0, 0, 0, 0, 0), Change(state).Effort);
    }

    [Fact]
    public void A_value_that_crosses_a_limit_has_the_classes_decided_that_have_this_limit()
    {
        var effort = Change(Settled(Hundred), ("delay", 0.0224)).Effort;
        // Those with 21 ms and 22 ms: two claims about the path, then each class's claim about three paths of two families and those that are left for its backup.
        Assert.Equal(2, effort.Classes);
        Assert.InRange(effort.Predicates, 2, 2 + (2 * 2 * (3 + 2)));
        Assert.Equal((0, 0, 0), (effort.Rankings, effort.Conditions, effort.Policies));
    }

    [Fact]
    public void A_condition_is_evaluated_when_its_limit_is_crossed()
    {
        var effort = Change(Settled(Hundred), ("loss", 0.06)).Effort;
        Assert.Equal((1 + 3, 1, 1), (effort.Predicates, effort.Conditions, effort.Classes));
        // The policies outside the rule stand as they stood.
        Assert.Equal(1, effort.Policies);
    }

    [Fact]
    public void A_number_that_ranks_paths_decides_when_it_comes_into_the_tolerance_of_the_best()
    {
        var state = Settled(Hundred);
        // Costs are 1, 2 and 3: with a tolerance of a tenth, 2.5 is as far off as 2 was.
        var farther = Change(state, ("cost", 2.5));
        Assert.Equal((0, 0), (farther.Effort.Classes, farther.Effort.Predicates));
        Assert.InRange(farther.Effort.Rankings, 1, 8);
        Assert.Equal(60, Change(state, ("cost", 1.05)).Effort.Classes);
    }

    [Fact]
    public void What_has_just_moved_is_looked_at_once_more()
    {
        var moved = Change(Settled(Hundred), ("delay", 0.0224));
        var again = Change(moved);
        Assert.Equal(2, again.Effort.Classes);
        Assert.Equal(0, Change(again).Effort.Classes);
    }

    [Fact]
    public void Time_that_passes_has_those_decided_that_wait_for_it()
    {
        var state = Settled("when every path (delay < 90 ms for 5 s) { ssh drop; } tcp peer port 80 require delay < 50 ms for 8 s; any prefer lowest cost;");
        Assert.Equal(0, Change(state).Effort.Classes);
        var slow = Change(Change(Change(state, ("delay", 0.07))));
        Assert.Equal((0, 0), (slow.Effort.Classes, slow.Effort.Conditions));
        var fast = Change(slow, ("delay", 0.02));
        Assert.Equal((0, 1), (Change(fast).Effort.Classes, fast.Effort.Classes));
        Assert.Equal(8 * Second, fast.Decision.ReviewAt - fast.World.Now);
        Assert.Equal(1, fast.Next(fast.World.After(8 * Second, fast.Decision)).Effort.Classes);
    }

    [Fact]
    public void Another_policy_has_its_own_class_decided()
    {
        var state = Settled(Hundred);
        var more = Worlds.Merge("tcp peer port 443 require loss < 1 %;").Sets[0] with { Name = "more.way" };
        var effort = state.Next(state.World.After(Second, state.Decision) with { Policies = PolicyMerge.Merge([.. state.World.Policies.Sets, more], NodeNames.None) }).Effort;
        Assert.Equal((1, 0), (effort.Classes, effort.Conditions));
    }

    [Fact]
    public void A_path_that_is_lost_opens_everything_and_so_does_a_memory_that_is_not_the_last()
    {
        var state = Settled(Hundred);
        Assert.True(state.Next(state.World.Up("wifi", false).After(Second, state.Decision)).Effort.IsFull);
        Assert.True(state.Next(state.World with { Previous = DecisionMemory.None }).Effort.IsFull);
        Assert.True(state.Next(state.World.After(-Second, state.Decision)).Effort.IsFull);
    }

    [Fact]
    public void One_state_is_the_start_of_many()
    {
        var state = Settled(Hundred);
        var one = Change(state, ("delay", 0.0224));
        Assert.Equal(one.Decision, Change(state, ("delay", 0.0224)).Decision);
        Assert.Equal(0, Change(state).Effort.Classes);
    }

    [Fact]
    public void While_policies_stand_as_before_their_rules_are_the_same_objects()
    {
        var state = Settled("any prefer lowest delay; tcp peer port 9 drop;");
        var next = Change(state, ("delay", 0.2));
        Assert.NotEqual(state.Decision.Outcome(), next.Decision.Outcome());
        Assert.Same(state.Decision.FilterRules.Rules[0], next.Decision.FilterRules.Rules[0]);
        Assert.Same(state.Decision.Standings[1], next.Decision.Standings[1]);
    }

    [Fact]
    public void More_paths_than_a_word_has_bits_are_decided_in_full_and_alike()
    {
        var world = Worlds.Of("any prefer lowest delay;", [.. Enumerable.Range(0, 70).Select(i => Worlds.Path($"p{i}"))]);
        for (var i = 0; i < 70; i++)
        {
            world = world.With($"p{i}", ("delay", 0.01 * (1 + ((i + 5) % 70))));
        }
        var state = DecisionState.Start(world);
        Assert.Equal("p65", state.Decision.Outcome());
        Assert.True(state.Next(world.After(Second, state.Decision)).Effort.IsFull);
    }

    /// <summary>Three paths of 20.5, 40.5 and 60.5 ms and of cost 2, 1 and 3, in use since some time.</summary>
    private static DecisionState Settled(string policies)
    {
        var state = DecisionState.Start(Worlds.Of(policies)
            .With("wifi", ("delay", 0.0205), ("cost", 2.0), ("loss", 0.01), ("jitter", 1.0)).With("lte", ("delay", 0.0405), ("cost", 1.0), ("loss", 0.01)).With("sat", ("delay", 0.0605), ("cost", 3.0), ("loss", 0.01)));
        foreach (var _ in Enumerable.Range(0, 20))
        {
            state = Change(state);
        }
        return state;
    }

    /// <summary>A second later, with other values of wifi.</summary>
    private static DecisionState Change(DecisionState state, params (string, object)[] values) => state.Next(state.World.After(Second, state.Decision).With("wifi", values));
}
