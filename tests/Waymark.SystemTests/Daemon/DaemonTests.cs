using System.Diagnostics;

namespace Waymark.SystemTests.Daemon;

/// <summary>The built programs, as users run them: a daemon in a namespace with two uplinks, asked by the command line.</summary>
public sealed class DaemonTests : IDisposable
{
    private readonly TestNamespace node = new("node");
    private readonly TestNamespace[] far = [new("far"), new("far")];
    private readonly string folder = System.IO.Directory.CreateTempSubdirectory("waymark-test-").FullName;
    private Process? daemon;

    public DaemonTests()
    {
        for (var i = 0; i < 2; i++)
        {
            node.Connect($"w{i}", far[i], "f0");
            node.Ip($"addr add 10.9.{i}.10/24 dev w{i}");
            node.Ip($"addr add 2001:db8:9{i}::10/64 dev w{i} nodad");
            far[i].Ip($"addr add 10.9.{i}.1/24 dev f0");
            far[i].Ip($"addr add 2001:db8:9{i}::1/64 dev f0 nodad");
            far[i].Ip("addr add 203.0.113.7/32 dev lo");
            far[i].Ip("addr add 2001:db8:cafe::7/128 dev lo");
            node.Ip($"route add default via 10.9.{i}.1 metric {i + 1}");
            node.Ip($"route add default via 2001:db8:9{i}::1 metric {i + 1}");
        }
        System.IO.File.WriteAllText(In("node.way"), """
            path one { interface w0; cost 1 /GB; }
            path two { interface w1; cost 2 /GB; }
            probe default { icmp 203.0.113.7, 2001:db8:cafe::7; every 100 ms; }
            """);
        System.IO.Directory.CreateDirectory(In("policy.d"));
        Start();
    }

    public void Dispose()
    {
        Stop("KILL");
        node.Dispose();
        far[0].Dispose();
        far[1].Dispose();
        System.IO.Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("203.0.113.7", "10.9.1.10")]
    [InlineData("2001:db8:cafe::7", "2001:db8:91::10")]
    public void An_applied_policy_steers_is_undone_and_applied_again(string target, string address)
    {
        Write("a.way", "icmp prefer highest cost;");
        Assert.Contains("in force (revision", Ask($"apply -f {In("a.way")}"), StringComparison.Ordinal);
        node.Run($"ping -c 1 -W 1 {target}");
        Assert.Contains(target, Conntrack(address), StringComparison.Ordinal);
        Assert.Contains("-> two", Ask($"explain icmp peer {target}"), StringComparison.Ordinal);
        Assert.Contains("unchanged", Ask($"apply -f {In("a.way")}"), StringComparison.Ordinal);
        Assert.Contains("no longer in force", Ask("undo"), StringComparison.Ordinal);
        Assert.Contains("no policy speaks of it", Ask($"explain icmp peer {target}"), StringComparison.Ordinal);
        Assert.Equal((1, "waymark: 'root' has no change to undo\n"), TryAsk("undo"));
    }

