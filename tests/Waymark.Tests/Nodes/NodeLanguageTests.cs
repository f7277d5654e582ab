using Waymark.Policies.Language;
using Waymark.Flows;
using Waymark.Nodes;
using Waymark.PathExamination;

namespace Waymark.Tests.Nodes;

public sealed class NodeLanguageTests
{
    private const string Listens = "listen { address [::]; certificate \"/c\"; key \"/k\"; authority \"/a\"; }\n";

    public static IEnumerable<string> SampleNames => System.IO.Directory.GetFiles(System.IO.Path.Combine(Repository.Root, "samples"), "node.way", System.IO.SearchOption.AllDirectories)
        .Select(file => System.IO.Path.GetRelativePath(System.IO.Path.Combine(Repository.Root, "samples"), file)).Order(StringComparer.Ordinal);

    public static TheoryData<string> Samples => new(SampleNames);

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_has_no_diagnostics_and_survives_printing_and_formatting(string name)
    {
        var text = Repository.Sample(name);
        var parse = NodeLanguage.Parse(text, name);
        Assert.Empty(parse.Diagnostics);
        Assert.Equal(parse.File, NodeLanguage.Parse(NodePrinter.Print(parse.File!), name).File);
        var formatted = NodeLanguage.Format(text, name)!;
        Assert.Equal(parse.File, NodeLanguage.Parse(formatted, name).File);
        Assert.Equal(formatted, NodeLanguage.Format(formatted, name));
    }

    [Fact]
    public void Nothing_said_prints_nothing() => Assert.Equal("", NodePrinter.Print(NodeFile.Default));

    [Fact]
    public void The_canonical_form_spells_values_one_way_and_keeps_comments_and_what_has_no_effect_yet()
    {
        const string text = """
            # first
            fwmark 0x7F000000;ctmark 4294950912;  # ours


            table 27100 - 27150 ;
            path "wifi" { interface "wlan0";cost 4/GB;   # a price
              gateway 192.0.2.1,2001:DB8::1;

              # what is left
              quota 1000 MB resets day 1 at "Europe/Paris"; }
            path lte{interface wwan0;}
            peer hq { address [2001:db8::1] port 7444; certificate "hq.example.net" ;prefix 10.1.0.0/16,2001:DB8:1::/48; lease 60 s; }
            listen { address [::],192.0.2.1 ;port 0x1d13; certificate "/n.pem"; key "/n.key"; authority "/ca.pem"; }
            probe wifi { # the near one
              icmp 192.0.2.1; every 1000ms; }
            requester alice { user alice; may # inside
              flows tcp port{22,80} , by user "alice"; rank 0x10; }
            # last
            """;
        Assert.Equal("""
            # first
            fwmark 0x7f000000;
            ctmark 0xffffc000;  # ours

            table 27100-27150;
            path wifi {
              interface wlan0;
              cost 4 /GB;  # a price
              gateway 192.0.2.1, 2001:db8::1;

              # what is left
              quota 1 GB resets day 1 at "Europe/Paris";
            }
            path lte { interface wwan0; }
            peer hq {
              address [2001:db8::1] port 7444;
              certificate "hq.example.net";
              prefix 10.1.0.0/16, 2001:db8:1::/48;
              lease 1 min;
            }
            listen { address [::], 192.0.2.1; port 7443; certificate "/n.pem"; key "/n.key"; authority "/ca.pem"; }
            probe wifi {
              # the near one
              icmp 192.0.2.1;
              every 1 s;
            }
            requester alice {
              user alice;
              # inside
              may flows tcp port {22, 80}, by user alice;
              rank 16;
            }
            # last

            """, NodeLanguage.Format(text, "node.way"));
    }

    [Fact]
    public void The_sample_says_what_it_says()
    {
        var parse = NodeLanguage.Parse(Repository.Sample("node.way"), "node.way");
        Assert.Empty(parse.Diagnostics);
        var node = parse.File!;
        Assert.Equal("van-12", node.Name);
        Assert.Equal(["wifi", "lte", "sat", "gone"], node.Paths.Select(path => path.Name));
        Assert.Equal(("wwan0", "cellular", 4m), (node.Paths[1].Match.Interface!, node.Paths[1].Medium, node.Paths[1].Numbers[0].Value.Value));
        Assert.True(node.Paths[3].IsIgnored && node.Forward!.Masquerade);
        Assert.Equal(TimeSpan.FromMilliseconds(200), node.ProbesOf("wifi").Every);
        Assert.Equal(["icmp 1.1.1.1", "icmp 9.9.9.9", "icmp 2606:4700:4700::1111"], node.ProbesOf("lte").Targets.Select(target => target.ToString()));
        Assert.Equal("alice", node.Requesters[1].User);
        Assert.Single(node.Requesters[1].MayFlows);
    }

