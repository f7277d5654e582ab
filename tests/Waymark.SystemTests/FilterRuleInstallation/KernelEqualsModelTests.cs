using CsCheck;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>
/// The whole way, from the text of policies to packets on uplinks: what the kernel does with real packets is what an independent reading of the text says, by way of what
/// the core decided for the policy. IPv4 and IPv6, from this node's sockets and from a host behind it, first and later packets. Not here: control groups and program names,
/// which no packet of ours can have.
/// </summary>
public sealed class KernelEqualsModelTests
{
    [Fact]
    public void Every_packet_takes_the_uplink_that_the_reading_of_the_policies_says_or_none()
    {
        using var world = new World();
        var wire = new NumberedPackets(world);
        var tally = new ModelTally();
        PolicyScenario.Samples.Sample(scenario => new PolicyRun(world, wire, scenario, tally).Check(), iter: 60, threads: 1, print: scenario => scenario.ToString());
        TestContext.Current.TestOutputHelper!.WriteLine(tally.ToString());
        Assert.True(tally.Packets >= 10_000, tally.ToString());
        Assert.True(tally.HitShare >= 0.8, tally.ToString());
    }
}
