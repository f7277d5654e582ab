using CsCheck;
using Waymark.PathDecision;

namespace Waymark.Tests.PathDecision;

/// <summary>Deciding again is deciding: what is kept from the last time never shows, but in the time that it takes.</summary>
public sealed class PathResolverTests
{
    private const string Policies = """
        when path "wifi" (up for 5 s) { ssh require label "name" = "wifi"; http require delay < 80 ms for 4 s prefer lowest cost within 1 for 6 s; }
        otherwise { ssh prefer lowest delay; tcp peer port 25 drop; }
        rule night when time 22:00-06:00 { udp dscp ef require cost < 2 else drop; }
        udp peer port 5060 require delay < 100 ms;
        udp peer port 53 prefer highest bandwidth lifetime 1 h;
        ip6 udp drop lifetime 90 s;
        tcp by user nobody-here drop;
        udp peer port 5060 require delay < 100 ms;
        any balance by bandwidth;
        """;

    private static readonly string[] Names = ["wifi", "lte", "sat"];

    private static readonly Gen<Step[]> History = Gen.Select(Gen.Double[0.001, 0.3].Array[3], Gen.Double[0, 4].Array[3], Gen.Bool.Array[3], Gen.Int[0, 9], Gen.OneOf(Gen.Int[0, 9], Gen.Int[-5, 5000]),
        (delays, costs, ups, kind, seconds) => new Step(delays, costs, ups, kind, seconds)).Array[2, 20];

    [Fact]
    public void Whatever_happened_before_the_decision_is_that_of_the_world() => History.Sample(history =>
    {
        var resolver = new PathResolver();
        var world = Worlds.Of(Policies);
        var narrow = Worlds.Path("sat") with { Scope = new Waymark.Flows.FlowSelector([new() { Family = Waymark.Flows.IpFamily.V4 }]) };
        foreach (var step in history)
        {
            world = step.Kind switch
            {
                0 => world with { Paths = new([Worlds.Path("wifi"), Worlds.Path("lte")]) },
                1 => world with { Paths = new([Worlds.Path("wifi"), Worlds.Path("lte", v6: false), Worlds.Path("sat")]) },
                2 => world with { Paths = new([Worlds.Path("wifi"), Worlds.Path("lte"), narrow]) },
                3 => world with { Policies = Worlds.Merge(Policies + "tcp peer port 9 drop;") },
                4 => world with { Settings = world.Settings with { Classes = 4 } },
                5 => world with { Disabled = [Worlds.Id("lte")] },
                6 => world with { Previous = DecisionMemory.None },
                _ => world,
            };
            for (var i = 0; i < Names.Length; i++)
            {
                world = world.Up(Names[i], step.Ups[i]).With(Names[i], ("delay", step.Delays[i]), ("cost", step.Costs[i]), ("bandwidth", step.Costs[i] * 1e6));
            }
            world = world with { Now = world.Now + TimeSpan.FromSeconds(step.Seconds) };
            var again = resolver.Decide(world);
            Assert.Equal(PathResolution.Decide(world), again);
            world = world with { Previous = again.Next };
        }
    }, iter: 2000);

    [Fact]
    public void While_policies_stand_as_before_their_rules_are_the_same_objects()
    {
        var resolver = new PathResolver();
        var world = Worlds.Of("any prefer lowest delay; tcp peer port 9 drop;").With("wifi", ("delay", 0.01)).With("lte", ("delay", 0.05));
        var first = resolver.Decide(world);
        var second = resolver.Decide(world.With("wifi", ("delay", 0.2)).After(TimeSpan.FromSeconds(1), first));
        Assert.NotEqual(first.Outcome(), second.Outcome());
        Assert.Same(first.FilterRules.Rules[0], second.FilterRules.Rules[0]);
        Assert.Same(first.Standings[1], second.Standings[1]);
    }

    private sealed record Step(double[] Delays, double[] Costs, bool[] Ups, int Kind, int Seconds);
}
