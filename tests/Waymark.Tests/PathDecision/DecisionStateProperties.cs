using CsCheck;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Paths;

namespace Waymark.Tests.PathDecision;

/// <summary>
/// Going on from the last decision is deciding: over random nodes, policies and histories, each step gives what the full decision of its world gives, with all reasons. Values come from a few, so that they
/// meet limits, each other and tolerances.
/// </summary>
public sealed class DecisionStateProperties
{
    private static readonly string[] Names = ["dsl", "lte", "sat", "vpn", "wifi"];
    private static readonly string[] Numbers = ["delay", "cost", "bandwidth", "loss", "app.load"];
    private static readonly double[] Values = [0.01, 0.0105, 0.011, 0.0115, 0.02, 0.05, 0.1, 1, 1.05, 1.1, 2, 2.1, 5, double.PositiveInfinity];

    private static readonly string[] Claims =
    [
        "delay < 10.5 ms", "delay <= 20 ms", "delay > 11 ms", "cost < 1.05", "cost = 2", "loss < 2 %", "loss != 5 %", "bandwidth >= 2 bit/s", "app.load < 1", "up", "not metered", "medium = wifi",
        "label \"site\" = \"home\"", "label \"name\" != \"lte\"", "estimated", "movable", "delay < 50 ms for 3 s", "not (cost < 2 for 4 s)", "delay < 11 ms or cost < 2", "delay < 100 ms and (loss < 5 % or metered)", "quota > 1 GB",
    ];

    private static readonly string[] Criteria =
    [
        "lowest delay", "lowest cost", "highest bandwidth", "lowest loss", "lowest delay within 1 ms", "lowest cost within 10 %", "lowest delay within 0 ms for 4 s", "highest bandwidth within 50 % for 2 s", "lowest app.load", "metered",
        "cost < 2", "delay < 20 ms for 3 s", "highest quota", "lowest loss within 1 %",
    ];

    private static readonly string[] Ends =
        ["", "", "else drop", "else default", "else closest", "else lowest cost else drop", "else require cost < 2 prefer lowest delay else closest", "established move", "established cut", "else drop established cut", "lifetime 9 s"];

    private static readonly string[] Shapes = ["", "", "", "balance", "balance by bandwidth", "balance by delay per flow", "duplicate"];

    private static readonly string[] Conditions =
    [
        "any path (delay < 20 ms)", "every path (up)", "no path (cost > 2 for 3 s)", "count path (loss < 5 %) >= 2", "path \"wifi\" (delay < 11 ms for 2 s)", "time 12:00-12:01", "day mon-tue", "peer home connected", "not any path (metered)",
        "any path (cost < 2) and (count path (up) > 3 or time 11:00-13:00)", "(any path (delay > 50 ms)) for 4 s",
    ];

    private static readonly string[] Flows = ["any", "udp", "tcp peer port 80", "ip6 udp peer port 53", "ip4 tcp", "tcp by user nobody-here", "udp peer 192.0.2.0/24"];

    private static readonly Gen<string> Policy = Gen.Select(Gen.Int[0, 99], Gen.Int[0, 999], Gen.Int[0, 999], Gen.Int[0, 999], Gen.Int[0, 999], Gen.Int[0, 999], Print);

    private static readonly Gen<string> Statement = Gen.OneOf(
        Policy,
        Gen.Select(Gen.Int[0, Conditions.Length - 1].Select(i => Conditions[i]), Policy, Policy, Policy, (condition, a, b, c) => $"when {condition} {{ {a} {b} }} otherwise {{ {c} }}"));

    private static readonly Gen<Change> Step = Gen.Select(Gen.Frequency((50, Gen.Int[0, 2]), (20, Gen.Int[3, 4]), (30, Gen.Int[5, 19])), Gen.Frequency((1, Gen.Const(4)), (1, Gen.Int[0, 4])), Gen.Int[0, 4], Gen.Int[0, 13], Gen.Frequency((3, Gen.Int[0, 3]), (1, Gen.Int[4, 12])),
        (kind, path, which, value, seconds) => new Change(kind, path, which, value, seconds));

    private static readonly Gen<(string[] Policies, Change[] Steps)> Histories = Gen.Select(Statement.Array[1, 6], Step.Array[2, 40]);

    [Fact]
    public void Whatever_happens_the_decision_is_that_of_the_world() => Histories.Sample(history =>
    {
        var state = DecisionState.Start(First(history.Policies));
        foreach (var step in history.Steps)
        {
            var world = Apply(step, history.Policies, state.World with { Previous = state.Decision.Next, Now = state.World.Now.AddSeconds(step.Seconds) });
            var next = state.Next(world);
            AssertSame(PathResolution.Decide(world), next.Decision);
            state = next;
        }
    }, iter: 600);

    private static World First(string[] policies)
    {
        // Paths that fall twice are held down for some seconds.
        var world = Worlds.Of(string.Join('\n', policies), Paths(0)) with { Settings = DecisionSettings.Default with { HoldDown = new(1000, 1100, 750, TimeSpan.FromSeconds(3)) } };
        for (var i = 0; i < Names.Length; i++)
        {
            world = world.Up(Names[i], true).With(Names[i], ("delay", Values[i]), ("cost", Values[7 + i]), ("bandwidth", Values[12 - i]), ("loss", 0.01));
        }
        return world;
    }

