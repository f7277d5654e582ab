using Waymark.ConditionDecision;
using Waymark.Daemon.Api;
using Waymark.PathDecision;
using Waymark.Policies.Language;
using Waymark.Tests.PathDecision;

namespace Waymark.Tests.Daemon;

/// <summary>What <c>plan</c> says of policies: + new, - gone, ~ standing otherwise.</summary>
public sealed class PlannedChangesTests
{
    [Fact]
    public void Another_policy_on_the_same_line_is_one_that_comes_and_one_that_goes() =>
        Assert.Equal(["+ 1 ssh default;", "- 1 ssh drop;"], Between("ssh drop;", "ssh default;"));

    [Fact]
    public void A_line_in_front_changes_only_itself() =>
        Assert.Equal(["+ 1 udp drop;"], Between("ssh drop; https default;", "udp drop; ssh drop; https default;"));

    [Fact]
    public void The_same_policy_once_more_or_once_less_is_one_change()
    {
        Assert.Equal(["+ 2 ssh drop;"], Between("ssh drop;", "ssh drop; ssh drop;"));
        Assert.Equal(["- 2 ssh drop;"], Between("ssh drop; ssh drop;", "ssh drop;"));
    }

    [Fact]
    public void A_policy_that_stands_otherwise_is_told_where_it_will_stand() =>
        Assert.Equal(["~ 2 ssh drop;", "+ 1 any peer 192.0.2.1 drop;"], Between("ssh drop;", "any peer 192.0.2.1 drop; when no path (up) { ssh drop; }").Order(StringComparer.Ordinal).Reverse());

    private static string[] Between(string now, string then) =>
        [.. PlannedChanges.Between(Standings(now), Standings(then)).Select(one => $"{(one.Before is null ? '+' : one.After is null ? '-' : '~')} {one.Origin.Index} {PolicyPrinter.Print(one.Policy)}")];

    private static IEnumerable<(PolicyStanding, MergedPolicy)> Standings(string policies)
    {
        var world = Worlds.Of(policies);
        return PathResolution.Decide(world).Standings.Zip(world.Policies.Policies);
    }
}
