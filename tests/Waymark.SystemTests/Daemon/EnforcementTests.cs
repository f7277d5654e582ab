using System.Net.Sockets;
using Waymark.SystemTests.Faults;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Daemon;

/// <summary>What is said to be in force is in the kernel, what is not is said not to be, and nobody without the right keeps the daemon from it.</summary>
public sealed class EnforcementTests
{
    [Fact]
    public void A_policy_that_the_kernel_cannot_match_is_unresolved_wherever_one_looks()
    {
        using var world = new World();
        using var daemon = new DaemonProcess(world);
        daemon.StartUp();
        daemon.Write("a.way", "udp peer port 9 by app \"curl\" drop;\nudp peer port 10 drop;");
        var (code, text) = daemon.TryAsk($"apply -f {daemon.In("a.way")}");
        Assert.Equal(4, code);
        Assert.Contains("a.way:1: WAY3010", text, StringComparison.Ordinal);
        Assert.Contains("1 of 2 policies", text, StringComparison.Ordinal);
        var policies = daemon.Ask("get policies").Split('\n');
        Assert.Contains("unresolved", policies.Single(line => line.Contains("a.way:1", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("in force", policies.Single(line => line.Contains("a.way:2", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain("a.way:1", daemon.Ask("get rules"), StringComparison.Ordinal);
        var explained = daemon.Ask("explain udp peer 203.0.113.7 port 9");
        Assert.Contains("no policy speaks of it", explained, StringComparison.Ordinal);
        Assert.DoesNotContain("-> drop", explained, StringComparison.Ordinal);
        Assert.Contains("-> drop", daemon.Ask("explain udp peer 203.0.113.7 port 10"), StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_without_rights_keeps_the_daemon_from_starting()
    {
        using var world = new World();
        using var daemon = new DaemonProcess(world);
        using var taken = world.Node.Run(() => new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified));
        taken.Bind(new UnixDomainSocketEndPoint("\0waymarkd"));
        daemon.StartUp();
        var files = System.IO.Directory.GetFiles("/run/waymark", "network-*.lock");
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.NotEqual(0, Shell.Try($"setpriv --reuid 65534 --regid 65534 --clear-groups flock -n {file} true").Code));
    }

    [Fact]
    public void Erase_needs_neither_node_file_nor_store()
    {
        using var world = new World();
        using var daemon = new DaemonProcess(world);
        daemon.Write("policy.d/site.way", "any balance; icmp drop;");
        daemon.StartUp();
        daemon.Stop("KILL");
        daemon.Write("node.way", "path one { interfce w0; }");
        foreach (var file in System.IO.Directory.GetFiles(daemon.In("state")))
        {
            System.IO.File.WriteAllText(file, "this was a database");
        }
        var (code, text) = daemon.Run("erase");
        Assert.True(code == 0, text);
        Assert.DoesNotContain("waymark", World.In(world.NodeName, "nft", "list", "tables"), StringComparison.Ordinal);
        Assert.DoesNotContain("proto 177", World.In(world.NodeName, "ip", "rule") + World.In(world.NodeName, "ip", "-6", "rule"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_daemon_works_with_the_rights_of_its_unit_and_no_others()
    {
        using var world = new World();
        using var daemon = new DaemonProcess(world);
        daemon.Write("node.way", "probe default { icmp 203.0.113.7; every 100 ms; } hold-down { penalty 0; }");
        daemon.Write("policy.d/site.way", "udp peer port 10 drop;");
        var unit = System.IO.File.ReadAllLines(System.IO.Path.Combine(Environment.GetEnvironmentVariable("WAYMARK_ROOT")!, "packaging", "waymarkd.service"));
        var rights = string.Join(',', unit.Single(line => line.StartsWith("CapabilityBoundingSet=", StringComparison.Ordinal)).Split('=')[1].Split(' ').Select(right => "+" + right[4..].ToLowerInvariant()));
        daemon.StartUp(behind: $"setpriv --bounding-set=-all,{rights} --inh-caps=-all,{rights} --ambient-caps=-all,{rights} --no-new-privs");
        Assert.True(DaemonProcess.Eventually(() => daemon.Ask("get paths -o json").Contains("\"icmp\"", StringComparison.Ordinal)), "probes are sent");
        Assert.Contains("-> drop", daemon.Ask("explain udp peer 203.0.113.7 port 10"), StringComparison.Ordinal);
        Assert.Contains("-> drop", daemon.Ask("explain udp peer 2001:db8:cafe::7 port 10"), StringComparison.Ordinal);
    }
}