    private static World Apply(Change step, string[] policies, World world)
    {
        var name = Names[step.Path];
        switch (step.Kind)
        {
            case 3:
                return world.Up(name, step.Value % 2 == 0);
            case 4:
                return world.With(name, (PathCharacteristics.Up4, step.Value % 2 == 0));
            case 5:
                return world.With(name, ("metered", step.Value % 2 == 0));
            case 6:
                return world.With(name, ("medium", step.Value % 2 == 0 ? "wifi" : "cellular"), ("label/site", step.Value % 3 == 0 ? "home" : "road"));
            case 7:
                return world with { Paths = new(Paths(step.Value)) };
            case 8:
                return world with { Policies = Worlds.Merge(string.Join('\n', policies.Where((_, i) => ((step.Value >> (i % 4)) & 1) == 0))) };
            case 9:
                return world with { Disabled = step.Value < 7 ? [Worlds.Id(name)] : [] };
            case 10:
                return world with { ConnectedPeers = step.Value % 2 == 0 ? ["home"] : [] };
            case 11:
                return world with { Settings = world.Settings with { Classes = step.Value % 3 == 0 ? 2 : 1023 } };
            case 12:
                return step.Value < 4 ? world with { Previous = DecisionMemory.None } : world with { Now = world.Now.AddSeconds(-step.Value) };
            case 13:
                // Unknown again.
                return world with { Characteristics = new(world.Characteristics.Paths.Where(one => one.Path != Worlds.Id(name))) };
            case 14:
                return world with { Characteristics = new(world.Characteristics.Paths.Select(one => one with { Values = one.Values.Where(value => value.Key != Numbers[step.Which]).ToEquatableArray() })) };
            case 15:
                // The spread of a measurement, not its value.
                return world with { Characteristics = new(world.Characteristics.Paths.Select(one => one with { Values = one.Values.Select(value => KeyValuePair.Create(value.Key, value.Value with { StandardError = Values[step.Value] / 10 })).ToEquatableArray() })) };
            case 16:
                return world with { Characteristics = new(world.Characteristics.Paths.Select(one => one with { Values = one.Values.Select(value => KeyValuePair.Create(value.Key, value.Value with { IsEstimated = step.Value % 2 == 0 })).ToEquatableArray() })) };
            case 17:
                return Names.Aggregate(world, (all, path) => all.With(path, (Numbers[step.Which], Values[(step.Value + path.Length) % Values.Length])));
            case 18:
                return world with { Paths = new(world.Paths.Paths.Select(path => path.Name == name ? path with { HasCarrier = !path.HasCarrier } : path)) };
            case 19:
                return world;
            default:
                return world.With(name, (Numbers[step.Which], Values[step.Value]));
        }
    }

    private static Path[] Paths(int variant) =>
    [
        Worlds.Path("dsl", v6: variant % 2 == 0) with { CanDuplicate = variant % 3 == 0 },
        Worlds.Path("lte", metric: 50) with { IsMovable = variant == 1, CanDuplicate = true },
        .. variant % 5 == 4 ? [] : new[] { Worlds.Path("sat") },
        .. variant % 4 == 3 ? [Worlds.Path("vpn") with { Scope = new FlowSelector([new() { Family = IpFamily.V4 }]) }] : Array.Empty<Path>(),
        Worlds.Path("wifi", metric: variant == 2 ? 10u : 100u),
    ];

    private static string Print(int kind, int flow, int claim, int criterion, int end, int shape)
    {
        var words = new List<string> { Flows[flow % Flows.Length] };
        if (kind >= 95)
        {
            return $"{words[0]} {(kind % 2 == 0 ? "drop" : "default")};";
        }
        if (kind < 70)
        {
            words.Add("require " + Claims[claim % Claims.Length] + (claim >= 700 ? ", " + Claims[claim * 7 % Claims.Length] : ""));
        }
        if (kind is >= 20)
        {
            words.Add("prefer " + Criteria[criterion % Criteria.Length] + (criterion >= 500 ? ", " + Criteria[criterion * 5 % Criteria.Length] : ""));
        }
        words.Add(Shapes[shape % Shapes.Length]);
        words.Add(Ends[end % Ends.Length] is var last && last.StartsWith("else", StringComparison.Ordinal) && kind >= 70 ? "" : last);
        return string.Join(' ', words.Where(word => word.Length > 0)) + ";";
    }

    private static void AssertSame(Decision full, Decision next)
    {
        Assert.Equal(full.Next.TrueSince, next.Next.TrueSince);
        Assert.Equal(full.Next.InUse, next.Next.InUse);
        Assert.Equal(full.Next.ClassNumbers, next.Next.ClassNumbers);
        Assert.Equal(full.Standings, next.Standings);
        Assert.Equal(full.FilterRules, next.FilterRules);
        Assert.Equal(full.ReviewAt, next.ReviewAt);
        Assert.Equal(full.Reasons.ToList(), next.Reasons.ToList());
        Assert.Equal(full, next);
    }

    private sealed record Change(int Kind, int Path, int Which, int Value, int Seconds);
}
