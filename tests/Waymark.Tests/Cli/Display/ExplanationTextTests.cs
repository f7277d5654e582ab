using Waymark.Cli.Commands;
using Waymark.Cli.Display;
using Waymark.Exchange.Wire;
using Waymark.PathDecision;
using Waymark.Tests.PathDecision;

namespace Waymark.Tests.Cli.Display;

/// <summary>Every candidate and what is for or against it, as <c>explain</c> says it.</summary>
public sealed class ExplanationTextTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Without_measurements_that_is_what_is_said() => Assert.Equal(
        ["wifi: chosen: rtt not measured", "lte: another is preferred: rtt not measured", "sat: another is preferred: rtt not measured"],
        Told(Worlds.Of("tcp peer port 443 prefer lowest rtt;")));

    [Fact]
    public void Where_an_else_decides_it_says_why_each_path_failed_before()
    {
        var world = Worlds.Of("any require delay < 10 ms else require cost < 1 /GB prefer lowest jitter else lowest rtt;")
            .With("wifi", ("delay", 0.2), ("cost", 3.0), ("rtt", 0.4)).With("lte", ("delay", 0.05), ("cost", 4.0), ("rtt", 0.1)).With("sat", ("cost", 9.0));
        Assert.Equal(
            [
                "lte: chosen: delay 50 ms (test, 0 ms ago, 5 samples), wanted < 10 ms - no; cost 4 /GB (test, 0 ms ago, 5 samples), wanted < 1 /GB - no; rtt 100 ms (test, 0 ms ago, 5 samples)",
                "wifi: another is preferred: delay 200 ms (test, 0 ms ago, 5 samples), wanted < 10 ms - no; cost 3 /GB (test, 0 ms ago, 5 samples), wanted < 1 /GB - no; rtt 400 ms (test, 0 ms ago, 5 samples)",
                "sat: another is preferred: delay not measured, wanted < 10 ms; cost 9 /GB (test, 0 ms ago, 5 samples), wanted < 1 /GB - no; rtt not measured",
            ], Told(world));
    }

    [Fact]
    public void Where_it_ends_in_drop_every_wish_that_failed_is_told() => Assert.Equal(
        "wifi: does not satisfy: delay 200 ms (test, 0 ms ago, 5 samples), wanted < 10 ms - no; cost 3 /GB (test, 0 ms ago, 5 samples), wanted < 1 /GB - no",
        Told(Worlds.Of("any require delay < 10 ms else require cost < 1 /GB else drop;").With("wifi", ("delay", 0.2), ("cost", 3.0)))[^1]);

    [Theory]
    [InlineData("not metered", "metered no (test, 0 ms ago, 5 samples), wanted not metered")]
    [InlineData("not not metered", "metered no (test, 0 ms ago, 5 samples), wanted metered - no")]
    [InlineData("not (delay < 80 ms)", "delay 50 ms (test, 0 ms ago, 5 samples), wanted >= 80 ms - no")]
    [InlineData("not (medium = wifi or metered)", "medium wifi (test, 0 ms ago, 5 samples), wanted medium != wifi - no; metered no (test, 0 ms ago, 5 samples), wanted not metered")]
    public void What_is_wanted_is_told_as_it_was_asked_for(string require, string told)
    {
        var world = Worlds.Of($"any require {require} else lowest cost;", Worlds.Path("wifi")).With("wifi", ("metered", false), ("delay", 0.05), ("medium", "wifi"));
        Assert.Equal($"wifi: chosen: {told}", Assert.Single(Told(world)));
    }

    [Fact]
    public void A_policy_that_asks_for_no_path_has_no_candidates()
    {
        Assert.Empty(Told(Worlds.Of("any drop;")));
        Assert.Empty(Told(Worlds.Of("any default;")));
    }

    [Fact]
    public void A_path_that_stays_because_it_is_in_use_says_so()
    {
        var world = Worlds.Of("any require up;");
        var first = PathResolution.Decide(world with { Disabled = [Worlds.Id("wifi")] });
        Assert.Equal("lte: chosen: up yes (address and route), wanted up; in use, and nothing speaks against it", Told(world.After(Second, first))[0]);
    }

    [Fact]
    public void Paths_that_cannot_send_twice_are_not_said_to_be_chosen() =>
        Assert.All(Told(Worlds.Of("any duplicate;")), line => Assert.EndsWith(": does not satisfy", line, StringComparison.Ordinal));

    [Theory]
    [InlineData("did you mean 'domain \"example.net\"'?", "did you mean domain '\"example.net\"'?")]
    [InlineData("quote it: \"6in4\"", "quote it: '\"6in4\"'")]
    [InlineData("did you mean 'peer'?", "did you mean 'peer'?")]
    public void A_mend_for_the_command_line_keeps_its_quotes_from_the_shell(string mend, string told) => Assert.Equal(told, ExplainCommand.ForShell(mend));

    private static string[] Told(World world)
    {
        var decision = PathResolution.Decide(world);
        var action = decision.FilterRules.Classes.Single().V4;
        return [.. ExplanationText.Candidates(new DecisionTranslation(id => id.LocalId).ToWire(decision.Reasons.Single().V4!), DecisionTranslation.ToWire(action), world.Now)];
    }
}