    [Fact]
    public void Every_kind_of_target_is_read()
    {
        const string text = """
            probe lte { icmp 192.0.2.1, 2001:db8::1; stamp 192.0.2.2, 192.0.2.2 port 50862 key "/etc/waymark/stamp.key"; tcp 192.0.2.80 port 443;
              http "https://probe.example.net/", "http://192.0.2.80/204" expect 200; dns 192.0.2.53, 192.0.2.54 name "example.net"; bfd 192.0.2.3 every 50 ms, 2001:db8:9::3 multihop; }
            """;
        var parse = NodeLanguage.Parse(text, "n.way");
        Assert.Empty(parse.Diagnostics);
        var targets = parse.File!.ProbesOf("lte").Targets;
        Assert.Equal(
            [
                "icmp 192.0.2.1", "icmp 2001:db8::1", "stamp 192.0.2.2", "stamp 192.0.2.2 port 50862", "tcp 192.0.2.80 port 443", "http https://probe.example.net/", "http http://192.0.2.80/204",
                "dns 192.0.2.53", "dns 192.0.2.54", "bfd 192.0.2.3", "bfd 2001:db8:9::3 multihop",
            ],
            targets.Select(target => target.ToString()));
        Assert.Equal("/etc/waymark/stamp.key", ((ProbeTarget.Stamp)targets[3]).KeyFile);
        Assert.Equal((204, 200), (((ProbeTarget.Http)targets[5]).Expect, ((ProbeTarget.Http)targets[6]).Expect));
        Assert.Equal(TimeSpan.FromMilliseconds(50), ((ProbeTarget.Bfd)targets[9]).Every);
        Assert.Equal([true, false], targets.Skip(5).Take(2).Select(target => target.Carries(IpFamily.V6)));
        Assert.Equal(parse.File, NodeLanguage.Parse(NodePrinter.Print(parse.File), "n.way").File);
    }

    [Fact]
    public void A_reflector_is_off_unless_it_is_said_whom_it_answers()
    {
        Assert.Null(NodeFile.Default.Reflector);
        var reflector = NodeLanguage.Parse("reflector { key \"/etc/waymark/stamp.key\"; from 192.0.2.0/24, 2001:db8::/32; }", "n.way").File!.Reflector!;
        Assert.Equal((862, "/etc/waymark/stamp.key", "192.0.2.0/24 2001:db8::/32"), (reflector.Port, reflector.KeyFile, string.Join(' ', reflector.From)));
    }

    [Fact]
    public void A_probe_block_says_what_is_degraded_in_the_policy_language()
    {
        var parse = NodeLanguage.Parse("probe sat { degraded when (loss > 20 % or rtt > 900 ms) for 10 s; restored when loss < 10 % for 30 s; }", "n.way");
        Assert.Empty(parse.Diagnostics);
        var probes = parse.File!.ProbesOf("sat");
        Assert.Equal(("(loss > 20 % or rtt > 900 ms) for 10 s", "loss < 10 % for 30 s"), (PolicyPrinter.Print(probes.DegradedWhen), PolicyPrinter.Print(probes.RestoredWhen)));
        Assert.Equal(parse.File, NodeLanguage.Parse(NodePrinter.Print(parse.File), "n.way").File);
    }

    [Theory]
    [InlineData("", "none")]
    [InlineData("metered;", "5 MB / day")]
    [InlineData("cost 4 /GB;", "5 MB / day")]
    [InlineData("cost 4 /GB; probe-budget 30 MB / week;", "30 MB / week")]
    [InlineData("probe-budget 1 GB / month;", "1 GB / month")]
    public void A_path_has_the_probe_budget_that_it_is_given_and_a_metered_one_a_budget_anyhow(string lines, string budget) =>
        Assert.Equal(budget, NodeLanguage.Parse($"path lte {{ interface wwan0; {lines} }}", "n.way").File!.AllowanceOf("lte")?.ToString() ?? "none");

