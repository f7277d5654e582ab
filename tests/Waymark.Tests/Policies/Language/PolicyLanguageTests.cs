using Google.Protobuf;
using Waymark.Exchange.Wire;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Tests.Policies.Language;

public sealed class PolicyLanguageTests
{
    public static IEnumerable<string> SampleNames => System.IO.Directory.GetFiles(System.IO.Path.Combine(Repository.Root, "samples"), "*.way")
        .Select(file => System.IO.Path.GetFileName(file)).Where(name => name != "node.way").Order(StringComparer.Ordinal);

    public static TheoryData<string> Samples => new(SampleNames);

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_has_no_diagnostics_and_survives_printing(string name)
    {
        var parse = PolicyLanguage.Parse(Repository.Sample(name), name);
        Assert.Empty(parse.Diagnostics);
        var again = PolicyLanguage.Parse(PolicyPrinter.Print(parse.Set!), name);
        Assert.Equal(parse.Set, again.Set);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Formatting_keeps_the_meaning_and_the_comments_and_twice_is_once(string name)
    {
        var text = Repository.Sample(name);
        var formatted = PolicyLanguage.Format(text, name)!;
        Assert.Equal(PolicyLanguage.Parse(text, name).Set, PolicyLanguage.Parse(formatted, name).Set);
        Assert.Equal(formatted, PolicyLanguage.Format(formatted, name));
        Assert.Equal(text.Split('\n').Count(line => line.Contains('#', StringComparison.Ordinal)), formatted.Split('\n').Count(line => line.Contains('#', StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("any prefer lowest delya;", "t.way:1:19: error WAY1004: no characteristic is called 'delya'; did you mean 'delay'?")]
    [InlineData("any require delay < 5 %;", "t.way:1:23: error WAY1007: '%' is a unit of a share, and 'delay' is a duration; use d, h, min, s, ms, us, ns")]
    [InlineData("tcp peer port 22, 80 drop;", "t.way:1:19: error WAY0009: expected a flow behind ',', found '80'; several ports stand in braces: {22, 80}")]
    [InlineData("tcp peer port 70000 drop;", "t.way:1:15: error WAY1008: a port is at most 65535, found '70000'")]
    [InlineData("tcp peer port 90-80 drop;", "t.way:1:15: error WAY1009: the range ends before it starts; did you mean 80-90?")]
    [InlineData("flow default = any;", "t.way:1:6: error WAY0007: 'default' is a word of the language and cannot be the name of a flow as it stands; quote it: \"default\"")]
    [InlineData("sssh drop;", "t.way:1:1: error WAY1001: no flow is called 'sssh'; did you mean 'ssh'?")]
    [InlineData("any drop", "t.way:1:8: error WAY0002: the statement has no ';' behind 'drop'; add ';'")]
    [InlineData("when always { any drop;", "t.way:1:1: error WAY0003: the block of this 'when' is never closed; add '}'")]
    [InlineData("any by user \"al;", "t.way:1:13: error WAY0004: the string has no end on its line; close it with \"")]
    [InlineData("any drop else default;", "t.way:1:10: error WAY1010: 'else' without a 'require' is never reached; say what is required, or remove it")]
    [InlineData("when delay < 5 ms { any drop; }", "t.way:1:6: error WAY0010: 'delay' is a claim about a path: a condition says of which paths; did you mean 'any path (delay ...)'?")]
    [InlineData("any require medium = wfi else drop;", "t.way:1:22: error WAY1012: 'medium' is never 'wfi'; did you mean 'wifi'?")]
    [InlineData("any prefer lowest delay within 5 msec;", "t.way:1:34: error WAY1006: 'msec' is no unit; did you mean 'ms'?")]
    [InlineData("flow a = b; flow b = a; a drop;", "t.way:1:1: error WAY1003: the flow 'a' is defined by itself: a -> b -> a")]
    [InlineData("flow a = b; flow b = c; flow c = b; a drop;", "t.way:1:13: error WAY1003: the flow 'b' is defined by itself: b -> c -> b")]
    [InlineData("flow web = https; web peer port 80 drop;", "t.way:1:19: error WAY1021: nothing of 'web' is left by 'peer port 80'; look for parts that exclude each other")]
    [InlineData("any peer 10.1.0.0/8 peer 10.0.0.0/8 drop;", "t.way:1:10: warning WAY2009: the prefix has bits behind its length; it means 10.0.0.0/8", "t.way:1:21: error WAY1013: 'peer' is said twice of one flow; write addresses with '|' between them: 192.0.2.1 | 192.0.2.2")]
    [InlineData("any by usr alice drop;", "t.way:1:8: error WAY0001: expected 'user', 'group', 'app' or 'cgroup' behind 'by', found 'usr'; did you mean 'user'?")]
    [InlineData("any prefer lowest medium;", "t.way:1:19: error WAY1005: 'medium' is no number and has no lowest")]
    [InlineData("any require up = 1 else drop;", "t.way:1:13: error WAY1005: 'up' is true or false and is not compared; write 'up' or 'not up'")]
    [InlineData("any drop established cutt;", "t.way:1:22: error WAY0001: expected 'keep', 'move' or 'cut' behind 'established', found 'cutt'; did you mean 'cut'?")]
    [InlineData("any require up else drop else default;", "t.way:1:26: error WAY1011: this 'else' is never reached: the one before always succeeds; remove one of them")]
    [InlineData("any drop lifetime 8;", "t.way:1:19: error WAY1006: a lifetime needs a unit; 8 ms, 8 s?")]
    [InlineData("when time 25:00-26:00 { any drop; }", "t.way:1:11: error WAY1008: there is no 25:00 on the clock", "t.way:1:17: error WAY1008: there is no 26:00 on the clock")]
    [InlineData("when day mno-fri { any drop; }", "t.way:1:10: error WAY1012: no day is called 'mno'; did you mean 'mon'?")]
    [InlineData("when any path (up { any drop; }", "t.way:1:19: error WAY0001: expected ')' behind the claim, found '{'")]
    [InlineData("any drop;;", "t.way:1:10: error WAY0001: expected a flow, found ';'; remove it")]
    [InlineData("}", "t.way:1:1: error WAY0003: this '}' closes nothing; remove it")]
    [InlineData("any require delay ≤ 5 ms else drop;", "t.way:1:19: error WAY0005: the character '≤' has no meaning here; write '<='")]
    [InlineData("tcp local domain \"a.example\" drop;", "t.way:1:11: error WAY1015: this node's own end has no domain; write its addresses, or say 'peer domain'")]
    [InlineData("any peer 00:11:22:33:44:55 drop;", "t.way:1:10: error WAY1016: a hardware address tells no flows apart beyond the next router; write an IP address or prefix")]
    [InlineData("flow 6in4 = proto 41; \"6in4\" drop;", "t.way:1:6: error WAY0007: the name of a flow that starts with a digit has to be quoted; quote it: \"6in4\"")]
    [InlineData("any by app \"a\tb\" drop;", "t.way:1:12: error WAY0014: a program's name holds the control character U+0009; remove it")]
    [InlineData("\"\" drop;", "t.way:1:1: error WAY0014: the name of a flow is empty")]
    [InlineData("any drop lifetime 0 s;", "t.way:1:19: error WAY1008: a lifetime is more than nothing; leave it out for 'for ever'")]
    [InlineData("any peer 10.0.0.0/33 drop;", "t.way:1:10: error WAY1008: a prefix length here is at most 32, found '33'")]
    public void A_mistake_has_one_message_with_place_cause_and_mend(string text, params string[] messages) =>
        Assert.Equal(messages, PolicyLanguage.Parse(text, "t.way").Diagnostics.Select(one => one.ToString()));

    [Theory]
    [InlineData("any require delay < 5 ms, delay > 9 ms else drop;", "WAY2004")]
    [InlineData("ip4 peer 2001:db8::1 drop;", "WAY2005")]
    [InlineData("flow a = any; any drop;", "WAY2006")]
    [InlineData("any require delay = 5 ms;", "WAY2007")]
    [InlineData("when any path (delay < 5 ms) { any drop; }", "WAY2008")]
    [InlineData("any peer 10.1.0.0/8 drop;", "WAY2009")]
    [InlineData("icmp peer port 80 drop;", "WAY2012")]
    [InlineData("proto {47, 50-51} local port 500 drop;", "WAY2012")]
    [InlineData("flow gre = proto 47; gre peer port 5 drop;", "WAY2012")]
    [InlineData("flow ping = icmp peer port 5; ping dscp 3 drop;", "WAY2012")]
    [InlineData("any drop; ssh default;", "WAY2001")]
    [InlineData("ssh drop; tcp peer port 22 drop;", "WAY2002")]
    [InlineData("tcp peer port 1-10 drop; tcp peer port 2-5 drop;", "WAY2002")]
    [InlineData("tcp peer port 1-10 drop; tcp peer port 11-20 drop; tcp peer port 5-15 default;", "WAY2001")]
    [InlineData("when time 08:00-09:00 { when time 08:00-09:00 { ssh default; } otherwise { any drop; } }", "WAY2016")]
    public void What_is_probably_not_meant_draws_one_warning_and_is_taken(string text, string code)
    {
        var parse = PolicyLanguage.Parse(text, "t.way");
        Assert.False(parse.HasErrors);
        Assert.Equal([code], parse.Diagnostics.Select(one => one.Code));
    }

    [Theory]
    [InlineData("any peer port 80 drop;")]
    [InlineData("proto {6, 47} peer port 80 drop;")]
    [InlineData("port {22, 80} drop;")]
    [InlineData("icmp not (tcp peer port 80) drop;")]
    [InlineData("any not (peer port 80) not (tcp) not (udp) drop;")]
    public void What_may_be_meant_draws_no_warning(string text) => Assert.Empty(PolicyLanguage.Parse(text, "t.way").Diagnostics);

    [Fact]
    public void All_independent_mistakes_are_found_in_one_run()
    {
        const string text = """
            flow voice = udp peer port 99999;
            voice require dely < 80 ms else drop;
            when any path (up and) { ssh prefer fastest; }
            any balance by bandwith;
            tcp peer port 80 drop
            any default;
            """;
        Assert.Equal([(1, "WAY1008"), (2, "WAY1004"), (3, "WAY0001"), (3, "WAY1004"), (4, "WAY1004"), (5, "WAY0002")],
            PolicyLanguage.Parse(text, "t.way").Diagnostics.Select(one => (one.Line, one.Code)).OrderBy(one => one.Line));
    }

    [Theory]
    [InlineData("when ", "(", "")]
    [InlineData("when ", "not ", "always")]
    [InlineData("when always", " for 1 s", " {}")]
    [InlineData("any require up", " for 1 s", ";")]
    [InlineData("any require ", "not ", "up;")]
    [InlineData("", "any not (", "")]
    public void Nesting_without_end_is_one_message(string before, string level, string behind)
    {
        var deep = before + string.Concat(Enumerable.Repeat(level, 100_000)) + behind;
        Assert.Equal("WAY0008", Assert.Single(PolicyLanguage.Parse(deep, "t.way").Diagnostics).Code);
    }

    /// <summary>The levels that the contract's messages need most of: a rule in the otherwise of a rule, left-out flows, and both kinds of join without parentheses.</summary>
    public static TheoryData<string, string, string, string> Deepest => new()
    {
        { "", "when always { } otherwise { ", "any drop;", " }" },
        { "", "when any path (up) { ", "any drop;", " }" },
        { "any ", "not (any ", "", ")" },
        { "any require ", "not ", "up", "" },
        { "any require up", " for 1 s", "", "" },
        { "when always", " for 1 s", "", "" },
        { "any require ", "up and (", "up or up", ")" },
        { "when ", "always or (", "always or always", ")" },
    };

    [Theory]
    [MemberData(nameof(Deepest))]
    public void What_is_taken_at_its_deepest_crosses_the_wire_and_JSON_and_one_level_more_is_one_message(string before, string level, string inside, string behind)
    {
        string Nested(int levels)
        {
            var all = before + string.Concat(Enumerable.Repeat(level, levels)) + inside + string.Concat(Enumerable.Repeat(behind, levels));
            return all + (before == "any " ? " drop;" : before.StartsWith("any", StringComparison.Ordinal) ? " else drop;" : before.Length > 0 ? " { any drop; }" : "");
        }
        var joins = inside.Contains(" or ", StringComparison.Ordinal) ? 1 : 0;
        var claims = level.Contains("any path", StringComparison.Ordinal) ? 1 : 0;
        var around = before.StartsWith("when", StringComparison.Ordinal) ? 1 : 0;
        var most = PolicyLimits.Nesting - joins - claims - around;
        var text = Nested(most);
        var parse = PolicyLanguage.Parse(text, "t.way");
        Assert.False(parse.HasErrors, string.Join('\n', parse.Diagnostics));
        Assert.Equal(PolicyLimits.Nesting, parse.Set!.Statements.Max(PolicyNesting.Of));
        Assert.Equal(parse.Set, PolicyLanguage.Parse(PolicyPrinter.Print(parse.Set), "t.way").Set);
        var bytes = PolicySetTranslation.ToWire(parse.Set, withPlaces: true).ToByteArray();
        Assert.Equal(parse.Set, PolicySetTranslation.ToCore(Waymark.Exchange.Wire.V1.PolicySet.Parser.ParseFrom(bytes), "t", out _));
        Assert.Equal(parse.Set, PolicySetJson.FromJson(PolicySetJson.ToJson(parse.Set), "t", out _));
        Assert.Equal("WAY0008", Assert.Single(PolicyLanguage.Parse(Nested(most + 1), "t.way").Diagnostics, one => one.Severity == Severity.Error).Code);
    }

    [Fact]
    public void What_nests_too_deep_costs_its_neighbours_nothing() =>
        Assert.Equal(["WAY0008", "WAY1001"], PolicyLanguage.Parse($"any require {string.Concat(Enumerable.Repeat("up and (up or ", 13))}up{new string(')', 13)} else drop;\nssssh drop;", "t.way")
            .Diagnostics.Select(one => one.Code));

    [Fact]
    public void Definitions_without_end_are_one_message()
    {
        var chain = string.Concat(Enumerable.Range(0, 50_000).Select(i => $"flow f{i} = f{i + 1};\n")) + "flow f50000 = any; f0 drop;";
        Assert.Equal("WAY0008", Assert.Single(PolicyLanguage.Parse(chain, "t.way").Diagnostics).Code);
    }

    [Fact]
    public void An_error_is_not_hidden_by_a_warning_at_the_same_place_or_by_a_thousand_before_it()
    {
        var text = string.Concat(Enumerable.Repeat("any require delay = 5 ms else drop;\n", 2000)) + "any require dely < 5 ms;";
        var parse = PolicyLanguage.Parse(text, "t.way");
        Assert.True(parse.HasErrors);
        Assert.Equal("WAY1004", Assert.Single(parse.Diagnostics, one => one.Severity == Severity.Error).Code);
    }

    [Fact]
    public void What_is_not_UTF8_is_refused_with_its_place() =>
        Assert.Equal("t.way:2:5: error WAY0012: the byte 0xFF here is not UTF-8; save the file as UTF-8",
            Assert.Single(PolicyLanguage.Parse([.. "#\nany "u8, 0xff, .. " drop;"u8], "t.way").Diagnostics).ToString());

    [Fact]
    public void A_hundred_megabytes_are_refused_without_being_read() =>
        Assert.Equal("WAY0011", Assert.Single(PolicyLanguage.Parse(new byte[100 << 20], "t.way").Diagnostics).Code);

    [Fact]
    public void The_caret_stands_below_its_character()
    {
        const string text = "# x\n\tany prefer lowest delya;";
        Assert.Equal(
            "t.way:2:20: error WAY1004: no characteristic is called 'delya'; did you mean 'delay'?\n  \tany prefer lowest delya;\n  \t                  ^^^^^\n",
            DiagnosticText.Render(PolicyLanguage.Parse(text, "t.way").Diagnostics[0], text));
    }
}
