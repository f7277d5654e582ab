using System.Globalization;
using Waymark.Flows;
using Waymark.PathDecision;
using Waymark.Policies.Language;

namespace Waymark.Tests.Flows;

public sealed class FlowResolutionTests
{
    [Theory]
    [InlineData("tcp peer port 1, tcp peer port 2, tcp peer port 3, tcp peer port 80", "tcp peer port {1-3, 80}")]
    [InlineData("ip4 udp peer 10.0.0.0, ip4 udp peer 10.0.0.1", "ip4 udp peer 10.0.0.0/31")]
    [InlineData("tcp peer port 1, udp peer port 1, tcp peer port 2, udp peer port 2", "proto {6, 17} peer port 1-2")]
    [InlineData("tcp peer port 1, tcp", "tcp")]
    [InlineData("tcp started here, tcp started peer, tcp started forwarded", "tcp")]
    public void Flows_that_differ_in_one_field_are_one_part_of_a_union(string list, string written) => Assert.Equal(Resolve(written).Selector, Resolve(list).Selector);

    [Fact]
    public void Flows_that_differ_in_a_name_are_one_part_of_a_union()
    {
        var union = Resolve("tcp by app a, tcp by app b, tcp by app c").Selector;
        Assert.Equal(2, union.Boxes.Count);
        Assert.Equal(["a", "b", "c"], union.Boxes[0].App!.Entries.Select(entry => entry.Name));
    }

    [Fact]
    public void Long_lists_of_flows_are_resolved_in_a_time_that_grows_with_their_length()
    {
        // Each of these took time with the square or the cube of the length: hours for what takes a fraction of a second.
        string[] kinds = ["tcp peer port {0}", "ip4 peer 10.{1}.{2}.7 port {0}", "tcp by app a{0}", "tcp by user u{0}", "tcp peer domain \"d{0}.example\""];
        foreach (var kind in kinds)
        {
            var list = string.Join(", ", Enumerable.Range(0, 10_000).Select(i => string.Format(CultureInfo.InvariantCulture, kind, 2 * i, i / 250, i % 250)));
            Assert.DoesNotContain(PolicyLanguage.Parse($"{list} drop;", "").Diagnostics, one => one.Code != "WAY2012");
            var left = PolicyLanguage.Parse($"any not ({list}) drop;", "");
            Assert.False(left.HasErrors);
        }
    }

    [Fact]
    public void A_flow_of_too_many_parts_is_a_problem_and_says_what_to_do()
    {
        var list = string.Join(", ", Enumerable.Range(0, 9_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"ip4 peer 10.{i / 250}.{i % 250}.7 port {i}")));
        var narrowed = string.Join(", ", Enumerable.Range(0, 9_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"a local 192.0.{i / 250}.{i % 250}")));
        var parse = PolicyLanguage.Parse($"flow a = {list};\n{narrowed} drop;", "f.way");
        var told = Assert.Single(parse.Diagnostics, one => one.Code == "WAY2015");
        Assert.Equal(
            "f.way:2:1: warning WAY2015: this can never be in force: its flows have more than 40000 parts: split the policy, or write prefixes and ranges in place of single values", told.ToString());
    }

    [Fact]
    public void A_short_text_that_means_very_much_is_a_problem_of_the_policies_that_are_too_much()
    {
        var list = string.Join(", ", Enumerable.Range(0, 9_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"ip4 peer 10.{i / 250}.{i % 250}.7 port {i}")));
        var policies = string.Concat(Enumerable.Range(0, 300).Select(i => string.Create(CultureInfo.InvariantCulture, $"a local port {i} drop;\n")));
        var parse = PolicyLanguage.Parse($"flow a = {list};\n{policies}", "f.way");
        Assert.False(parse.HasErrors);
        Assert.Contains("f.way:300:1: warning WAY2015: this can never be in force: the flows of its set have more than 1600000 parts together", string.Join('\n', parse.Diagnostics));
        Assert.DoesNotContain("f.way:2:", string.Join('\n', parse.Diagnostics));
    }

    [Fact]
    public void A_long_condition_is_compared_once_and_not_with_each_policy()
    {
        string Rule(int last) => $"when {string.Join(" or ", Enumerable.Repeat("any path (up)", 5_000))} or time 01:00 - 01:0{last} {{ {string.Concat(Enumerable.Repeat("tcp drop;\n", 40_000))} }}\n";
        Assert.False(PolicyLanguage.Parse(Rule(1) + Rule(2), "").HasErrors);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_is_left_of_flows_is_counted_on_the_way(int most)
    {
        var flows = PolicyLanguage.ParseFlows("ip4 tcp peer 10.0.0.0/9 port 1000-2000, ip4 tcp peer 10.64.0.0/10 port 1500-3000, ip4 tcp local port 5-9 peer port 7-8", "", out _)!.Value;
        var selector = FlowResolution.Resolve(flows, [], NodeNames.None).Selector;
        var whole = FlowSelector.Everything.Subtract(selector);
        Assert.True(whole.Boxes.Count > 3, "the pieces are more than any limit of this test");
        Assert.Null(FlowSelector.Everything.TrySubtract(selector, most));
        Assert.Equal(whole, FlowSelector.Everything.TrySubtract(selector, whole.Boxes.Count));
    }

    private static ResolvedFlows Resolve(string flows) => FlowResolution.Resolve(PolicyLanguage.ParseFlows(flows, "", out _)!.Value, [], NodeNames.None);
}