    [Fact]
    public void A_metered_path_whose_pace_is_said_is_probed_at_that_pace() =>
        Assert.Null(NodeLanguage.Parse("path lte { interface wwan0; metered; } probe lte { every 1 s; }", "n.way").File!.AllowanceOf("lte"));

    [Fact]
    public void Nothing_said_is_the_default() => Assert.Equal(NodeFile.Default, NodeLanguage.Parse("# nothing\n", "node.way").File);

    [Theory]
    [InlineData("pth wifi { interface wlan0; }", "n.way:1:1: error WAY1018: the node file has no 'pth' here; did you mean 'path'?")]
    [InlineData("path wifi { interfce wlan0; }", "n.way:1:13: error WAY1018: the node file has no 'interfce' here; did you mean 'interface'?")]
    [InlineData("path wifi { metered; }", "n.way:1:1: error WAY1019: the path 'wifi' has no interface; add 'interface NAME;', or 'mac', 'driver' or 'address'")]
    [InlineData("path usb { mac 00:11:22:33:44; }", "n.way:1:16: error WAY0006: '00:11:22:33:44' is no hardware address; write six pairs of hexadecimal digits: 00:11:22:33:44:55")]
    [InlineData("path usb { mac usb0; }", "n.way:1:16: error WAY0001: expected a hardware address as 00:11:22:33:44:55, found 'usb0'")]
    [InlineData("path usb { driver cdc_mbim; driver rndis_host; }", "n.way:1:36: error WAY1013: a path is one device, and this is said of it twice; declare a path for each device")]
    [InlineData("path a { mac 00:11:22:33:44:AA; }\npath b { mac 00:11:22:33:44:aa; }", "n.way:2:1: error WAY1002: the path 'b' is the same device as 'a'; declare it once")]
    [InlineData("path wifi { interface wlan0; medium wfi; }", "n.way:1:37: error WAY1012: 'medium' is never 'wfi'; did you mean 'wifi'?")]
    [InlineData("path wifi { interface wlan0; cost 4 GB; }", "n.way:1:37: error WAY1007: 'GB' is a unit of an amount of data, and 'cost' is a price; use /GB")]
    [InlineData("node \"a\"; node \"b\";", "n.way:1:11: error WAY1013: 'node' is said twice; remove one of them")]
    [InlineData("probe default { every 1 ms; }", "n.way:1:23: error WAY1008: the time between rounds is at least 10 ms")]
    [InlineData("probe default { degraded when loss > 20 ms; }", "n.way:1:41: error WAY1007: 'ms' is a unit of a duration, and 'loss' is a share; use %")]
    [InlineData("probe default { degraded loss > 20 %; }", "n.way:1:26: error WAY0001: expected 'when' behind 'degraded', found 'loss'")]
    [InlineData("path lte { interface wwan0; probe-budget 30 MB / year; }", "n.way:1:50: error WAY1012: a budget is per 'day', 'week' or 'month', found 'year'")]
    [InlineData("path lte { interface wwan0; probe-budget 0 MB / day; }", "n.way:1:42: error WAY1008: a probe budget is above 0; write 'none;' in a 'probe' block to probe not at all")]
    [InlineData("probe default { tcp 192.0.2.1; }", "n.way:1:30: error WAY0001: expected 'port' behind the server's address, found ';'")]
    [InlineData("probe default { http \"probe.example.net/204\" expect 20; }", "n.way:1:22: error WAY1008: the string \"probe.example.net/204\" is no address of a page; write \"http://HOST/PAGE\" or \"https://HOST/PAGE\"", "n.way:1:53: error WAY1008: a status of HTTP is 100 to 599")]
    [InlineData("probe default { dns 192.0.2.1 name \"a..b\"; }", "n.way:1:36: error WAY1008: the string \"a..b\" is no domain name; write \"example.net\", other letters than a to z as \"xn--...\"")]
    [InlineData("probe lte { stamp 192.0.2.2; train every 9 min; }", "n.way:1:42: error WAY1008: the time between trains is at least 10 min")]
    [InlineData("probe lte { icmp 192.0.2.2; train every 10 min; }", "n.way:1:1: error WAY1019: 'train' needs a reflector that sends its packets back; add 'stamp ADDRESS;'")]
    [InlineData("reflector { port 862; }", "n.way:1:1: error WAY1019: 'reflector' does not say whom it answers, and without a key that may not be everybody; add 'from PREFIX;', or 'key \"FILE\";'")]
    [InlineData("reflector { port 0; from 192.0.2.0/24; }", "n.way:1:18: error WAY1008: a port is 1 to 65535")]
    [InlineData("reflector { from 192.0.2.0/24; }\nreflector { key \"k\"; }", "n.way:2:1: error WAY1013: 'reflector' is said twice; remove one of them")]
    [InlineData("requester alice { rank 3; may any; }", "n.way:1:1: error WAY1019: the requester 'alice' has neither user nor certificate, so nobody can be it; add 'user NAME;', or 'certificate \"NAME\";'")]
    [InlineData("requester alice { user alice; may flows tpc; }", "n.way:1:41: error WAY1001: no flow is called 'tpc'; did you mean 'tcp'?")]
    [InlineData("requester modem { user modemd; may set lte.rsrp, up; }", "n.way:1:50: error WAY1022: 'up' is not for another program to say; those are available, available.up, bandwidth, bandwidth.up, cost, medium, metered, mtu, quota, signal, and any word with a dot of your own")]
    [InlineData("requester modem { user modemd; may set sginal of lte; }", "n.way:1:40: error WAY1004: 'sginal' is not a characteristic of paths; did you mean 'signal'?")]
    [InlineData("requester modem { user modemd; may set 5 of lte; }", "n.way:1:40: error WAY0001: expected the name of a characteristic, found '5'")]
    [InlineData("hold-down { reuse 3000; }", "n.way:1:1: error WAY1020: 'reuse' is at least 1 and less than 'suppress', and 'half-life' more than nothing; the defaults are penalty 1000; suppress 2000; reuse 750; half-life 15 s;")]
    [InlineData("path wifi { interface wlan0; gateway 192.0.2.1/24; }", "n.way:1:38: error WAY1008: a gateway is one address and has no prefix length, found '192.0.2.1/24'; write 192.0.2.1")]
    [InlineData("listen { address [::];\nnode \"a\";", "n.way:1:1: error WAY0003: the block of this 'listen' is never closed; add '}'")]
    [InlineData("path a { interface b;\nnode \"a\";\nnod \"b\";", "n.way:1:1: error WAY0003: the block of this 'path' is never closed; add '}'", "n.way:3:1: error WAY1018: the node file has no 'nod' here; did you mean 'node'?")]
    [InlineData("peer x\nnode \"a\";", "n.way:2:1: error WAY0001: expected '{' behind 'peer', found 'node'")]
    [InlineData("peer x { rank 5; }", "n.way:1:1: error WAY1019: the peer 'x' has no certificate, so nobody can be it; add 'certificate \"NAME\";'")]
    [InlineData("peer x { certificate \"x.example\"; }", "n.way:1:6: error WAY1019: nothing says who this node is towards 'x'; add 'listen { address [::]; certificate \"FILE\"; key \"FILE\"; authority \"FILE\"; }'")]
    [InlineData(Listens + "peer x { certificate \"x.example\"; lease 2 h; }", "n.way:2:41: error WAY1008: a lease is 1 s to 1 h; 30 s is the default")]
    [InlineData(Listens + "peer x { certificate \"x.example\"; }\npeer y { certificate \"x.example\"; }", "n.way:3:22: error WAY1002: whose certificate bears the string \"x.example\" is 'x' already; give each peer a certificate of its own")]
    [InlineData(Listens + "peer root { certificate \"x.example\"; }", "n.way:2:6: error WAY1002: a requester is called 'root' already, and what a peer asks for is a requester's; give one of them another name")]
    [InlineData(Listens + "peer x { certificate \"x.example\"; }\npath a { interface b; peer x; }", "n.way:3:6: error WAY1019: which flows the path 'a' carries is not said: the peer 'x' has no addresses; add 'prefix ...;' to 'peer x': its own addresses and those behind it")]
    [InlineData(Listens + "peer hq { certificate \"x.example\"; prefix 10.1.0.0/16; }\npath a { interface b; peer hw; shared 1; }", "n.way:3:6: error WAY1019: the path 'a' is shared with 'hw', and no peer is called so; did you mean 'hq'?")]
    [InlineData("path a { interface b; shared 1; }", "n.way:1:6: error WAY1019: with whom the path 'a' is shared is not said; add 'peer NAME;'")]
    [InlineData("path a { interface b; peer c; shared 0; }", "n.way:1:38: error WAY1008: the number of a shared path is 1 to 255, found 0; write the same number at both ends")]
    [InlineData(Listens + "peer x { certificate \"x.example\"; prefix 10.1.0.0/16; }\npath a { interface b; peer x; shared 1; }\npath c { interface d; peer x; shared 1; }", "n.way:4:6: error WAY1002: 'a' and 'c' are both number 1 to 'x'; each path that is shared has a number of its own")]
    [InlineData("listen { address [::]; key \"/k\"; }", "n.way:1:1: error WAY1019: 'listen' does not say where, as whom and for whom; add 'certificate \"FILE\";', 'authority \"FILE\";' ('waymark pki' makes certificates)")]
    [InlineData("listen { address 192.0.2.0/24; port 0; certificate \"n.pem\"; }", "n.way:1:18: error WAY1008: where requesters come to is one address and has no prefix length, found '192.0.2.0/24'; write 192.0.2.0", "n.way:1:37: error WAY1008: a port is 1 to 65535", "n.way:1:52: error WAY1008: the file that holds this node's certificate has to be named from '/' on, found the string \"n.pem\"; write \"/etc/waymark/n.pem\", if it is there")]
    [InlineData("listen { adress [::]; certificate node; }", "n.way:1:10: error WAY1018: the node file has no 'adress' here; did you mean 'address'?", "n.way:1:35: error WAY0001: expected the file that holds this node's certificate in quotes, found 'node'; quote it: \"node\"")]
    [InlineData("requester fleet { certificate \"192.0.2.1\"; }", "n.way:1:31: error WAY1008: an address is never who somebody is, found the string \"192.0.2.1\"; write the DNS name or the URI that its certificate bears")]
    [InlineData("requester a { certificate \"a.example\"; }\nrequester b { certificate \"A.example\"; }", "n.way:2:27: error WAY1002: whose certificate bears the string \"A.example\" is 'a' already; give each requester a certificate of its own")]
    [InlineData("requester a { user a; may any; confirm within 1 ms; }", "n.way:1:47: error WAY1008: the time to confirm is 1 s to 1 d; write for example 'confirm within 60 s;'")]
    [InlineData("requester a { user a; may any; confirm in 60 s; }", "n.way:1:40: error WAY0001: expected 'within' behind 'confirm', found 'in'")]
    [InlineData("requester a { user a; may all; }", "n.way:1:27: error WAY0001: expected 'flows' or 'any', 'set' or 'administer' behind 'may', found 'all'")]
    [InlineData("dashboard { metrics 192.0.2.1 port 9464; }", "n.way:1:21: warning WAY2014: whoever reaches 192.0.2.1 can read how this node fares; 127.0.0.1 and ::1 are for this host alone")]
    [InlineData("dashboard { metrics 127.0.0.1; }", "n.way:1:30: error WAY0001: expected 'port' behind the address, found ';'")]
    [InlineData("dashboard { metrics ::1 port 0; }", "n.way:1:30: error WAY1008: a port is 1 to 65535")]
    [InlineData("dashboard { metrics ::1 port 1; metrics ::1 port 2; }", "n.way:1:33: error WAY1013: 'metrics' is said twice; remove one of them")]
    [InlineData("dashboard { push \"ftp://a/b\"; }", "n.way:1:18: error WAY1008: the string \"ftp://a/b\" is no address that metrics are pushed to; write \"http://HOST:4318/v1/metrics\"")]
    [InlineData("dashboard { push \"https://van:secret@a/v1/metrics\"; }", "n.way:1:18: error WAY1008: metrics are pushed without a name or a password; leave out what stands before '@'")]
    [InlineData("dashboard { push \"http://a/v1/metrics\" every 10 ms; }", "n.way:1:46: error WAY1008: the time between two pushes is at least 1 s")]
    [InlineData("dashboard { push http; }", "n.way:1:18: error WAY0001: expected the address that metrics are pushed to in quotes, found 'http'; quote it: \"http\"")]
    [InlineData("dashboard { push \"http://a/\"; push \"http://b/\"; }", "n.way:1:31: error WAY1013: 'push' is said twice; remove one of them")]
    [InlineData("dashboard { page [::1] port 80; colour { dark; } metrics [::1] port 9464; }", "n.way:1:13: warning WAY2010: 'page' has no effect yet; the dashboard comes with a later version", "n.way:1:33: warning WAY2010: 'colour' has no effect yet; the dashboard comes with a later version")]
    [InlineData("fwmark 0x3;", "n.way:1:8: error WAY1008: 'fwmark' needs at least 3 bits, found '0x3'; 0x7f000000")]
    public void A_mistake_has_one_message(string text, params string[] messages) =>
        Assert.Equal(messages.Order(), NodeLanguage.Parse(text, "n.way").Diagnostics.Select(one => one.ToString()).Order());

