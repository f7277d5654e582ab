using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.SystemTests.FilterRuleInstallation;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.Faults;

/// <summary>Another program has numbers of ours: it is named, and so is the line of the node file that ends it.</summary>
public sealed class ClashTests
{
    [Theory]
    [InlineData("ip route add 198.51.100.0/24 dev w1 table 27103 proto static", "'static' has routes in the routing table 27103, which is ours", "'table 27200-27299;'", true)]
    [InlineData("ip -6 route add 2001:db8:77::/48 dev w1 table 27103 proto 188", "'ospf' has routes in the routing table 27103", "'table 27200-27299;'", true)]
    [InlineData("ip rule add pref 1000 lookup 27102; ip route add default dev w1 table 27250", "a routing rule of a program that gives no protocol at priority 1000 leads to the routing table 27102", "'table 27300-27399;'", true)]
    [InlineData("ip -6 rule add pref 7115 from 2001:db8:9::/48 lookup main; ip rule add pref 7201 lookup main", "has priority 7115, between ours (7100 to 7149)", "'priority 7300-7399;'", true)]
    [InlineData("ip rule add pref 900 fwmark 0x1000000/0xff000000 lookup 100", "at priority 900 is for packets with mark 0x1000000/0xff000000", "'fwmark 0xfe000000;'", false)]
    [InlineData("nft add table ip mesh; nft add chain ip mesh out; nft add rule ip mesh out meta mark set mark or 0x40000000", "'ip mesh' (chain out, rule handle 2) writes bits 0x40000000 of the packet mark", "'fwmark 0x3f000000;'", false)]
    [InlineData("iptables -t mangle -A OUTPUT -j MARK --set-xmark 0x2000000/0x2000000", "'ip mangle' (chain OUTPUT, rule handle 2) writes bits 0x2000000 of the packet mark", "'fwmark 0xfc000000;'", false)]
    [InlineData("iptables -t mangle -A OUTPUT -j CONNMARK --save-mark --nfmask 0xff00 --ctmask 0xff00", "'ip mangle' (chain OUTPUT, rule handle 2) writes bits 0xff00 of the connection mark", "(ct mark set ct mark and", false)]
    [InlineData("nft add table ip6 mesh; nft add chain ip6 mesh out; nft add rule ip6 mesh out udp dport 9 meta mark set 0xca6c", "'ip6 mesh' (chain out, rule handle 2) writes the whole packet mark", "'bypass fwmark 0xca6c;'", false)]
    [InlineData("nft add table inet mesh; nft add chain inet mesh out; nft add rule inet mesh out meta mark set ct mark", "writes the whole packet mark", "(meta mark set meta mark and 0x7f000000 or ...)", false)]
    [InlineData("nft add table inet mesh; nft add chain inet mesh out; nft add rule inet mesh out ct mark set ct mark and 0xfffbffff xor 0x40000", "writes bits 0x40000 of the connection mark, of which 0xffffc000 are ours", "'ctmark 0x0003ffff;'", false)]
    [InlineData("nft add table inet mesh; nft add chain inet mesh out; nft add rule inet mesh out ct mark set 7", "writes the whole connection mark", "(ct mark set ct mark and 0xffffc000 or ...)", false)]
    [InlineData("iptables-legacy -t mangle -A OUTPUT -p udp -j RETURN; iptables-legacy -t mangle -A OUTPUT -j MARK --set-xmark 0x2000000/0x2000000", "the table 'mangle' of iptables-legacy (chain OUTPUT, rule 2) writes bits 0x2000000 of the packet mark", "'fwmark 0xfc000000;'", false)]
    [InlineData("ip6tables-legacy -t mangle -N mine; ip6tables-legacy -t mangle -A mine -m udp -p udp --dport 9 -j MARK --set-mark 0x7", "the table 'mangle' of ip6tables-legacy (chain mine, rule 1) writes the whole packet mark", "'bypass fwmark 0x7;'", false)]
    [InlineData("iptables-legacy -t raw -A PREROUTING -j ACCEPT; iptables-legacy -t filter -A FORWARD -j CONNMARK --set-xmark 0x4000/0x4000", "the table 'filter' of iptables-legacy (chain FORWARD, rule 1) writes bits 0x4000 of the connection mark", "(ct mark set ct mark and 0xffffc000 or ...)", false)]
    public void What_another_has_is_told_with_its_owner_and_its_mend(string commands, string what, string mend, bool isCertain)
    {
        using var world = new World();
        // Ours stand there already: they are not another's.
        world.Apply(Set([To(1000, 1999, 1)], Class(1, Use(2), true, 1, 3)));
        Assert.Empty(Clashes(world));
        World.In(world.NodeName, "/bin/sh", "-ec", commands);
        var clash = Assert.Single(Clashes(world));
        Assert.Contains(what, clash.What, StringComparison.Ordinal);
        Assert.Contains(mend, clash.Mend, StringComparison.Ordinal);
        Assert.Equal(isCertain, clash.IsCertain);
    }

