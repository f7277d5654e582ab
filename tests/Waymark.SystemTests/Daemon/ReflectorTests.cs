using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.SystemTests.Faults;
using World = Waymark.SystemTests.FilterRuleInstallation.World;

namespace Waymark.SystemTests.Daemon;

/// <summary>The reflector of the daemon, as the node file has it.</summary>
public sealed class ReflectorTests : IDisposable
{
    private const string NoProbes = "probe default { none; } ";
    private readonly World world = new();
    private readonly DaemonProcess daemon;

    public ReflectorTests() => daemon = new(world);

    public void Dispose()
    {
        daemon.Dispose();
        world.Dispose();
    }

    [Fact]
    public void A_reflector_comes_and_goes_with_the_node_file_and_answers_by_the_path_of_the_question()
    {
        daemon.Write("node.way", NoProbes);
        daemon.StartUp();
        Assert.False(IsAnswered(IpFamily.V4, 1));
        Say("reflector { from 10.78.0.0/16, 2001:db8::/32; }");
        foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
        {
            // The system's default leads by the first uplink; the far end hears each answer on the device by which it asked.
            for (var path = 1; path <= 3; path++)
            {
                Assert.True(DaemonProcess.Eventually(() => IsAnswered(family, path)), $"{family} by path {path}: {daemon.Logged}");
            }
        }
        Say("reflector { port 8620; from 10.78.0.0/16; }");
        Assert.True(DaemonProcess.Eventually(() => IsAnswered(IpFamily.V4, 1, 8620)), daemon.Logged);
        Assert.False(IsAnswered(IpFamily.V4, 1));
        Say("");
        Assert.True(DaemonProcess.Eventually(() => !IsAnswered(IpFamily.V4, 1, 8620)), daemon.Logged);
        Assert.True(daemon.IsAlive);
    }

    [Fact]
    public void A_port_that_is_taken_and_a_key_that_others_may_read_are_logged_and_end_nothing()
    {
        using (world.Udp(world.Node, IpFamily.V4, "0.0.0.0", 862))
        {
            daemon.Write("node.way", NoProbes + "reflector { from 10.78.0.0/16; }");
            daemon.StartUp();
            Assert.True(DaemonProcess.Eventually(() => daemon.Logged.Contains("cannot listen on UDP port 862: Address already in use", StringComparison.Ordinal)), daemon.Logged);
        }
        daemon.Write("stamp.key", "the-secret-itself");
        Shell.Run($"chmod 644 {daemon.In("stamp.key")}");
        Say($"reflector {{ key \"{daemon.In("stamp.key")}\"; }}");
        Assert.True(DaemonProcess.Eventually(() => daemon.Logged.Contains("may be read by others; say 'chmod 600 ", StringComparison.Ordinal)), daemon.Logged);
        Shell.Run($"chmod 600 {daemon.In("stamp.key")}");
        daemon.Signal("HUP");
        Assert.True(DaemonProcess.Eventually(() => daemon.Logged.Contains("the reflector listens on UDP port 862, authenticated", StringComparison.Ordinal)), daemon.Logged);
        Assert.DoesNotContain("the-secret-itself", daemon.Logged, StringComparison.Ordinal);
        Assert.True(daemon.IsAlive);
    }

    private void Say(string statements)
    {
        daemon.Write("node.way", NoProbes + statements);
        daemon.Signal("HUP");
    }

    /// <summary>Asks the node's address on a path from the far end's, by the device of that path, and hears the answer by that device only.</summary>
    private bool IsAnswered(IpFamily family, int path, int port = 862)
    {
        using var asking = world.Udp(world.Far, family);
        asking.SetRawSocketOption(1, 25, System.Text.Encoding.ASCII.GetBytes($"r{path}"));
        asking.SendTo(new byte[44], new IPEndPoint(IPAddress.Parse(World.Address(family, path)), port));
        return asking.Poll(TimeSpan.FromMilliseconds(300), SelectMode.SelectRead);
    }
}