    [Fact]
    public void Requesters_of_other_hosts_are_listened_for_where_the_file_says()
    {
        Assert.Null(NodeFile.Default.Listen);
        var node = NodeLanguage.Parse(
            """
            listen { address [::], 192.0.2.1; certificate "/etc/waymark/node.pem"; key "/etc/waymark/node.key"; authority "/etc/waymark/ca.pem"; crl "/etc/waymark/crl.pem"; }
            requester fleet { certificate "urn:example:fleet"; rank 5; may any; may administer; }
            """, "n.way").File!;
        Assert.Equal(new ListenDeclaration([IpAddress.Parse("::"), IpAddress.Parse("192.0.2.1")], 7443, "/etc/waymark/node.pem", "/etc/waymark/node.key", "/etc/waymark/ca.pem", "/etc/waymark/crl.pem"), node.Listen);
        Assert.Equal(("urn:example:fleet", true), (node.Requesters[1].Certificate, node.Requesters[1].MayAdminister));
    }

    [Fact]
    public void A_peer_is_who_bears_its_certificate_and_a_path_to_it_carries_what_ends_there()
    {
        var node = NodeLanguage.Parse(Listens + """
            path hq1 { interface wg1; peer hq; shared 1; }
            peer hq { address hq.example.net port 7444; certificate "hq.example.net"; prefix 10.1.0.0/16, 2001:db8:1::/48; rank 50; may flows local 2001:db8:12::/48; }
            path other { interface wg2; peer nobody; }
            """, "n.way").File!;
        var hq = Assert.Single(node.Peers.AsEnumerable());
        Assert.Equal(("hq.example.net", 7444, 50, 1, TimeSpan.FromSeconds(30)), (hq.Host, hq.Port, hq.Rank, hq.MayFlows.Count, hq.Lease));
        Assert.Equal(1, node.Paths[0].Shared);
        var scope = node.ScopeOf(node.Paths[0]);
        Assert.True(scope == hq.Reach && !scope.IsEverything && scope.Contains(FlowSelector.OfPeers([new(IpAddress.Parse("10.1.255.0"), 24)])));
        Assert.True(node.ScopeOf(node.Paths[1]).IsEverything);
        Assert.Equal(node, NodeLanguage.Parse(NodePrinter.Print(node), "n.way").File);
    }

