using System.Globalization;
using System.IO;
using Waymark.Cli;
using Waymark.Cli.Commands;
using Waymark.Flows;
using Waymark.Policies.Language;
using Waymark.Tests.FilterRuleEncoding;

namespace Waymark.Tests.Cli.Commands;

public sealed class ClassifyCommandTests
{
    private const string Policies = """
        udp peer port 5060 drop;
        rule work priority 1 when time 08:00-09:00 { tcp peer 203.0.113.0/24 port 443 prefer lowest delay; }
        tcp at peer "hub" drop;
        flow web = tcp peer port 443;
        secure: web dscp 46 prefer lowest cost;
        icmp peer 2001:db8::/32 drop;
        """;

    private const string Packets = """
        protocol,local address,local port,peer address,peer port,dscp
        udp,192.0.2.1,40000,203.0.113.7,5060,0
        17,192.0.2.1,40000,203.0.113.7,5061

        tcp,192.0.2.1,40000,203.0.113.7,443,46
        tcp,192.0.2.1,40000,198.51.100.1,443,46
        tcp,192.0.2.1,40000,198.51.100.1,443,-
        icmpv6,2001:db8::1,-,2001:db8::2,-,0
        """;

    [Theory]
    [InlineData("naive")]
    [InlineData("lookup")]
    [InlineData("compiled")]
    public void Each_packet_gets_the_place_of_the_policy_that_decides_it(string by)
    {
        var (code, output, errors) = Run(Policies, Packets, by, isJson: false);
        Assert.Equal("1\n-\n2\n4\n-\n5\n", output);
        Assert.StartsWith("6 packets against 4 policies, ", errors, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Done, code);
    }

    [Fact]
    public void What_has_no_line_ends_is_not_held_in_memory()
    {
        using var packets = new Endless(20_000_000);
        using StringWriter output = new(), errors = new();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(ExitCodes.BadInput, ClassifyCommand.Classify(PolicyLanguage.Parse(Policies, "p.way").Set!, packets, "p.csv", output, errors, "naive", isJson: false, TestContext.Current.CancellationToken));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000_000);
        Assert.StartsWith("p.csv:1: this is no text, or longer than any packet", errors.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Lines_end_as_any_system_has_them(string end) =>
        Assert.Equal("1\n-\n2\n4\n-\n5\n", Run(Policies, Packets.ReplaceLineEndings(end), "lookup", isJson: false).Output);

    [Fact]
    public void As_json_each_answer_says_which_line_it_is_of() =>
        Assert.Equal("""{"line":2,"policy":4,"name":"secure"}""" + "\n" + """{"line":3,"policy":null,"name":null}""" + "\n",
            Run(Policies, "\ntcp,192.0.2.1,1,198.51.100.1,443,46\ntcp,192.0.2.1,1,198.51.100.1,80,46", "lookup", isJson: true).Output);

    [Theory]
    [InlineData("udp,192.0.2.1,1,192.0.2.2", "4 columns; there are 5 or 6")]
    [InlineData("upd,192.0.2.1,1,192.0.2.2,2", "'upd' is no protocol")]
    [InlineData("256,192.0.2.1,1,192.0.2.2,2", "'256' is no protocol")]
    [InlineData("udp,192.0.2,1,192.0.2.2,2", "'192.0.2' is no address")]
    [InlineData("udp,192.0.2.1,1,2001:db8::2,2", "different families")]
    [InlineData("udp,192.0.2.1,1,192.0.2.2,65536", "'65536' is no port")]
    [InlineData("udp,192.0.2.1,-1,192.0.2.2,5", "'-1' is no port")]
    [InlineData("udp,192.0.2.1,1,192.0.2.2,2,64", "'64' is no code point")]
    [InlineData("\u001b[2Jupd,192.0.2.1,1,192.0.2.2,2", "this is no text")]
    public void A_line_that_is_no_packet_is_told_and_the_others_are_answered(string line, string expected)
    {
        var (code, output, errors) = Run(Policies, line + "\nudp,192.0.2.1,1,192.0.2.2,5060,0\n", "lookup", isJson: false);
        Assert.Equal("1\n", output);
        Assert.Contains("packets.csv:1: ", errors, StringComparison.Ordinal);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.BadInput, code);
    }

    [Fact]
    public void Of_many_lines_that_are_no_packets_the_first_are_told_and_all_are_counted()
    {
        var (_, _, errors) = Run(Policies, string.Concat(Enumerable.Repeat("nonsense\n", 1000)), "lookup", isJson: false);
        Assert.Equal(21, errors.TrimEnd().Split('\n').Length);
        Assert.EndsWith("0 packets against 4 policies; lines that are no packets: 1000\n", errors, StringComparison.Ordinal);
    }

    /// <summary>The rules of a standard set as policies: what the packets of its trace get is what was published.</summary>
    [Theory]
    [InlineData("1k", "lookup")]
    [InlineData("1k", "compiled")]
    [InlineData("10k", "compiled")]
    public void A_rule_set_as_policies_gives_its_published_answers(string size, string by)
    {
        var name = ClassBenchSet.Names(size) is [.., var last] ? last : null;
        Assert.SkipWhen(name is null, ClassBenchSet.Absence);
        var set = ClassBenchSet.Read(name!);
        var (code, output, _) = Run(
            string.Join('\n', set.Rules.Select(rule => Policy(rule.Selector.Boxes[0]))),
            string.Join('\n', set.Headers.Select(header => Line(header.Packet))), by, isJson: false);
        Assert.Equal(set.Headers.Select(header => (set.Rules.ToList().FindIndex(rule => rule.Class == header.Expected) + 1).ToString(CultureInfo.InvariantCulture)), output.TrimEnd().Split('\n'));
        Assert.Equal(ExitCodes.Done, code);
    }

    private static string Policy(FlowBox box) => "ip4 "
        + (box.Protocol is { } protocol ? $"proto {protocol.Ranges[0].Low} " : "")
        + End("local", box.Local, box.LocalPort) + End("peer", box.Peer, box.PeerPort) + "drop;";

    private static string End(string end, RangeSet? addresses, RangeSet? ports) => addresses is null && ports is null ? "" :
        $"{end} {(addresses is null ? "" : $"{Prefix(addresses.Ranges[0])} ")}{(ports is null ? "" : $"port {ports.Ranges[0].Low}-{ports.Ranges[0].High} ")}";

    private static IpPrefix Prefix(NumberRange range) => new(new(IpFamily.V4, range.Low), 32 - (int)UInt128.Log2((range.High - range.Low) + 1));

    private static string Line(Packet packet) => $"{packet.Protocol},{packet.Local},{packet.LocalPort},{packet.Peer},{packet.PeerPort},{packet.Dscp}";

    private static (int Code, string Output, string Errors) Run(string policies, string packets, string by, bool isJson)
    {
        var parse = PolicyLanguage.Parse(policies, "test.way");
        Assert.Empty(parse.Diagnostics.Where(one => one.Severity == Severity.Error).Select(one => one.ToString()));
        using StringWriter output = new() { NewLine = "\n" }, errors = new() { NewLine = "\n" };
        var code = ClassifyCommand.Classify(parse.Set!, new StringReader(packets), "packets.csv", output, errors, by, isJson, CancellationToken.None);
        return (code, output.ToString(), errors.ToString());
    }
}

/// <summary>Zeros, and nothing else.</summary>
file sealed class Endless(int characters) : TextReader
{
    public override int Read() => characters-- > 0 ? 0 : -1;
}
