using Waymark.Daemon.Loop;
using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Faults;

/// <summary>The kernel fails an apply at any point, also when the new rules are in force already, and other policies come before it is tried again.</summary>
public sealed class FailedApplyTests
{
    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task Policies_that_come_while_an_apply_fails_bind_the_flows_that_it_has_classified(IpFamily family)
    {
        var (first, last) = (World.Address(family, 1), World.Address(family, 3));
        var failed = true;
        for (var failing = 1; failed; failing++)
        {
            using var world = new World();
            var server = world.Udp(world.Far, family, port: 1500);
            var client = world.Udp(world.Node, family);
            var isArmed = false;
            Action say = () => { };
            failed = false;
            await using var node = new RunningNode(world, """udp peer port 1500 require label "name" = "w1" else default;""", step =>
            {
                if (isArmed && step == failing)
                {
                    (isArmed, failed) = (false, true);
                    World.Ask(client, server, family, 50);
                    say();
                    throw new NetlinkException("go on", 12, "");
                }
            });
            await node.UntilUp(World.Id(3));
            Assert.Equal(first, World.Ask(client, server, family));
            say = () => node.Say("""
                udp peer port 1501 require label "name" = "w1" else default;
                udp peer port 1500 require label "name" = "w3" else drop;
                """);
            isArmed = true;
            node.Say("""udp peer port 1500-1501 require label "name" = "w1" else default;""");
            await node.Until(now => !isArmed || now.Decision.FilterRules.Rules.Count == 1 && now.Kernel.State == KernelState.InStep, "the apply has failed, or is done");
            isArmed = false;
            say();
            await node.Until(now => now.Decision.FilterRules.Classes.Any(one => one.IsStrict) && now.Kernel.State == KernelState.InStep, "the last policies are in force");
            // Refused on its old path until it has been told to begin anew.
            var seen = World.Ask(client, server, family, 100);
            Assert.True(seen is null || seen == last, $"after a failure at point {failing} it left by {seen}");
            await node.Until(_ => World.Ask(client, server, family, 100) == last, "it goes by its new path");
            Assert.True(failed || failing > 7, $"only {failing - 1} points");
        }
    }
}
