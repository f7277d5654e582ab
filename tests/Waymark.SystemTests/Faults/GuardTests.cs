using Waymark.Flows;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Faults;

/// <summary>The kill switch from boot: strict policies are in force before the first link is up, by <c>waymarkd guard</c> alone, and the daemon that comes later takes over.</summary>
public sealed class GuardTests
{
    private const int Port = 1600;

    private const string Node = "path w1 { interface w1; } path w2 { interface w2; metered; } probe default { none; } hold-down { penalty 0; } forward { from interface l0; masquerade; }";

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void Not_one_packet_leaves_from_boot_until_the_daemon_has_found_the_path(IpFamily family)
    {
        using var world = new World();
        using var daemon = new DaemonProcess(world);
        daemon.Write("node.way", $"strict at boot; {Node}");
        daemon.Write("policy.d/site.way", $"udp peer port {Port}, tcp peer port {Port} require metered else drop;");
        for (var n = 1; n <= 3; n++)
        {
            world.Unplug(n);
        }
        Assert.Equal(0, daemon.Run("guard").Code);
        var (guarded, others) = (new Tap(world, Port), new Tap(world, Port + 1));
        using (var traffic = new Traffic(world, family, Port))
        using (new Traffic(world, family, Port + 1))
        {
            for (var n = 1; n <= 3; n++)
            {
                world.Plug(n);
            }
            Assert.True(DaemonProcess.Eventually(() => others.Counts()[0] > 500), "what no strict policy speaks of passes as soon as the links are up");
            Assert.Equal([0, 0, 0], guarded.Counts());
            daemon.StartUp();
            Assert.True(DaemonProcess.Eventually(() => guarded.Counts()[1] > 500), "the daemon takes over, and the path that satisfies the policy is used");
            Assert.Equal(0, guarded.Leaks(2));
            Assert.True(traffic.Count.Refused > 100, "it was tried meanwhile");
        }
    }

    [Fact]
    public void Without_the_guard_packets_leave_before_the_daemon_is_there()
    {
        using var world = new World();
        using var daemon = new DaemonProcess(world);
        daemon.Write("node.way", Node);
        daemon.Write("policy.d/site.way", $"udp peer port {Port} require metered else drop;");
        var (code, text) = daemon.Run("guard");
        Assert.Equal(0, code);
        Assert.Contains("does not say 'strict at boot;'", text, StringComparison.Ordinal);
        var guarded = new Tap(world, Port);
        using var traffic = new Traffic(world, IpFamily.V4, Port);
        Assert.True(DaemonProcess.Eventually(() => guarded.Leaks(2) > 100), "the other test's count can be something else than none");
    }
}
