using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Waymark.Flows;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Faults;

/// <summary>The daemon under a supervisor that listens on a real notify socket (sd_notify(3)).</summary>
public sealed class WatchdogTests : IDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(600);

    private readonly World world = new();
    private readonly DaemonProcess daemon;
    private readonly Socket supervisor = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly ConcurrentQueue<string> heard = [];
    private readonly Thread listening;

    public WatchdogTests()
    {
        daemon = new(world);
        daemon.Write("policy.d/site.way", """udp peer port 1500 require label "name" = "w2" else drop;""");
        supervisor.Bind(new UnixDomainSocketEndPoint(daemon.In("notify")));
        listening = new(() =>
        {
            var buffer = new byte[4096];
            try
            {
                for (int length; (length = supervisor.Receive(buffer)) > 0;)
                {
                    foreach (var line in Encoding.UTF8.GetString(buffer, 0, length).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                    {
                        heard.Enqueue(line);
                    }
                }
            }
            catch (SocketException)
            {
                // The end of the test.
            }
        });
        listening.Start();
    }

    public void Dispose()
    {
        daemon.Stop("KILL");
        using (var last = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified))
        {
            // An empty message ends the listening.
            last.SendTo([], new UnixDomainSocketEndPoint(daemon.In("notify")));
        }
        listening.Join();
        supervisor.Dispose();
        daemon.Dispose();
        world.Dispose();
    }

    [Fact]
    public void It_is_ready_once_policies_are_in_force_and_alive_while_the_loop_comes_round()
    {
        // The very first apply hangs before its switch: not ready, though requesters can connect and the process is well.
        daemon.Write("fault", "hang 1");
        daemon.Start(Supervised());
        Assert.True(DaemonProcess.Eventually(() => daemon.TryAsk("status").Code == 0), daemon.Logged);
        Wait(Silence);
        Assert.DoesNotContain("READY=1", heard);
        Shell.Run($"rm {daemon.In("fault")}");
        Assert.True(DaemonProcess.Eventually(() => heard.Contains("READY=1")), string.Join(' ', heard));
        var server = world.Udp(world.Far, IpFamily.V4, port: 1500);
        Assert.Equal(World.Address(IpFamily.V4, 2), World.Ask(world.Udp(world.Node, IpFamily.V4), server, IpFamily.V4));

        // Within each time that the supervisor waits there is a sign of life, two in general.
        for (var i = 0; i < 5; i++)
        {
            var before = Alive;
            Wait(Silence);
            Assert.True(Alive > before, $"silent in period {i}");
        }
        // The loop hangs in the middle of an apply: the process lives and answers, and gives no sign of life.
        daemon.Write("fault", "hang 1");
        daemon.Write("more.way", "udp peer port 1600 drop;");
        World.Shell("/bin/sh", "-c", $"(timeout 10 ip netns exec {world.NodeName} {Environment.GetEnvironmentVariable("WAYMARK_ROOT")}/out/waymark --socket {daemon.In("sock")} apply -f {daemon.In("more.way")} >/dev/null 2>&1 &)");
        Wait(Silence);
        var silent = Alive;
        Wait(2 * Silence);
        Assert.Equal(silent, Alive);
        Assert.Equal(0, daemon.TryAsk("get paths").Code);
        // It comes to itself again.
        Shell.Run($"rm {daemon.In("fault")}");
        Assert.True(DaemonProcess.Eventually(() => Alive > silent));
        daemon.Stop("TERM");
        Assert.Contains("STOPPING=1", heard);
    }

    [Fact]
    public void A_watchdog_that_is_meant_for_another_process_is_left_to_it()
    {
        daemon.Start(Supervised() + " WATCHDOG_PID=1");
        Assert.True(DaemonProcess.Eventually(() => heard.Contains("READY=1")), daemon.Logged);
        Wait(Silence);
        Assert.Equal(0, Alive);
    }

    [Fact]
    public void A_loop_that_fails_ends_the_daemon_as_failed_and_the_rules_stay()
    {
        daemon.Start(Supervised());
        Assert.True(DaemonProcess.Eventually(() => heard.Contains("READY=1")), daemon.Logged);
        daemon.Write("fault", "fail 1");
        daemon.Write("more.way", "udp peer port 1600 drop;");
        daemon.TryAsk($"apply -f {daemon.In("more.way")}");
        Assert.Equal(1, daemon.WaitForExit());
        Assert.Contains("A fault was asked for", daemon.Logged, StringComparison.Ordinal);
        var server = world.Udp(world.Far, IpFamily.V6, port: 1500);
        Assert.Equal(World.Address(IpFamily.V6, 2), World.Ask(world.Udp(world.Node, IpFamily.V6), server, IpFamily.V6));
    }

    private int Alive => heard.Count(line => line == "WATCHDOG=1");

    private string Supervised() => string.Create(CultureInfo.InvariantCulture,
        $"WAYMARKD_FAULTS={daemon.In("fault")} NOTIFY_SOCKET={daemon.In("notify")} WATCHDOG_USEC={(long)Silence.TotalMicroseconds}");

    private static void Wait(TimeSpan time) => TestContext.Current.CancellationToken.WaitHandle.WaitOne(time);
}
