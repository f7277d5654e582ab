using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Waymark.SystemTests.Faults;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Daemon;

/// <summary>The built daemon probes its paths: what that costs, and what becomes of what it finds.</summary>
public sealed class ProbingTests : IDisposable
{
    private readonly World world = new();
    private readonly DaemonProcess daemon;

    public ProbingTests() => daemon = new(world);

    public void Dispose()
    {
        daemon.Dispose();
        world.Dispose();
    }

    [Fact]
    public void A_budget_is_not_exceeded_as_the_kernel_counts_neither_at_rest_nor_in_silence()
    {
        const double BytesPerDay = 30e6;
        daemon.Write("node.way", """
            path one { interface w1; probe-budget 30 MB / day; }
            path two { interface w2; }
            probe default { icmp 203.0.113.7, 2001:db8:cafe::7; every 50 ms; }
            """);
        World.In(world.NodeName, "nft", "table inet spent {\n" + string.Concat(Enumerable.Range(1, 2).Select(n => $"counter w{n} {{ }}\n"))
            + "chain out {\ntype filter hook postrouting priority 300;\n" + Rules("oifname", "echo-request") + "}\nchain in {\ntype filter hook prerouting priority -300;\n" + Rules("iifname", "echo-reply") + "}\n}");
        // Not later than the budget begins.
        var start = Stopwatch.GetTimestamp();
        daemon.StartUp();
        Assert.True(DaemonProcess.Eventually(() => Counted(1).Packets >= 24), "it is probed");
        AssertPaid();
        World.In(world.FarName, "nft", "table inet silent {\nchain in {\ntype filter hook prerouting priority -200;\niifname r1 icmp type echo-request drop\niifname r1 icmpv6 type echo-request drop\n}\n}");
        var before = Counted(1).Packets;
        Assert.True(DaemonProcess.Eventually(() => Counted(1).Packets >= before + 12), "it is probed though silent");
        AssertPaid();
        Assert.Matches("\"probe.interval\"", daemon.Ask("get paths -o json"));

        void AssertPaid()
        {
            var (one, two) = (Counted(1).Bytes, Counted(2).Bytes);
            var allowed = BytesPerDay / 86_400 * Stopwatch.GetElapsedTime(start).TotalSeconds;
            Assert.True(one <= allowed, $"{one} bytes of {allowed}");
            // Without a budget it would have been more: this is not what keeps it.
            Assert.True(two > allowed, $"{two} bytes of {allowed} without a budget");
        }
    }

    [Fact]
    public void A_path_that_became_lossy_is_degraded_loses_those_that_ask_for_better_and_gets_them_back()
    {
        daemon.Write("node.way", """
            path one { interface w1; cost 1 /GB; }
            path two { interface w2; cost 2 /GB; }
            path three { interface w3; cost 3 /GB; }
            probe default { icmp 203.0.113.7, 2001:db8:cafe::7; every 40 ms; down after 20; degraded when loss > 20 % for 1 s; restored when loss < 10 % for 1 s; }
            """);
        daemon.Write("policy.d/site.way", """
            udp peer port 5060 require not degraded prefer lowest cost;
            tcp prefer lowest cost;
            """);
        daemon.StartUp();
        AssertPaths(voice: "one", "both are good");
        Assert.DoesNotContain("degraded", daemon.Ask("get paths"), StringComparison.Ordinal);
        // Every second probe is lost: it answers, and is no pleasure.
        World.In(world.FarName, "nft", "table inet lossy {\nchain in {\ntype filter hook prerouting priority -200;\niifname r1 icmp type echo-request numgen inc mod 2 0 drop\niifname r1 icmpv6 type echo-request numgen inc mod 2 0 drop\n}\n}");
        AssertPaths(voice: "two", "speech leaves what is degraded, and nothing else does");
        Assert.Matches("(?m)^one .*degraded", daemon.Ask("get paths"));
        Assert.Matches("one: does not satisfy: degraded yes", daemon.Ask("explain udp peer 203.0.113.7 port 5060"));
        World.In(world.FarName, "nft", "delete table inet lossy");
        AssertPaths(voice: "one", "it comes back");

        void AssertPaths(string voice, string what)
        {
            string Udp() => daemon.Ask("explain udp peer 203.0.113.7 port 5060");
            Assert.True(DaemonProcess.Eventually(() => Udp().Contains($"-> {voice} ", StringComparison.Ordinal)), $"{what}:\n{Udp()}");
            Assert.Contains("-> one ", daemon.Ask("explain tcp peer 203.0.113.7 port 443"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Explain_says_what_a_page_said_that_a_path_is_down_for()
    {
        daemon.Write("node.way", """
            path one { interface w1; }
            path two { interface w2; }
            probe default { none; }
            probe one { http "http://203.0.113.7:8080/204"; every 200 ms; }
            """);
        daemon.Write("policy.d/site.way", "any prefer lowest cost;");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var portal = world.Far.Run(() =>
        {
            var listener = new TcpListener(World.Server4, 8080);
            listener.Start();
            return listener;
        });
        var serving = ServeAsync(portal, stop.Token);
        daemon.StartUp();
        Assert.True(DaemonProcess.Eventually(() => Explain().Contains("-> two", StringComparison.Ordinal)), Explain());
        var text = Explain();
        Assert.True(text.Contains("     one: down: http http://203.0.113.7:8080/204 by w1: captive portal: 302 to http://login.example.net/\n", StringComparison.Ordinal), text);
        await stop.CancelAsync();
        portal.Dispose();
        await serving;

        string Explain() => daemon.Ask("explain ip4 tcp peer 203.0.113.7 port 443");
    }

    private static async Task ServeAsync(TcpListener portal, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                using var client = await portal.AcceptTcpClientAsync(cancellationToken);
                try
                {
                    _ = await client.GetStream().ReadAsync(new byte[1024], cancellationToken);
                    await client.GetStream().WriteAsync("HTTP/1.1 302 Found\r\nLocation: http://login.example.net/\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), cancellationToken);
                }
                catch (System.IO.IOException)
                {
                    // The daemon was ended in the middle of a question.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private static string Rules(string way, string type) => string.Concat(Enumerable.Range(1, 2).Select(n => $"{way} w{n} icmp type {type} counter name w{n}\n{way} w{n} icmpv6 type {type} counter name w{n}\n"));

    /// <summary>Echoes and answers on an uplink, as IP packets.</summary>
    private (long Packets, long Bytes) Counted(int uplink)
    {
        var match = Regex.Match(World.In(world.NodeName, "nft", $"list counter inet spent w{uplink}"), @"packets (\d+) bytes (\d+)");
        return (long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
    }
}