    [Fact]
    public void Those_who_keep_to_their_own_bits_are_no_clash()
    {
        using var world = new World();
        // As Tailscale, Kubernetes and mwan3 mark; and a known whole mark.
        World.In(world.NodeName, "nft", """
            table ip others {
              chain tailscale { meta mark set mark and 0xff00ffff xor 0x40000; }
              chain kube { meta mark set mark or 0x4000; ct mark set mark and 0x3f00; }
              chain mwan { ct mark set ct mark and 0xffffc0ff or 0x100; meta mark 0x7f000000 counter; }
              chain wg { meta mark set 0xca6c; }
            }
            """);
        World.Ip(world.NodeName, "rule add pref 5210 fwmark 0x80000/0xff0000 lookup main; rule add not fwmark 0xca6c lookup 51820");
        var others = Clashes(world, 0xca6c);
        // Saving the packet's mark as the connection's overwrites all of it.
        Assert.Equal(["ctmark"], others.Select(one => one.Key));
    }

    [Fact]
    public void Old_tables_without_rules_for_our_marks_are_no_clash_and_looking_makes_none()
    {
        using var world = new World();
        Assert.Empty(Clashes(world));
        Assert.Equal("", World.In(world.NodeName, "cat", "/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"));
        World.In(world.NodeName, "/bin/sh", "-ec", "iptables-legacy -t mangle -A OUTPUT -j MARK --or-mark 0x1; ip6tables-legacy -t nat -A POSTROUTING -j MASQUERADE");
        Assert.Empty(Clashes(world));
        Assert.Equal("mangle\nnat\n", World.In(world.NodeName, "cat", "/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"));
    }

    [Fact]
    public void The_daemon_warns_of_rules_of_the_old_iptables()
    {
        using var world = new World();
        using var daemon = new DaemonProcess(world);
        World.In(world.NodeName, "iptables-legacy", "-t", "mangle", "-A", "OUTPUT", "-j", "MARK", "--set-xmark", "0x2000000/0x2000000");
        daemon.StartUp();
        Assert.Contains("the table 'mangle' of iptables-legacy (chain OUTPUT, rule 1) writes bits 0x2000000 of the packet mark", daemon.Logged, StringComparison.Ordinal);
    }

    [Fact]
    public void The_daemon_refuses_what_it_cannot_work_beside_and_starts_once_the_node_file_says_what_it_was_told()
    {
        using var world = new World();
        using var daemon = new DaemonProcess(world);
        World.Ip(world.NodeName, "rule add pref 7110 lookup main proto static");
        World.In(world.NodeName, "nft", "table ip mesh {\nchain out {\nmeta mark set mark or 0x1000000\n}\n}");
        daemon.Start();
        Assert.Equal(2, daemon.WaitForExit());
        Assert.Contains("not started, and nothing changed, for another program uses numbers of ours: a routing rule of 'static' has priority 7110", daemon.Logged, StringComparison.Ordinal);
        Assert.Contains("say 'priority 7200-7299;' in the node file", daemon.Logged, StringComparison.Ordinal);
        Assert.Contains("writes bits 0x1000000 of the packet mark", daemon.Logged, StringComparison.Ordinal);
        Assert.DoesNotContain("waymark", World.In(world.NodeName, "nft", "list tables"), StringComparison.Ordinal);
        daemon.Write("node.way", "priority 7200-7299; fwmark 0x7e000000; probe default { none; }");
        daemon.StartUp();
        Assert.DoesNotContain("uses numbers of ours", daemon.Logged[daemon.Logged.LastIndexOf("starts:", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Contains("7220:", World.In(world.NodeName, "ip", "rule"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_daemon_that_comes_back_to_its_rules_starts_beside_what_came_meanwhile_and_warns()
    {
        using var world = new World();
        using var daemon = new DaemonProcess(world);
        daemon.StartUp();
        daemon.Stop("KILL");
        World.Ip(world.NodeName, "rule add pref 7110 lookup main proto static");
        daemon.StartUp();
        Assert.Contains("warn: ", daemon.Logged.Split('\n').Single(line => line.Contains("another program uses numbers of ours: a routing rule of 'static' has priority 7110", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    private static IReadOnlyList<TerritoryClash> Clashes(World world, params uint[] bypass) => world.Node.Run(() => new TerritorySurvey(Territory.Default, bypass).Clashes());
}
