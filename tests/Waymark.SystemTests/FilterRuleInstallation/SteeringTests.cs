using Waymark.Flows;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>Flows of programs and of hosts behind the node take the path of their class, on the real kernel.</summary>
public sealed class SteeringTests
{
    [Theory]
    [InlineData(IpFamily.V4, 17)]
    [InlineData(IpFamily.V6, 17)]
    public void A_flow_takes_the_path_of_its_class_with_its_address_and_others_stay(IpFamily family, byte protocol)
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1, protocol), To(3000, 3999, 2)], Class(1, Use(2)), Class(2, Drop)));
        using var server = world.Udp(world.Far, family, port: 1500);
        using var other = world.Udp(world.Far, family, port: 2500);
        using var forbidden = world.Udp(world.Far, family, port: 3500);
        Assert.Equal(World.Address(family, 2), World.Ask(world.Udp(world.Node, family), server, family));
        Assert.Equal(World.Address(family, 1), World.Ask(world.Udp(world.Node, family), other, family));
        Assert.Null(World.Ask(world.Udp(world.Node, family), forbidden, family, 300));
        Assert.Equal(World.Address(family, 2), World.Ask(world.Udp(world.Host, family), server, family));
        Assert.Null(World.Ask(world.Udp(world.Host, family), forbidden, family, 300));
        Assert.Equal([1, 2, 0], world.Seen());
    }

    [Fact]
    public void The_distributions_nft_can_list_what_we_wrote()
    {
        using var world = new World();
        world.Apply(Set([To(1000, 1999, 1), To(3000, 3999, 2)], Class(1, Use(2)), Class(2, Drop)));
        var text = World.In(world.NodeName, "nft", "list", "ruleset");
        Assert.Contains("table inet waymark", text, StringComparison.Ordinal);
        Assert.Contains("waymark", World.In(world.NodeName, "nft", "-j", "list", "ruleset"), StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("WAYMARK_SHOW") is not null)
        {
            Console.WriteLine(text);
            Console.WriteLine(World.In(world.NodeName, "ip", "rule"));
        }
    }
}
