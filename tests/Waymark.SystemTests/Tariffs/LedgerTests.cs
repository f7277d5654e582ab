using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Waymark.SystemTests.Faults;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Tariffs;

/// <summary>Real traffic over real interfaces, against what the ledger says they carried: equal to the byte, whatever happens to the daemon and the interface meanwhile.</summary>
public sealed class LedgerTests : IDisposable
{
    private const string Settings = "probe default { none; } hold-down { penalty 0; } forward { from interface l0; masquerade; }\n";

    private readonly World world = new();
    private readonly DaemonProcess daemon;
    private readonly List<Process> traffic = [];

    public LedgerTests() => daemon = new(world);

    public void Dispose()
    {
        EndTraffic();
        daemon.Dispose();
        world.Dispose();
    }

    [Fact]
    public void The_ledger_equals_the_interfaces_counter_to_the_byte_across_kills()
    {
        var before = StartCounting("path w1 { interface w1; quota 1 TB / month; } path w2 { interface w2; quota 1 TB / month; }");
        BeginTraffic();
        for (var life = 0; life < 3; life++)
        {
            var then = Used("w1").Sent;
            Assert.True(DaemonProcess.Eventually(() => Used("w1").Sent > then + 20_000), $"nothing is counted: {daemon.Logged}");
            daemon.Stop("KILL");
            var dead = Counters("w1").Sent;
            Assert.True(DaemonProcess.Eventually(() => Counters("w1").Sent > dead + 20_000), "traffic goes on while nobody counts");
            daemon.StartUp();
        }
        daemon.Stop("TERM");
        daemon.StartUp();
        EndTraffic();
        Expect("w1", () => Minus(Counters("w1"), before));
    }

    [Fact]
    public void An_interface_that_is_renamed_goes_on_and_one_that_is_made_again_adds_what_it_carries()
    {
        World.Ip(world.NodeName, "link set w1 address 02:00:5e:10:00:01");
        var before = StartCounting("path lte { mac 02:00:5e:10:00:01; quota 1 TB / month; } path w2 { interface w2; quota 1 TB / month; }");
        BeginTraffic();
        Assert.True(DaemonProcess.Eventually(() => Used("lte").Sent > 20_000), daemon.Logged);
        World.Ip(world.NodeName, "link set w1 down; link set w1 name wwan7; link set wwan7 up");
        Assert.True(DaemonProcess.Eventually(() => daemon.Ask("get paths").Contains("ip/wwan7", StringComparison.Ordinal)), daemon.Logged);
        var renamed = Used("lte").Sent;
        Assert.True(DaemonProcess.Eventually(() => Used("lte").Sent > renamed + 20_000), daemon.Logged);

        // Under another name of the administrator's, it counts for that; and by its interface it is found as soon as it is made.
        daemon.Write("node.way", Settings + "path modem { interface wwan7; quota 1 TB / month; } path w2 { interface w2; quota 1 TB / month; }");
        daemon.Ask("reload");
        Assert.True(DaemonProcess.Eventually(() => Used("modem").Sent > 20_000), daemon.Logged);
        EndTraffic();
        World.Ip(world.NodeName, "link set wwan7 down");
        var last = Minus(Counters("wwan7"), before);
        World.Ip(world.NodeName, "link del wwan7");
        World.Ip(world.NodeName, $"link add wwan7 type veth peer name r1 netns {world.FarName}; addr add 10.78.1.1/24 dev wwan7; link set wwan7 up");
        World.Ip(world.FarName, "addr add 10.78.1.2/24 dev r1; link set r1 up");
        Shell.Run($"ip netns exec {world.NodeName} ping -q -c 20 -i 0.01 -s 1200 10.78.1.2");
        // What the first name has carried is no longer shown; it is when the file says it again.
        daemon.Write("node.way", Settings + "path modem { interface wwan7; quota 1 TB / month; } path lte { interface wwan8; quota 1 TB / month; }");
        daemon.Ask("reload");
        Assert.True(DaemonProcess.Eventually(() => Sum() == Plus(last, Counters("wwan7"))), $"counted {Sum()}, carried {last} and then {Counters("wwan7")}: {daemon.Logged}");

        (long, long) Sum() => Plus(Used("modem"), Used("lte"));
    }

