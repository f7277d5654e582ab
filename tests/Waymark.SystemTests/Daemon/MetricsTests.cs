using Waymark.SystemTests.Faults;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Daemon;

/// <summary>The built daemon serves metrics where its node file says, and moves with it.</summary>
public sealed class MetricsTests : IDisposable
{
    private const string Node = "path one { interface w1; } path two { interface w2; } probe default { icmp 203.0.113.7; every 100 ms; } ";

    private readonly World world = new();
    private readonly DaemonProcess daemon;

    public MetricsTests()
    {
        daemon = new(world);
        daemon.Write("node.way", Node + "dashboard { metrics 127.0.0.1 port 9464; }");
        daemon.Write("policy.d/site.way", "udp prefer lowest rtt;");
        Shell.Run($"ip -n {world.NodeName} link set lo up");
        daemon.StartUp();
    }

    public void Dispose()
    {
        daemon.Dispose();
        world.Dispose();
    }

    [Fact]
    public void They_are_served_until_the_node_file_says_otherwise_and_the_daemon_goes_on()
    {
        Assert.True(DaemonProcess.Eventually(() => Get("127.0.0.1", 9464).Contains("waymark_probes_total{waymark_probe_kind=\"icmp\",network_interface_name=\"w1\"", StringComparison.Ordinal)), daemon.Logged);
        daemon.Ask("characteristic set one lte.rsrp -97");
        var text = Get("127.0.0.1", 9464);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", text, StringComparison.Ordinal);
        Assert.Contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n", text, StringComparison.Ordinal);
        Assert.Contains("\nwaymark_policies{waymark_policy_standing=\"in_force\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("\nwaymark_kernel_state{waymark_kernel_state=\"in_step\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("waymark_characteristic_name=\"lte.rsrp\"} -97\n", text, StringComparison.Ordinal);
        Assert.Matches("\nwaymark_decision_duration_seconds_count [1-9]", text);
        Assert.Matches("\nprocess_memory_usage_bytes [1-9][0-9]{6,}\n", text);

        Assert.StartsWith("HTTP/1.1 404", Ask("127.0.0.1", 9464, "GET /other"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 405", Ask("127.0.0.1", 9464, "DELETE /metrics"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 414", Ask("127.0.0.1", 9464, $"GET /{new string('a', 2000)}"), StringComparison.Ordinal);

        daemon.Write("node.way", Node + "dashboard { metrics ::1 port 9465; }");
        daemon.Ask("reload");
        Assert.True(DaemonProcess.Eventually(() => Get("::1", 9465).StartsWith("HTTP/1.1 200", StringComparison.Ordinal)), daemon.Logged);
        Assert.Equal("", Get("127.0.0.1", 9464));

        daemon.Write("node.way", Node);
        daemon.Ask("reload");
        Assert.True(DaemonProcess.Eventually(() => Get("::1", 9465).Length == 0), daemon.Logged);
        Assert.Contains("in step", daemon.Ask("status"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_that_is_not_there_is_said_and_costs_the_daemon_nothing()
    {
        daemon.Write("node.way", Node + "dashboard { metrics 203.0.113.99 port 9464; }");
        Assert.Contains("WAY2014", daemon.Ask("reload"), StringComparison.Ordinal);
        Assert.True(DaemonProcess.Eventually(() => daemon.Logged.Contains("metrics cannot be served at 203.0.113.99:9464", StringComparison.Ordinal)), daemon.Logged);
        Assert.Contains("in step", daemon.Ask("status"), StringComparison.Ordinal);
    }

    private string Get(string address, int port) => Ask(address, port, "GET /metrics");

    /// <summary>What a server answers; empty where none is.</summary>
    private string Ask(string address, int port, string request) => Shell.Try(
        $"ip netns exec {world.NodeName} timeout 10 bash -c 'exec 2>/dev/null 3<>/dev/tcp/{address}/{port} || exit 0; printf \"{request} HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n\" >&3; cat <&3'").Text;
}