    [Fact]
    public void What_has_no_effect_yet_is_said_to_have_none()
    {
        var parse = NodeLanguage.Parse("dashboard { page [::1] port 80; }\nstrict at boot;", "n.way");
        Assert.Equal(["WAY2010"], parse.Diagnostics.Select(one => one.Code));
        Assert.True(parse.File!.IsStrictAtBoot);
    }

    [Fact]
    public void Statements_of_a_later_version_cost_the_others_nothing()
    {
        var parse = NodeLanguage.Parse(
            """
            dashboard { page [::1] port 80; } node "a";
            dashboard { metrics 127.0.0.1 port 9464; } strict at boot;
            path lte { interface wwan0; quota 20 GB resets day 1 at "Europe/Paris"; metered; }
            probe lte { every 2 s; }
            requester fleet { certificate "fleet.example.net"; rank 5; may any; confirm within 60 s; }
            """, "n.way");
        Assert.All(parse.Diagnostics, one => Assert.Equal("WAY2010", one.Code));
        var node = parse.File!;
        Assert.Equal(("a", true), (node.Name, node.IsStrictAtBoot));
        Assert.True(node.Paths.Single().IsMetered);
        Assert.Equal(TimeSpan.FromSeconds(2), node.ProbesOf("lte").Every);
        Assert.Equal(("fleet.example.net", TimeSpan.FromSeconds(60)), (node.Requesters[^1].Certificate, node.Requesters[^1].ConfirmWithin));
        Assert.Equal(NodeFile.Default.Requesters[0], node.Requesters[0]);
    }
}