    [Fact]
    public void After_a_boot_the_counters_begin_anew_and_all_that_they_show_is_added()
    {
        var before = StartCounting("path w1 { interface w1; quota 1 TB / month; } path w2 { interface w2; quota 1 TB / month; }");
        BeginTraffic();
        Assert.True(DaemonProcess.Eventually(() => Used("w1").Sent > 20_000), daemon.Logged);
        EndTraffic();
        World.Ip(world.NodeName, "link set w1 down");
        Expect("w1", () => Minus(Counters("w1"), before));
        var kept = Used("w1");
        // In order: what came in the last second need not be on the disk, and a boot takes the kernel's word for it away.
        daemon.Stop("TERM");
        daemon.Write("boot_id", "4a1c0a5e-2b1f-4c3e-9d5a-7f6b8c9d0e1f\n");
        // The daemon's own mount namespace: for it the machine was booted, and the device has carried all that it shows since.
        daemon.StartUp($"mount --bind {daemon.In("boot_id")} /proc/sys/kernel/random/boot_id &&");
        Expect("w1", () => Plus(kept, Counters("w1")));
    }

    [Fact]
    public void On_a_full_disk_it_counts_on_in_memory_says_so_once_and_catches_up()
    {
        Shell.Run($"mount -t tmpfs -o size=1m,mode=700 none {daemon.In("state")}");
        try
        {
            var before = StartCounting("path w1 { interface w1; quota 1 TB / month; } path w2 { interface w2; quota 1 TB / month; }");
            Shell.Try($"dd if=/dev/zero of={daemon.In("state/fill")} bs=4k");
            BeginTraffic();
            Assert.True(DaemonProcess.Eventually(() => daemon.Logged.Contains("is counted on in memory and cannot be kept", StringComparison.Ordinal)), daemon.Logged);
            var told = Used("w1").Sent;
            Assert.True(DaemonProcess.Eventually(() => Used("w1").Sent > told + 20_000), daemon.Logged);
            var (code, text) = daemon.TryAsk("quota set w1 5 MB");
            Assert.True(code == 1 && text.Contains("is full; free some space there", StringComparison.Ordinal), text);
            Assert.Equal(2, daemon.Logged.Split("is counted on in memory and cannot be kept").Length);
            Assert.Contains($"free some space there ('df {daemon.In("state")}')", daemon.Logged, StringComparison.Ordinal);

            Shell.Run($"rm {daemon.In("state/fill")}");
            Assert.True(DaemonProcess.Eventually(() => daemon.Logged.Contains("is kept again; nothing was left out", StringComparison.Ordinal)), daemon.Logged);
            daemon.Stop("KILL");
            daemon.StartUp();
            EndTraffic();
            Expect("w1", () => Minus(Counters("w1"), before));
        }
        finally
        {
            EndTraffic();
            daemon.Stop("KILL");
            Shell.Run($"umount {daemon.In("state")}");
        }
    }

