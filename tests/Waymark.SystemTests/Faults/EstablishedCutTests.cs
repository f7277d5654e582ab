using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Paths;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Faults;

/// <summary>
/// <c>established cut</c> without <c>else drop</c>: connections end when it is no longer seen that their path satisfies, where there is another to go to, and not where
/// there is none. <c>keep</c> leaves one alone whose measurement is merely missing.
/// </summary>
public sealed class EstablishedCutTests
{
    [Theory]
    [InlineData(IpFamily.V4, false, true)]
    [InlineData(IpFamily.V6, false, true)]
    [InlineData(IpFamily.V4, true, true)]
    [InlineData(IpFamily.V6, true, true)]
    [InlineData(IpFamily.V4, false, false)]
    [InlineData(IpFamily.V6, false, false)]
    public async Task A_connection_is_cut_where_it_can_come_back_and_comes_back_by_the_path_that_satisfies(IpFamily family, bool isForwarded, bool isCut)
    {
        using var world = new World();
        await using var node = new RunningNode(world, $"tcp peer port 1500 require delay < 80 ms established {(isCut ? "cut" : "keep")};");
        Task Measure(params int[] satisfying)
        {
            node.Loop.Post(inputs => inputs with
            {
                Characteristics = new(satisfying.Select(n => PathCharacteristics.Of(
                    World.Id(n), [KeyValuePair.Create("delay", new Measured(CharacteristicValue.Of(0.01), TimeProvider.System.GetUtcNow(), 5, "test"))]))),
            });
            return node.Until(now => now.Decision.FilterRules.Classes.Any(one => one.Action(family) == (satisfying is [var n] ? new FilterAction.Use(World.Id(n)) : new FilterAction.Default())), "decided anew");
        }
        await node.UntilUp(World.Id(2));
        await Measure(1);
        using var program = new Reconnector(world, isForwarded ? world.Host : world.Node, family, 1500, isTalking: true);
        Assert.Equal([World.Address(family, 1)], program.After(0));
        await Measure(2);
        if (!isCut)
        {
            await Task.Delay(600, TestContext.Current.CancellationToken);
            Assert.Single(program.Seen);
            return;
        }
        Assert.Equal([World.Address(family, 2)], program.After(1).Distinct());
        // Nowhere to go: it stays where it is, sweeps and all.
        var before = program.Seen.Count;
        await Measure();
        await Task.Delay(600, TestContext.Current.CancellationToken);
        Assert.Equal(before, program.Seen.Count);
        await Measure(1);
        Assert.Equal([World.Address(family, 1)], program.After(before).Distinct());
        Assert.Empty(node.Failures);
    }
}
