using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.Tests.PathDecision;

public sealed class PathResolutionTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_requirement_puts_out_what_violates_it_and_the_preference_chooses_among_the_rest()
    {
        var world = Worlds.Of("any require delay < 80 ms prefer lowest cost;")
            .With("wifi", ("delay", 0.2)).With("lte", ("delay", 0.05), ("cost", 4.0)).With("sat", ("delay", 0.07), ("cost", 2.0));
        var decision = PathResolution.Decide(world);
        Assert.Equal("sat", decision.Outcome());
        var reason = Assert.Single(decision.Reasons).V4!;
        Assert.Equal([("sat", CandidateVerdict.Chosen), ("lte", CandidateVerdict.NotPreferred), ("wifi", CandidateVerdict.Violates)],
            reason.Candidates.Select(one => (one.Path.LocalId, one.Verdict)));
        var finding = reason.Candidates[2].Findings[0];
        Assert.Equal(("delay", Truth.False, 0.2, 5), (finding.Characteristic, finding.Truth, finding.Measured!.Value.Number, finding.Measured.Samples));
    }

    [Fact]
    public void What_is_not_measured_satisfies_nothing_and_is_said_to_be_unknown()
    {
        var decision = PathResolution.Decide(Worlds.Of("any require delay < 80 ms;"));
        Assert.Equal("default", decision.Outcome());
        Assert.Equal("WAY3002", Assert.Single(decision.Unresolved).Code);
        Assert.All(decision.Reasons[0].V4!.Candidates, candidate => Assert.Equal(CandidateVerdict.Unknown, candidate.Verdict));
    }

    [Theory]
    [InlineData("else drop", "drop")]
    [InlineData("else default", "default")]
    [InlineData("else closest", "lte")]
    [InlineData("else lowest cost", "wifi")]
    [InlineData("else require cost > 1 /GB prefer lowest cost else drop", "sat")]
    [InlineData("else require cost > 9 /GB else drop", "drop")]
    public void The_fallbacks_serve_in_their_order(string fallback, string outcome) =>
        Assert.Equal(outcome, PathResolution.Decide(Worlds.Of($"any require delay < 10 ms {fallback};")
            .With("wifi", ("delay", 0.2)).With("lte", ("delay", 0.05), ("cost", 4.0)).With("sat", ("delay", 0.7), ("cost", 2.0))).Outcome());

    [Fact]
    public void What_probes_are_answered_wrongly_is_the_reason_of_a_path_that_is_down_and_of_no_other()
    {
        const string Portal = "http http://probe.example.net/ by wifi: captive portal: 302 to http://login.example.net/";
        var world = Worlds.Of("any require up prefer lowest cost;").Up("wifi", false).With("wifi", ("probe.finding/ip4", Portal)).With("lte", ("probe.finding/ip4", "dns 192.0.2.53 by lte: it answers SERVFAIL"));
        var candidates = PathResolution.Decide(world).Reasons[0].V4!.Candidates.ToDictionary(one => one.Path.LocalId);
        Assert.Equal(CandidateVerdict.Down, candidates["wifi"].Verdict);
        Assert.Equal(Portal, FindingText.Of(Assert.Single(candidates["wifi"].Findings)));
        Assert.DoesNotContain(candidates["lte"].Findings, finding => PathCharacteristics.IsProbeFinding(finding.Characteristic));
        Assert.Empty(PathResolution.Decide(world.Up("lte", true).Up("wifi", false).Up("sat", false)).Reasons[0].V4!.Candidates.Single(one => one.Path.LocalId == "sat").Findings);
    }

    [Fact]
    public void What_is_wrong_with_answers_in_one_family_is_no_reason_of_the_other()
    {
        var world = Worlds.Of("any require up prefer lowest cost;").Up("wifi", false).With("wifi", ("probe.finding/ip6", "a portal"));
        var reason = PathResolution.Decide(world).Reasons[0];
        Assert.Empty(reason.V4!.Candidates.Single(one => one.Path.LocalId == "wifi").Findings);
        Assert.Equal("a portal", FindingText.Of(Assert.Single(reason.V6!.Candidates.Single(one => one.Path.LocalId == "wifi").Findings)));
    }

    [Fact]
    public void A_path_that_is_down_is_no_candidate()
    {
        var world = Worlds.Of("any prefer lowest cost;");
        Assert.Equal("wifi", PathResolution.Decide(world).Outcome());
        Assert.Equal("lte", PathResolution.Decide(world.Up("wifi", false)).Outcome());
    }

    [Fact]
    public void Each_family_is_decided_by_the_paths_that_carry_it()
    {
        var decision = PathResolution.Decide(Worlds.Of("any require up else drop;", Worlds.Path("wifi", v6: false), Worlds.Path("lte", v4: false)));
        Assert.Equal(("wifi", "lte"), (decision.Outcome(family: IpFamily.V4), decision.Outcome(family: IpFamily.V6)));
    }

    [Fact]
    public void IPv6_does_not_slip_past_else_drop_beside_an_IPv4_only_path()
    {
        var decision = PathResolution.Decide(Worlds.Of("any require encrypted else drop;", Worlds.Path("wg0", v6: false), Worlds.Path("wifi")).With("wg0", ("encrypted", true)));
        Assert.Equal(("wg0", "drop"), (decision.Outcome(), decision.Outcome(family: IpFamily.V6)));
        Assert.Equal("wifi", decision.Denied());
        Assert.Empty(decision.Unresolved);
    }

    [Fact]
    public void A_path_in_use_stays_while_it_is_within_tolerance_of_the_best()
    {
        var world = Worlds.Of("any prefer lowest delay;").With("wifi", ("delay", 0.050)).With("lte", ("delay", 0.060)).With("sat", ("delay", 0.6));
        var first = PathResolution.Decide(world);
        Assert.Equal("wifi", first.Outcome());
        var second = PathResolution.Decide(world.After(Second, first).With("wifi", ("delay", 0.064)));
        Assert.Equal("wifi", second.Outcome());
        Assert.Equal(CandidateVerdict.KeptOther, second.Reasons[0].V4!.Candidates.Single(one => one.Path.LocalId == "lte").Verdict);
        Assert.Equal("lte", PathResolution.Decide(world.After(Second, second).With("wifi", ("delay", 0.067))).Outcome());
    }

    [Fact]
    public void Where_nothing_is_measured_the_order_of_the_system_decides_and_not_what_came_before()
    {
        var world = Worlds.Of("any prefer lowest rtt;");
        var first = PathResolution.Decide(world);
        var without = PathResolution.Decide(world.After(Second, first) with { Disabled = [Worlds.Id("wifi")] });
        var again = PathResolution.Decide(world.After(Second, without));
        Assert.Equal(("wifi", "lte", "wifi"), (first.Outcome(), without.Outcome(), again.Outcome()));
        Assert.Equal(Worlds.Id("lte"), again.FilterRules.Classes.Single().Backup4);
        Assert.Equal("wifi", PathResolution.Decide(world.Up("lte", false).After(Second, again)).Outcome());
    }

    [Fact]
    public void Another_path_has_to_be_better_for_as_long_as_was_said()
    {
        var world = Worlds.Of("any prefer lowest delay for 3 s;").With("wifi", ("delay", 0.05)).With("lte", ("delay", 0.09));
        var first = PathResolution.Decide(world);
        var worse = world.With("wifi", ("delay", 0.2));
        var second = PathResolution.Decide(worse.After(Second, first));
        Assert.Equal("wifi", second.Outcome());
        Assert.Equal(worse.Now + 4 * Second, second.ReviewAt);
        Assert.Equal("lte", PathResolution.Decide(worse.After(4 * Second, second)).Outcome());
        // A break in between starts the wait again.
        var better = PathResolution.Decide(world.After(2 * Second, second));
        Assert.Equal("wifi", PathResolution.Decide(worse.After(4 * Second, better)).Outcome());
    }

    [Fact]
    public void A_path_that_flaps_is_used_only_where_no_other_serves()
    {
        var world = Worlds.Of("any prefer highest bandwidth;").With("wifi", ("bandwidth", 9e7)).With("lte", ("bandwidth", 1e7));
        var decision = PathResolution.Decide(world);
        var at = world;
        for (var i = 0; i < 3; i++)
        {
            at = at.After(Second, decision);
            decision = PathResolution.Decide(at.Up("wifi", false));
            at = at.After(Second, decision);
            decision = PathResolution.Decide(at.Up("wifi", true));
        }
        Assert.Equal("lte", decision.Outcome());
        Assert.Equal(CandidateVerdict.HeldDown, decision.Reasons[0].V4!.Candidates.Single(one => one.Path.LocalId == "wifi").Verdict);
        Assert.NotNull(decision.ReviewAt);
        var alone = PathResolution.Decide(at.Up("lte", false).Up("sat", false).After(Second, decision));
        Assert.Equal("wifi", alone.Outcome());
        var forgiven = at with { Now = decision.ReviewAt.Value, Previous = decision.Next };
        Assert.Equal("wifi", PathResolution.Decide(forgiven).Outcome());
    }

    [Fact]
    public void A_balance_gives_sixteenths_that_small_changes_leave_alone()
    {
        var world = Worlds.Of("any balance by bandwidth;").With("wifi", ("bandwidth", 50e6)).With("lte", ("bandwidth", 25e6)).With("sat", ("bandwidth", 5e6));
        var decision = PathResolution.Decide(world);
        Assert.Equal("lte:5 sat:1 wifi:10", decision.Outcome());
        Assert.Equal("lte:5 sat:1 wifi:10", PathResolution.Decide(world.After(Second, decision).With("wifi", ("bandwidth", 46e6))).Outcome());
        Assert.Equal("lte:8 sat:2 wifi:6", PathResolution.Decide(world.After(Second, decision).With("wifi", ("bandwidth", 20e6))).Outcome());
    }

    [Fact]
    public void Conditions_that_are_unknown_elect_neither_side()
    {
        const string text = "when any path (delay < 30 ms) { ssh prefer lowest delay; } otherwise { ssh default; }";
        var world = Worlds.Of(text);
        Assert.Equal([Standing.Unknown, Standing.Unknown], PathResolution.Decide(world).Standings.Select(one => one.Standing));
        var slow = world.With("wifi", ("delay", 0.1)).With("lte", ("delay", 0.1)).With("sat", ("delay", 0.1));
        Assert.Equal([Standing.NotElected, Standing.InForce], PathResolution.Decide(slow).Standings.Select(one => one.Standing));
        // One that is quick is enough, whatever the others are.
        Assert.Equal([Standing.InForce, Standing.NotElected], PathResolution.Decide(world.With("lte", ("delay", 0.01))).Standings.Select(one => one.Standing));
    }

    [Theory]
    [InlineData(true, true, 0)]
    [InlineData(true, false, 1)]
    [InlineData(false, true, 2)]
    [InlineData(false, false, 3)]
    [InlineData(true, null, null)]
    [InlineData(false, null, null)]
    [InlineData(null, true, null)]
    public void Rules_inside_otherwise_are_elected_where_the_outer_condition_is_false(bool? outer, bool? inner, int? elected)
    {
        var world = Worlds.Of("""
            when any path (loss > 5 %) {
              when any path (delay < 30 ms) { ssh drop; } otherwise { ssh default; }
            } otherwise {
              when any path (delay < 30 ms) { ssh prefer lowest cost; } otherwise { ssh prefer lowest delay; }
            }
            """);
        foreach (var path in new[] { "wifi", "lte", "sat" })
        {
            world = outer is { } isLossy ? world.With(path, ("loss", isLossy ? 0.1 : 0.0)) : world;
            world = inner is { } isQuick ? world.With(path, ("delay", isQuick ? 0.01 : 0.1)) : world;
        }
        var standings = PathResolution.Decide(world).Standings.Select(one => one.Standing).ToList();
        Assert.Equal(elected is { } one ? [one] : [], Enumerable.Range(0, 4).Where(i => standings[i] == Standing.InForce));
        // Unknown is said where it is all that stands between a policy and its election.
        Assert.Equal(elected is null, standings.Contains(Standing.Unknown));
    }

    [Fact]
    public void A_condition_holds_for_its_time_only_without_a_break()
    {
        var world = Worlds.Of("when count path (up) >= 3 for 10 s { any balance; }");
        var first = PathResolution.Decide(world);
        Assert.Equal((Standing.NotElected, world.Now + 10 * Second), (first.Standings[0].Standing, first.ReviewAt));
        Assert.Equal(Standing.InForce, PathResolution.Decide(world.After(10 * Second, first)).Standings[0].Standing);
        var broken = PathResolution.Decide(world.Up("sat", false).After(5 * Second, first));
        Assert.Equal(Standing.NotElected, PathResolution.Decide(world.After(10 * Second, broken)).Standings[0].Standing);
    }

    [Theory]
    [InlineData("time 22:00-06:00", "2026-01-05T21:59:59Z", false, "2026-01-05T22:00:00Z")]
    [InlineData("time 22:00-06:00", "2026-01-05T22:00:00Z", true, "2026-01-06T06:00:00Z")]
    [InlineData("time 22:00-06:00", "2026-01-06T06:00:00Z", false, "2026-01-06T22:00:00Z")]
    [InlineData("day sat-mon", "2026-01-05T12:00:00Z", true, "2026-01-06T00:00:00Z")]
    [InlineData("day tue-fri", "2026-01-05T12:00:00Z", false, "2026-01-06T00:00:00Z")]
    public void Times_and_days_are_those_of_the_node(string condition, string now, bool holds, string review)
    {
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        var decision = PathResolution.Decide(Worlds.Of($"when {condition} {{ any drop; }}") with { Now = DateTimeOffset.Parse(now, culture) });
        Assert.Equal((holds ? Standing.InForce : Standing.NotElected, DateTimeOffset.Parse(review, culture)), (decision.Standings[0].Standing, decision.ReviewAt));
    }

    [Fact]
    public void A_lifetime_ends_by_itself_and_is_part_of_the_class()
    {
        var world = Worlds.Of("ssh drop lifetime 1 h; any drop;");
        var decision = PathResolution.Decide(world);
        Assert.Equal(world.Now + TimeSpan.FromHours(1), decision.ReviewAt);
        Assert.Equal([world.Now + TimeSpan.FromHours(1), null], decision.FilterRules.Rules.Select(one => one.EndsAt));
        Assert.Equal(2, decision.FilterRules.Classes.Count);
        Assert.Equal([Standing.Expired, Standing.InForce], PathResolution.Decide(world.After(TimeSpan.FromHours(1), decision)).Standings.Select(one => one.Standing));
    }

    [Fact]
    public void Policies_with_the_same_wish_share_a_class_and_its_number_lasts()
    {
        var first = PathResolution.Decide(Worlds.Of("ssh prefer lowest delay; https prefer lowest delay; any drop;"));
        Assert.Equal([1, 1, 2], first.FilterRules.Rules.Select(one => one.Class));
        var world = Worlds.Of("any drop; https prefer lowest delay;");
        Assert.Equal([2, 1], PathResolution.Decide(world with { Previous = first.Next }).FilterRules.Rules.Select(one => one.Class));
    }

    [Fact]
    public void A_narrow_scope_takes_only_its_flows_and_the_rest_goes_to_the_next()
    {
        var tcp = FlowResolution.Resolve(Waymark.Policies.Language.PolicyLanguage.ParseFlows("tcp", "", out _)!.Value, [], NodeNames.None).Selector;
        var decision = PathResolution.Decide(Worlds.Of("any require movable else lowest cost;",
            Worlds.Path("wifi"), Worlds.Path("m1") with { Id = new("mptcp", "1"), Scope = tcp, IsMovable = true }));
        var outcomes = decision.FilterRules.Rules.ToDictionary(rule => rule.Selector.Overlaps(tcp), rule => decision.FilterRules.Classes.Single(one => one.Number == rule.Class).V4);
        Assert.Equal(new Waymark.FilterRules.FilterAction.Use(new("mptcp", "1")), outcomes[true]);
        Assert.Equal(new Waymark.FilterRules.FilterAction.Use(Worlds.Id("wifi")), outcomes[false]);
    }

    [Theory]
    [InlineData("any require delay < 80 ms else drop;", "lte sat")]
    [InlineData("any require delay < 80 ms;", "lte")]
    [InlineData("any require delay < 80 ms established cut;", "lte sat")]
    [InlineData("any require delay < 80 ms established keep;", "lte")]
    [InlineData("any require delay < 20 ms established cut;", "")]
    [InlineData("any require delay < 20 ms else drop established cut;", "lte sat wifi")]
    [InlineData("any prefer lowest delay established move;", "lte sat")]
    [InlineData("any prefer lowest delay;", "")]
    [InlineData("any drop;", "lte sat wifi")]
    public void Established_flows_are_denied_the_paths_that_their_policy_does_not_allow(string policy, string denied) =>
        Assert.Equal(denied, PathResolution.Decide(Worlds.Of(policy).With("wifi", ("delay", 0.05)).With("lte", ("delay", 0.1))).Denied());

    [Fact]
    public void Duplicate_where_the_protocol_cannot_is_an_error_for_its_requester() =>
        Assert.Equal("WAY3004", Assert.Single(PathResolution.Decide(Worlds.Of("any duplicate;")).Unresolved).Code);

    [Fact]
    public void A_user_that_does_not_exist_is_an_error_and_stops_no_other_policy()
    {
        var decision = PathResolution.Decide(Worlds.Of("tcp by user nobody-here drop; any drop;"));
        Assert.Equal(("WAY3003", "this node has no user called 'nobody-here'"), (decision.Unresolved[0].Code, decision.Unresolved[0].Message));
        Assert.Equal([Standing.Unresolved, Standing.InForce], decision.Standings.Select(one => one.Standing));
    }

    [Fact]
    public void More_classes_than_marks_hold_are_an_error_and_the_others_go_on()
    {
        var text = string.Concat(Enumerable.Range(1, 1030).Select(i => $"tcp peer port {i} require delay < {i} ms else drop;\n"));
        var decision = PathResolution.Decide(Worlds.Of(text));
        Assert.Equal(1023, decision.FilterRules.Classes.Count);
        Assert.Equal(7, decision.Unresolved.Count(one => one.Code == "WAY3005"));
        var wide = Worlds.Of(text) with { Settings = DecisionSettings.Default with { Classes = 4095 } };
        Assert.Equal(1030, PathResolution.Decide(wide).FilterRules.Classes.Count);
    }

    [Fact]
    public void Ranks_of_requesters_go_before_priorities_and_those_before_the_order_of_the_text()
    {
        AcceptedPolicySet Set(string requester, int rank, string text) =>
            new(new(requester, rank), "a.way", Waymark.Policies.Language.PolicyLanguage.Parse(text, "a.way").Set!, Worlds.Start, []);
        var merged = Waymark.ConditionDecision.PolicyMerge.Merge(
            [Set("bob", 10, "any drop;"), Set("root", 0, "ssh drop; rule r priority 5 when always { http drop; } rule s priority 1 when always { https drop; }")], NodeNames.None);
        Assert.Equal(["https", "http", "ssh", null], merged.Policies.Select(one => one.Policy.Flows[0].Named));
    }
}