    [Fact]
    public void Flows_leave_a_path_whose_quota_is_used_up_and_not_for_a_restart()
    {
        daemon.Write("node.way", Settings + "path w1 { interface w1; cost 0 /GB from 0 to 2 MB; cost 7 /GB from 2 MB; quota 4 MB / month at \"UTC\"; } path vpn { interface w3; over w1; }");
        daemon.Write("policy.d/a.way", "udp require quota > 1 MB prefer label \"name\" = \"w1\", label \"name\" = \"vpn\";");
        daemon.StartUp();
        Assert.Contains("-> w1", daemon.Ask("explain udp peer 203.0.113.7 port 9"), StringComparison.Ordinal);
        Shell.Run($"ip netns exec {world.NodeName} ping -q -c 1200 -i 0.001 -s 1400 10.78.1.2");
        // Of 4 MB some 3.4 are used: less than 1 is left, also of what goes over it.
        Assert.True(DaemonProcess.Eventually(() => daemon.Ask("explain udp peer 203.0.113.7 port 9").Contains("-> w2", StringComparison.Ordinal)), daemon.Ask("explain udp peer 203.0.113.7 port 9"));
        // The path and what it carries are described one after the other.
        List<Dictionary<string, JsonElement>> Known() => JsonDocument.Parse(daemon.Ask("get paths -o json")).RootElement.GetProperty("paths").EnumerateArray()
            .Where(path => path.GetProperty("name").GetString() is "w1" or "vpn")
            .Select(path => path.GetProperty("characteristics").EnumerateArray().ToDictionary(one => one.GetProperty("name").GetString()!, one => one.GetProperty("measured"))).ToList();
        Assert.True(DaemonProcess.Eventually(() => Known() is { Count: 2 } both && both.All(known => known["cost"].GetProperty("number").GetDouble() == 7)), "both cost 7");
        foreach (var known in Known())
        {
            Assert.Equal("tariff", known["cost"].GetProperty("source").GetString());
            Assert.InRange(known["quota"].GetProperty("number").GetDouble(), 1, 999_999);
            Assert.Equal("ledger", known["quota"].GetProperty("source").GetString());
        }
        daemon.Stop("KILL");
        daemon.StartUp();
        Assert.Contains("-> w2", daemon.Ask("explain udp peer 203.0.113.7 port 9"), StringComparison.Ordinal);
        Assert.Contains("w1: 1 MB used until now, 1 MB left until", daemon.Ask("quota set w1 1 MB"), StringComparison.Ordinal);
        daemon.Ask("quota set w1 0");
        Assert.True(DaemonProcess.Eventually(() => daemon.Ask("explain udp peer 203.0.113.7 port 9").Contains("-> w1", StringComparison.Ordinal)), daemon.Logged);
    }

    [Fact]
    public void What_the_administrator_says_was_used_counts_and_is_not_forgotten()
    {
        daemon.Write("node.way", Settings + "path w1 { interface w1; quota 20 GB resets day 31 at \"Europe/Paris\"; quota 1 GB / day counts up; }");
        daemon.StartUp();
        var (code, text) = daemon.TryAsk("quota set w1 12 GB");
        Assert.Equal((2, "waymark: several things of 'w1' are counted, 'resets day 31 at \"Europe/Paris\"' and '/ day counts up': say which, by its period\n"), (code, text));
        Assert.Equal((2, "waymark: nothing of 'w1' is counted by the week, but 'resets day 31 at \"Europe/Paris\"' and '/ day counts up'\n"), daemon.TryAsk("quota set w1 12 GB --per week"));
        Assert.Equal((1, "waymark: no path 'w2' has a quota or tiers that are counted; those that have: w1\n"), daemon.TryAsk("quota set w2 12 GB"));
        Assert.Equal((2, "waymark: '12 m' is no amount of data: write for example 'waymark quota set w1 12 GB'\n"), daemon.TryAsk("quota set w1 12 m"));
        daemon.Write("node.way", System.IO.File.ReadAllText(daemon.In("node.way")) + "requester guest { user \"65534\"; rank 9; may flows tcp; }");
        daemon.Ask("reload");
        var refused = daemon.TryAsk("quota set w1 1 GB --per day", user: 65534);
        Assert.Equal((1, "waymark: 'guest' may not administer the node: only a local user who 'may any' can, and whoever 'may administer' by the node file\n"), refused);
        Assert.Equal(0, daemon.TryAsk("quota", user: 65534).Code);
        // The volume counts both ways, and a moment's neighbour discovery may come to it at any time.
        World.Ip(world.NodeName, "link set w1 down");
        daemon.Ask("quota set w1 12 GB --per month");
        daemon.Stop("KILL");
        daemon.StartUp();
        var table = daemon.Ask("quota").Split('\n');
        Assert.Equal(["PATH", "PER", "USED", "LIMIT", "LEFT", "UNTIL", "PRICE", "NOW", "PROJECTED", "END"], table[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["w1", "month", "12", "GB", "20", "GB", "8", "GB"], table[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..8]);
        Assert.Equal(["w1", "day", "up"], table[2].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..3]);
        Assert.Contains("root sets what w1 has used (resets day 31 at \"Europe/Paris\") from", daemon.Logged, StringComparison.Ordinal);
        daemon.Write("node.way", Settings);
        daemon.Ask("reload");
        Assert.True(DaemonProcess.Eventually(() => daemon.Ask("quota").StartsWith("Nothing is counted.", StringComparison.Ordinal)), daemon.Logged);
    }

