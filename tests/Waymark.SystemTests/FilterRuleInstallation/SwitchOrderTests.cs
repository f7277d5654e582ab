using Waymark.FilterRules;
using Waymark.Flows;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>Rules first, then resets: a program that reconnects in no time never lands on the path that it was taken from.</summary>
public sealed class SwitchOrderTests
{
    private const int Port = 1500;

    public static readonly TheoryData<IpFamily, bool, bool> Programs = new()
    {
        { IpFamily.V4, false, false }, { IpFamily.V4, false, true }, { IpFamily.V4, true, true }, { IpFamily.V6, false, false }, { IpFamily.V6, false, true }, { IpFamily.V6, true, true },
    };

    [Theory]
    [MemberData(nameof(Programs))]
    public void Who_is_moved_comes_back_by_the_new_path(IpFamily family, bool isForwarded, bool isTalking)
    {
        using var world = new World();
        world.Apply(Moved(2));
        using var program = new Reconnector(world, isForwarded ? world.Host : world.Node, family, Port, isTalking);
        Assert.Equal(World.Address(family, 2), Assert.Single(program.After(0)));
        for (var round = 0; round < 20; round++)
        {
            var (path, before) = (3 - (round % 2), program.Seen.Count);
            world.Apply(Moved(path));
            Assert.Equal([World.Address(family, path)], program.After(before).Distinct());
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void Who_loses_its_path_comes_back_by_the_backup(IpFamily family, bool isForwarded, bool isTalking)
    {
        for (var round = 0; round < 3; round++)
        {
            using var world = new World();
            var backed = Class(1, Use(2), isStrict: true) with { Backup4 = World.Id(3), Backup6 = World.Id(3) };
            world.Apply(Set([To(1000, 1999, 1)], backed));
            using var program = new Reconnector(world, isForwarded ? world.Host : world.Node, family, Port, isTalking);
            Assert.Equal(World.Address(family, 2), Assert.Single(program.After(0)));
            world.Installer.KillPath(World.Id(2));
            // The apply closes the sockets of those that say nothing.
            world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(3), true, 1, 2)), world.Paths(2));
            world.Installer.SweepFlows();
            Assert.Equal([World.Address(family, 3)], program.After(1).Distinct());
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void Who_is_cut_stays_out_until_there_is_a_path(IpFamily family, bool isForwarded, bool isTalking)
    {
        using var world = new World();
        world.Apply(Moved(2));
        using var program = new Reconnector(world, isForwarded ? world.Host : world.Node, family, Port, isTalking);
        Assert.Equal(World.Address(family, 2), Assert.Single(program.After(0)));
        for (var round = 0; round < 10; round++)
        {
            var (before, refused) = (program.Seen.Count, program.Refused);
            world.Apply(Set([To(1000, 1999, 1)], Class(1, Drop, true, 1, 2, 3)));
            Assert.True(SpinWait.SpinUntil(() => program.Refused > refused + 10, TimeSpan.FromSeconds(10)), "it tries again and again");
            Assert.Equal(before, program.Seen.Count);
            var path = 3 - (round % 2);
            world.Apply(Moved(path));
            Assert.Equal([World.Address(family, path)], program.After(before).Distinct());
        }
    }

    /// <summary>As <c>established move</c> has it: everywhere but on its path the class may not go on.</summary>
    private static FilterRuleSet Moved(int path) => Set([To(1000, 1999, 1)], Class(1, Use(path), false, [.. Enumerable.Range(1, 3).Where(n => n != path)]));
}