    [Theory]
    [InlineData("203.0.113.7", "10.9.1.10")]
    [InlineData("2001:db8:cafe::7", "2001:db8:91::10")]
    public void Flows_go_elsewhere_when_a_link_is_lost_although_its_default_route_stays(string target, string address)
    {
        void Send() => node.Run($"bash -c 'echo hello > /dev/udp/{target}/5060'");
        Write("a.way", "udp peer port 5060 prefer lowest cost;");
        Ask($"apply -f {In("a.way")}");
        Send();
        Assert.DoesNotContain("dport=5060", Conntrack(address), StringComparison.Ordinal);
        far[0].Ip("link set f0 down");
        Assert.True(Eventually(() => Ask("get paths").Contains("no carrier", StringComparison.Ordinal)));
        Assert.Contains("w0", node.Run("ip route show default") + node.Run("ip -6 route show default"), StringComparison.Ordinal);
        Send();
        Assert.Contains("dport=5060", Conntrack(address), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("203.0.113.7", "10.9.1.10")]
    [InlineData("2001:db8:cafe::7", "2001:db8:91::10")]
    public void What_was_accepted_survives_kill_9_and_the_kernel_keeps_it_meanwhile(string target, string address)
    {
        Write("a.way", "icmp prefer highest cost;");
        Ask($"apply -f {In("a.way")}");
        var before = node.Run("nft list ruleset");
        Stop("KILL");
        // The first two lines tell the owner, who is gone.
        Assert.Equal(before.Split('\n').Skip(2), node.Run("nft list ruleset").Split('\n').Skip(2));
        node.Run($"ping -c 1 -W 1 {target}");
        Assert.Contains(target, Conntrack(address), StringComparison.Ordinal);
        Start();
        Assert.Contains("a.way:1", Ask("get policies"), StringComparison.Ordinal);
        Assert.Contains("-> two", Ask($"explain icmp peer {target}"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_file_with_mistakes_changes_nothing_and_is_reported_whole()
    {
        Write("policy.d/site.way", "icmp prefer highest cost;");
        Ask("reload");
        Write("policy.d/site.way", "icmp prefr highest cost;\nany requre delay < 5 ms;");
        var (code, text) = TryAsk("reload");
        Assert.Equal(2, code);
        Assert.Contains("site.way:1:6: error WAY0001", text, StringComparison.Ordinal);
        Assert.Contains("site.way:2:5: error WAY0001", text, StringComparison.Ordinal);
        Assert.Contains("-> two", Ask("explain icmp peer 203.0.113.7"), StringComparison.Ordinal);
        // Not even a new start forgets the last good version.
        Stop("KILL");
        Start();
        Assert.Contains("-> two", Ask("explain icmp peer 203.0.113.7"), StringComparison.Ordinal);
        Write("policy.d/site.way", "icmp drop;");
        Ask("reload");
        Assert.Contains("-> drop", Ask("explain icmp peer 203.0.113.7"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_node_file_that_is_read_again_renames_prices_and_ignores_paths()
    {
        Write("node.way", "path cable { interface w0; cost 7 /GB; } probe default { icmp 203.0.113.7; every 100 ms; }");
        Ask("reload");
        Assert.True(Eventually(() => Ask("get paths").Split('\n').Any(line => line.StartsWith("cable ", StringComparison.Ordinal) && line.Contains("7 /GB", StringComparison.Ordinal))));
        Write("node.way", "path cable { interface w0; ignore; } probe default { icmp 203.0.113.7; every 100 ms; }");
        Ask("reload");
        Assert.True(Eventually(() => !Ask("get paths").Contains("cable", StringComparison.Ordinal)));
        Assert.Contains("w1", Ask("get paths"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_file_with_mistakes_at_start_counts_as_it_was_without()
    {
        Stop("TERM");
        var good = System.IO.File.ReadAllText(In("node.way"));
        Write("node.way", good + "path three { interfce w9; }");
        Start();
        Assert.Contains("one   ip/w0", Ask("get paths"), StringComparison.Ordinal);
        Stop("TERM");
        // One that never had any cannot be guessed.
        System.IO.Directory.Delete(In("state"), recursive: true);
        var (code, text) = Shell.Try($"ip netns exec {node.Name} {Program("waymarkd")} --node-file {In("node.way")} --state-directory {In("state")} --socket {Socket}");
        Assert.Equal(2, code);
        Assert.Contains("node.way:", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rights_that_the_node_file_takes_away_are_taken_from_what_was_accepted_and_given_back()
    {
        var good = System.IO.File.ReadAllText(In("node.way"));
        void May(string flows)
        {
            Write("node.way", $"{good} requester guest {{ user nobody; rank 5; may flows {flows}; }}");
            Ask("reload");
        }
        May("udp peer port 5000-5999");
        Write("a.way", "udp peer port 5060 drop;");
        Shell.Run($"chmod -R a+rX {folder}");
        Shell.Run($"ip netns exec {node.Name} setpriv --reuid 65534 --regid 65534 --clear-groups {Program("waymark")} --socket {Socket} apply -f {In("a.way")}");
        Assert.Contains("guest", Ask("get policies"), StringComparison.Ordinal);
        May("udp peer port 6000-6999");
        Assert.DoesNotContain("guest", Ask("get policies"), StringComparison.Ordinal);
        May("udp peer port 5060");
        Assert.Contains("guest", Ask("get policies"), StringComparison.Ordinal);
        // What a domain stands for is not known after a start, and here never: what was allowed counts.
        May("udp peer domain \"flows.example\"");
        Assert.Contains("guest", Ask("get policies"), StringComparison.Ordinal);
    }

    [Fact]
    public void Requesters_are_told_whose_policy_goes_before_theirs()
    {
        Assert.Contains("No policy conflicts with another.", Ask("get conflicts"), StringComparison.Ordinal);
        Write("node.way", System.IO.File.ReadAllText(In("node.way")) + " requester guest { user nobody; rank 10; may flows udp; }");
        Ask("reload");
        Write("site.way", "voice: udp peer 203.0.113.0/24 port 5060 prefer lowest cost;");
        Ask($"apply -f {In("site.way")}");
        Write("guest.way", "udp peer 203.0.113.7 port 5060 drop; udp peer port 5060 prefer highest cost;");
        Shell.Run($"chmod -R a+rX {folder}");
        const string Conflicts = """
            guest.way:1 never applies: site.way:1 voice, of a requester who goes first, says otherwise of all of these flows
                ip4 udp peer 203.0.113.7 port 5060
            guest.way:1 gives way to site.way:1 voice, of another requester, which says otherwise of these flows
                ip4 udp peer 203.0.113.0/24 port 5060
            """;
        var answer = Shell.Run($"ip netns exec {node.Name} setpriv --reuid 65534 --regid 65534 --clear-groups {Program("waymark")} --socket {Socket} apply -f {In("guest.way")}");
        Assert.Equal(Conflicts + "\n", answer[(answer.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
        Assert.Equal(Conflicts + "\n", Ask("get conflicts"));
        Assert.Equal($"{string.Join('\n', Conflicts.Split('\n').Take(2))}\nand 1 more that give way to another requester's for some of their flows\n", Ask("get conflicts --most 1"));
        Assert.Contains("CONFLICT_KIND_OVERRULED", Ask("get conflicts -o json"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_in_the_place_of_the_socket_is_left_alone()
    {
        Stop("TERM");
        Write("letter", "do not lose me");
        var (code, text) = Shell.Try($"ip netns exec {node.Name} {Program("waymarkd")} --node-file {In("node.way")} --state-directory {In("state")} --socket {In("letter")}");
        Assert.Equal(2, code);
        Assert.Contains("letter is no socket", text, StringComparison.Ordinal);
        Assert.Equal("do not lose me", System.IO.File.ReadAllText(In("letter")));
    }

    [Fact]
    public void A_socket_is_named_from_where_the_daemon_was_started_and_one_that_cannot_be_is_refused()
    {
        Stop("TERM");
        Shell.Run($"cd {folder} && ip netns exec {node.Name} {Program("waymarkd")} --node-file node.way --state-directory state --socket near > near.log 2>&1 & echo");
        Assert.True(Faults.DaemonProcess.Eventually(() => Shell.Try($"cd {folder} && {Program("waymark")} --socket near status").Code == 0), "it answers");
        Shell.Run($"cd {folder} && kill $(ip netns pids {node.Name})");
        var (code, text) = Shell.Try($"{Program("waymarkd")} --socket '' erase");
        Assert.True(code != 0 && text.Contains("'' cannot be a socket: its whole path has 1 to 107 bytes", StringComparison.Ordinal), text);
        (code, text) = Shell.Try($"{Program("waymarkd")} --socket /{new string('s', 107)}");
        Assert.True(code != 0 && text.Contains("cannot be a socket", StringComparison.Ordinal), text);
    }

    [Fact]
    public void Other_mark_bits_wait_for_the_next_start()
    {
        Write("a.way", "icmp prefer highest cost;");
        Ask($"apply -f {In("a.way")}");
        var before = node.Run("nft -n list chain inet waymark p2") + node.Ip("rule");
        Write("node.way", System.IO.File.ReadAllText(In("node.way")) + "fwmark 0x00ff0000; priority 8000-8099;");
        Assert.Contains("WAY2011", Ask("reload"), StringComparison.Ordinal);
        Ask("path disable one");
        Assert.Equal(before, node.Run("nft -n list chain inet waymark p2") + node.Ip("rule"));
        Stop("TERM");
        node.Run($"{Program("waymarkd")} erase --node-file {In("node.way")}");
        Start();
        Assert.Contains("8010:", node.Ip("rule"), StringComparison.Ordinal);
        Assert.DoesNotContain("7110:", node.Ip("rule"), StringComparison.Ordinal);
        Assert.Contains("-> two", Ask("explain icmp peer 203.0.113.7"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_daemon_in_the_namespace_refuses()
    {
        var (code, text) = Shell.Try($"ip netns exec {node.Name} {Program("waymarkd")} --state-directory {In("other")} --socket {In("other.sock")}");
        Assert.Equal(3, code);
        Assert.Contains("another waymarkd runs in this network namespace", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Our_table_and_rules_are_put_back_when_others_remove_them()
    {
        Write("a.way", "icmp require cost > 1.5 /GB else drop;");
        Ask($"apply -f {In("a.way")}");
        node.Ip("rule flush");
        node.Ip("rule add lookup main priority 32766");
        Assert.True(Eventually(() => node.Ip("rule").Contains("lookup 27102", StringComparison.Ordinal)), "the ip rules are put back");
        Assert.Contains("-> two", Ask("explain icmp peer 203.0.113.7"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("203.0.113.7", "10.9.0.10", "10.9.1.10")]
    [InlineData("2001:db8:cafe::7", "2001:db8:90::10", "2001:db8:91::10")]
    public void A_disabled_path_is_left_and_comes_back_by_itself(string target, string address, string other)
    {
        void Send() => node.Run($"bash -c 'echo hello > /dev/udp/{target}/5060'");
        Write("a.way", "udp peer port 5060 prefer lowest cost;");
        Ask($"apply -f {In("a.way")}");
        Assert.Contains("-> one", Ask($"explain udp peer {target} port 5060"), StringComparison.Ordinal);
        Send();
        Assert.Contains("dport=5060", Conntrack(address), StringComparison.Ordinal);
        Assert.DoesNotContain("dport=5060", Conntrack(other), StringComparison.Ordinal);
        Ask("path disable one for 2 s");
        Send();
        Assert.Contains("dport=5060", Conntrack(other), StringComparison.Ordinal);
        Assert.Contains("-> two", Ask($"explain udp peer {target} port 5060"), StringComparison.Ordinal);
        Assert.True(Eventually(() => Ask($"explain udp peer {target} port 5060").Contains("-> one", StringComparison.Ordinal)), "it comes back after its time");
        Assert.Equal((1, "waymark: no path is called 'three'; there are one, two\n"), TryAsk("path disable three"));
    }

    [Fact]
    public void A_user_who_is_no_requester_is_told_how_to_become_one()
    {
        Write("a.way", "icmp drop;");
        Shell.Run($"chmod -R a+rX {folder}");
        var (code, text) = Shell.Try($"ip netns exec {node.Name} setpriv --reuid 65534 --regid 65534 --clear-groups {Program("waymark")} --socket {Socket} apply -f {In("a.way")}");
        Assert.Equal(1, code);
        Assert.Contains("user 'nobody' is no requester of this node: its administrator can add 'requester nobody { user nobody;", text, StringComparison.Ordinal);
    }

    [Fact]
    public void One_user_cannot_hold_all_connections()
    {
        Write("node.way", System.IO.File.ReadAllText(In("node.way")) + " requester guest { user nobody; may flows udp; }");
        Ask("reload");
        Shell.Run($"chmod -R a+rX {folder}");
        var text = node.Run($"""
            sh -c 'for i in $(seq {Waymark.Daemon.Api.CallerBounds.Connections + 4}); do
                setpriv --reuid 65534 --regid 65534 --clear-groups {Program("waymark")} --socket {Socket} watch >/dev/null 2>>{In("refused")} & pids="$pids $!"
            done
            sleep 2; {Program("waymark")} --socket {Socket} get paths; kill $pids; wait'
            """);
        Assert.Contains("one", text, StringComparison.Ordinal);
        var refused = System.IO.File.ReadAllLines(In("refused"));
        Assert.Equal(4, refused.Length);
        Assert.All(refused, line => Assert.Contains("holds too many of them", line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_daemon_that_starts_in_an_outage_knows_which_path_was_silent()
    {
        Write("policy.d/site.way", "icmp prefer lowest cost;");
        Ask("reload");
        Assert.Contains("-> one", Ask("explain icmp peer 203.0.113.7"), StringComparison.Ordinal);
        far[0].Run("nft 'table inet cut { chain c { type filter hook prerouting priority -400; iifname f0 drop; }; }'");
        Assert.True(Eventually(() => Ask("explain icmp peer 203.0.113.7").Contains("-> two", StringComparison.Ordinal)));
        Stop("KILL");
        // No round will tell it before the test is over.
        Write("node.way", System.IO.File.ReadAllText(In("node.way")).Replace("every 100 ms", "every 60 s", StringComparison.Ordinal));
        Run();
        Assert.True(Eventually(() => TryAsk("explain icmp peer 203.0.113.7") is (0, var text) && text.Contains("revision", StringComparison.Ordinal) | text.Contains("->", StringComparison.Ordinal)));
        Assert.Contains("-> two", Ask("explain icmp peer 203.0.113.7"), StringComparison.Ordinal);
    }

    [Fact]
    public void Erase_takes_away_what_stands_under_the_numbers_of_an_earlier_node_file()
    {
        Write("a.way", "any balance;");
        Ask($"apply -f {In("a.way")}");
        Stop("TERM");
        Write("node.way", "table 28100-28199; priority 8100-8199; path one { interfce w0; }");
        Assert.Contains("has mistakes", Shell.Run($"{NodeDaemon} erase 2>&1"), StringComparison.Ordinal);
        Assert.DoesNotContain("proto 177", node.Ip("rule") + node.Ip("-6 rule") + node.Ip("route show table all"), StringComparison.Ordinal);
    }

    [Fact]
    public void Erase_leaves_nothing_and_nothing_of_others_is_touched()
    {
        Write("a.way", "any balance; icmp drop;");
        Ask($"apply -f {In("a.way")}");
        node.Run("nft add table inet others");
        Stop("TERM");
        Assert.Contains("inet waymark", node.Run("nft list tables"), StringComparison.Ordinal);
        node.Run($"{Program("waymarkd")} erase --node-file {In("node.way")}");
        Assert.Equal("table inet others\n", node.Run("nft list tables"));
        Assert.DoesNotContain("proto 177", node.Ip("rule") + node.Ip("-6 rule") + node.Ip("route show table all"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_demo_plays_and_every_expectation_comes_true()
    {
        var (code, text) = Shell.Try($"unset WAYMARK_LAB_INSIDE; WAYMARK_LAB={In("lab")} {Program("waymark")} lab demo --root {Root}");
        Assert.True(code == 0, text);
        Assert.Contains("everything went as it should", text, StringComparison.Ordinal);
    }

    private static string Root { get; } = Environment.GetEnvironmentVariable("WAYMARK_ROOT") ?? throw new InvalidOperationException("Run these by ./test, which names the repository.");

    private string Socket => In("waymarkd.sock");

    private static string Program(string name) => System.IO.Path.Combine(Root, "out", name);

    private string In(string name) => System.IO.Path.Combine(folder, name);

    private void Write(string name, string text) => System.IO.File.WriteAllText(In(name), text);

    private string Ask(string arguments) => TryAsk(arguments) is (0, var text) ? text : throw new InvalidOperationException($"'waymark {arguments}' failed: {TryAsk(arguments).Text}\n{Logged}");

    private (int Code, string Text) TryAsk(string arguments) => Shell.Try($"ip netns exec {node.Name} {Program("waymark")} --socket {Socket} {arguments}");

    private string Conntrack(string address) => node.Run($"conntrack -L -f {(address.Contains(':', StringComparison.Ordinal) ? "ipv6" : "ipv4")} -q {address}");

    private string NodeDaemon => $"ip netns exec {node.Name} {Program("waymarkd")} --node-file {In("node.way")} --policy-directory {In("policy.d")} --state-directory {In("state")} --socket {Socket}";

    private string Logged => System.IO.File.Exists(In("log")) ? System.IO.File.ReadAllText(In("log")) : "";

    private void Run() => daemon = Process.Start("/bin/sh", ["-c", $"exec {NodeDaemon} >> {In("log")} 2>&1"]);

    private void Start()
    {
        Run();
        Assert.True(Eventually(() => TryAsk("get paths -o json") is (0, var text) && text.Split("\"rtt\"").Length > 2), $"the daemon is not up, or has not measured both paths:\n{Logged}");
    }

    private void Stop(string signal)
    {
        if (daemon is null)
        {
            return;
        }
        Shell.Try($"kill -{signal} {daemon.Id}");
        daemon.WaitForExit();
        daemon.Dispose();
        daemon = null;
    }

    private static bool Eventually(Func<bool> condition)
    {
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(15);)
        {
            if (condition())
            {
                return true;
            }
            Shell.Run("sleep 0.1");
        }
        return false;
    }
}