    /// <summary>
    /// Starts the daemon while w1 is down and carries nothing; gives where its counters stand when counting begins. What w2 carries meanwhile is counted in the same readings, and so shows that
    /// the first has been made.
    /// </summary>
    private (long Received, long Sent) StartCounting(string paths)
    {
        World.Ip(world.NodeName, "link set w1 down");
        var before = Counters("w1");
        daemon.Write("node.way", Settings + paths);
        daemon.StartUp();
        Assert.True(DaemonProcess.Eventually(() =>
        {
            Shell.Run($"ip netns exec {world.NodeName} ping -q -c 2 -i 0.01 10.78.2.2");
            return Used("w2").Sent > 0;
        }), $"nothing is counted: {daemon.Logged}");
        Assert.Equal(before, Counters("w1"));
        World.Ip(world.NodeName, "link set w1 up; -6 addr add 2001:db8:1::1/64 dev w1 nodad");
        return before;
    }

    private void BeginTraffic()
    {
        foreach (var target in new[] { "10.78.1.2", "2001:db8:1::2" })
        {
            traffic.Add(Process.Start("ip", ["netns", "exec", world.NodeName, "sh", "-c", $"while :; do ping -q -c 1000 -i 0.005 -s 900 {target}; sleep 0.01; done > /dev/null 2>&1"]));
        }
    }

    private void EndTraffic()
    {
        foreach (var one in traffic)
        {
            one.Kill(entireProcessTree: true);
            one.WaitForExit();
            one.Dispose();
        }
        traffic.Clear();
    }

    private void Expect(string path, Func<(long Received, long Sent)> carried) =>
        Assert.True(DaemonProcess.Eventually(() => Used(path) == carried()), $"counted {Used(path)}, carried {carried()}: {daemon.Logged}");

    private (long Received, long Sent) Used(string path)
    {
        using var answer = JsonDocument.Parse(daemon.Ask("quota -o json"));
        foreach (var one in answer.RootElement.TryGetProperty("quotas", out var quotas) ? quotas.EnumerateArray() : default)
        {
            if (one.GetProperty("path").GetString() == path)
            {
                return (Number(one, "receivedBytes"), Number(one, "sentBytes"));
            }
        }
        return default;

        // 64-bit numbers are strings in protobuf's JSON, and zeros are left out.
        static long Number(JsonElement one, string name) => one.TryGetProperty(name, out var number) ? long.Parse(number.GetString()!, CultureInfo.InvariantCulture) : 0;
    }

    private (long Received, long Sent) Counters(string device)
    {
        var numbers = Shell.Run($"ip netns exec {world.NodeName} cat /sys/class/net/{device}/statistics/rx_bytes /sys/class/net/{device}/statistics/tx_bytes").Split('\n');
        return (long.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture));
    }

    private static (long Received, long Sent) Plus((long Received, long Sent) a, (long Received, long Sent) b) => (a.Received + b.Received, a.Sent + b.Sent);

    private static (long Received, long Sent) Minus((long Received, long Sent) a, (long Received, long Sent) b) => (a.Received - b.Received, a.Sent - b.Sent);
}
