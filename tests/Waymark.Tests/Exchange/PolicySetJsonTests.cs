using System.Text;
using Waymark.Exchange.Wire;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Tests.Exchange;

public sealed class PolicySetJsonTests
{
    public static TheoryData<string> Samples => Policies.Language.PolicyLanguageTests.Samples;

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_comes_back_from_JSON_as_it_went(string name)
    {
        var set = PolicyLanguage.Parse(Repository.Sample(name), name).Set!;
        var again = PolicySetJson.FromJson(PolicySetJson.ToJson(set), name, out var diagnostics);
        Assert.Empty(diagnostics);
        Assert.Equal(set, again);
    }

    [Theory]
    [InlineData("", "t.json:1:1: error WAY5001: this is not JSON: the input does not contain any JSON tokens. Expected the input to start with a valid JSON token, when isFinalBlock is true; compare it with docs/policy-set.schema.json")]
    [InlineData("[]", "t.json:1:1: error WAY5001: a list stands where an object is needed; compare it with docs/policy-set.schema.json")]
    [InlineData("{}{}", "t.json:1:3: error WAY5001: this is not JSON: '{' is invalid after a single JSON value. Expected end of data; compare it with docs/policy-set.schema.json")]
    [InlineData("{\n  \"statments\": []}", "t.json:2:3: error WAY5001: no field is called 'statments' here; did you mean 'statements'?")]
    [InlineData("""{"statements":{}}""", "t.json:1:15: error WAY5001: statements: an object stands where a list is needed; compare it with docs/policy-set.schema.json")]
    [InlineData("""{"statements":[],"statements":[]}""", "t.json:1:18: error WAY5001: 'statements' is given twice; leave one out")]
    [InlineData("""{"statements":[{}]}""", "t.json: error WAY5002: statements[0]: nothing is given; give one of policy, rule")]
    [InlineData("""{"statements":[null]}""", "t.json:1:16: error WAY5001: statements[0]: null stands where an object is needed; compare it with docs/policy-set.schema.json")]
    [InlineData("""{"statements":[{"policy":{},"rule":{}}]}""", "t.json:1:29: error WAY5007: statements[0]: 'rule' stands beside 'policy', and only one of them can be given; leave one out")]
    [InlineData("""{"statements":[{"policy":{"flows":[{"named":"ssh"}],"action":{"drop":{"x":1}}}}]}""", "t.json:1:71: error WAY5001: statements[0].policy.action.drop: no field is called 'x' here; leave it empty: {}")]
    [InlineData("""{"statements":[{"policy":{"flows":[{"named":"ssh"}],"action":{"drop":{}},"established":"CUT"}}]}""", "t.json:1:88: error WAY5005: statements[0].policy.established: 'CUT' is not known here; give one of ESTABLISHED_KEEP, ESTABLISHED_MOVE, ESTABLISHED_CUT")]
    [InlineData("""{"statements":[{"policy":{"flows":[{"named":"ssh"}],"action":{"drop":{}},"lifetime":"2h"}}]}""", "t.json:1:85: error WAY5005: statements[0].policy.lifetime: '2h' is not a time span; write it in seconds with an s: \"2.5s\"")]
    [InlineData("""{"statements":[{"policy":{"flows":[{"named":"\ud800"}],"action":{"drop":{}}}}]}""", "t.json:1:45: error WAY5005: statements[0].policy.flows[0].named: the string is not valid Unicode; save it as UTF-8 and write characters beyond U+FFFF as a pair of escapes")]
    [InlineData("""{"statements":[{"policy":{"flows":[{"label":"é","peer":{"ports":[{"low":80.5}]}}],"action":{"drop":{}}}}]}""", "t.json:1:37: error WAY5001: statements[0].policy.flows[0]: no field is called 'label' here; give one of named, family, protocol, local, peer, extras, place", "t.json:1:73: error WAY5003: statements[0].policy.flows[0].peer.ports[0].low: 80.5 is not a whole number from 0 to 4294967295")]
    public void Wrong_JSON_is_refused_with_place_path_and_mend(string json, params string[] messages) => Assert.Equal(messages, Mistakes(json));

    [Theory]
    [InlineData("""{"flows":[],"action":{"drop":{}}}""", "flows: nothing is given where at least one is needed")]
    [InlineData("""{"flows":[{}],"action":{"drop":{}}}""", "flows[0]: no part of the flow is given; give {\"protocol\": {\"any\": {}}} for every flow")]
    [InlineData("""{"flows":[{"peer":{"ports":[{"low":70000}]}}],"action":{"drop":{}}}""", "flows[0].peer.ports[0].low: 70000 is not from 0 to 65535")]
    [InlineData("""{"flows":[{"peer":{"ports":[{"low":90,"high":80}]}}],"action":{"drop":{}}}""", "flows[0].peer.ports[0].high: 80 is not from 90 to 65535")]
    [InlineData("""{"flows":[{"peer":{"addresses":["10.1.0.0/8"]}}],"action":{"drop":{}}}""", "flows[0].peer.addresses[0]: '10.1.0.0/8' has address bits behind its prefix length; did you mean '10.0.0.0/8'?")]
    [InlineData("""{"flows":[{"peer":{"addresses":["10.0.0.256"]}}],"action":{"drop":{}}}""", "flows[0].peer.addresses[0]: '10.0.0.256' is not an address; write it as \"192.0.2.1\", \"198.51.100.0/24\" or \"2001:db8::/32\"")]
    [InlineData("""{"flows":[{"named":"ssh"}]}""", "action: it is not given")]
    [InlineData("""{"flows":[{"named":"ssh"}],"action":{"closest":{}}}""", "'closest' stands outside of 'else'; give a wish with a requirement, and closest in else")]
    [InlineData("""{"flows":[{"named":"ssh"}],"action":{"drop":{}},"else":[{"default":{}}]}""", "'else' stands beside an action that requires nothing; leave it out or give a requirement")]
    [InlineData("""{"flows":[{"named":"ssh"}],"action":{"wish":{"require":[{"compare":{"characteristic":"dealy","comparison":"COMPARISON_LESS","limit":{"value":"5","unit":"UNIT_MILLISECOND"}}}]}}}""", "action.wish.require[0].compare.characteristic: 'dealy' is not a characteristic of paths; did you mean 'delay'?")]
    [InlineData("""{"flows":[{"named":"ssh"}],"action":{"wish":{"require":[{"compare":{"characteristic":"delay","comparison":"COMPARISON_LESS","limit":{"value":"5","unit":"UNIT_PERCENT"}}}]}}}""", "action.wish.require[0].compare.limit: 'delay' is measured in another dimension than this unit")]
    [InlineData("""{"flows":[{"named":"ssh"}],"action":{"wish":{"require":[{"compare":{"characteristic":"delay","comparison":"COMPARISON_LESS","limit":{"value":"5e3","unit":"UNIT_SECOND"}}}]}}}""", "action.wish.require[0].compare.limit: '5e3' is not a decimal number; write it as \"80\" or \"-1.5\"")]
    [InlineData("""{"flows":[{"named":"ssh"}],"action":{"drop":{}},"lifetime":"0s"}""", "the lifetime is zero; give more, or leave it out for ever")]
    [InlineData("""{"flows":[{"named":"ssh"}],"action":{"drop":{}},"established":-2147483648}""", "'established' -2147483648 is not known; give ESTABLISHED_KEEP, ESTABLISHED_MOVE or ESTABLISHED_CUT")]
    public void A_policy_that_says_what_cannot_be_is_refused(string policy, string message)
    {
        var mistake = Assert.Single(Mistakes($$"""{"statements":[{"policy":{{policy}}}]}"""));
        Assert.EndsWith(message, mistake, StringComparison.Ordinal);
        Assert.StartsWith("t.json:1:", mistake, StringComparison.Ordinal);
        Assert.Contains(": statements[0].policy", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var mistakes = Mistakes("""
            {"statements": [
              {"policy": {"flows": [{"named": ""}], "action": {"drop": {}}}},
              {"policy": {"flows": [{"named": "ssh"}], "action": {}}},
              {"rule": {"priority": 3, "condition": {"always": {}}}}
            ]}
            """);
        Assert.Equal(3, mistakes.Length);
        Assert.Equal(["t.json:2:25", "t.json:3:14", "t.json:4:12"], mistakes.Select(one => one[..one.IndexOf(": ", StringComparison.Ordinal)]));
    }

    [Fact]
    public void Snake_case_numbers_in_strings_null_and_a_byte_order_mark_are_taken_as_the_mapping_has_them()
    {
        var set = PolicySetJson.FromJson("\uFEFF" + """
            {"statements": [{"policy": {"name": null, "flows": [{"protocol": {"transport": {"protocol": 6, "ports": [{"low": "8e1"}]}},
              "extras": [{"from_interface": "br0"}]}], "action": {"drop": {}}, "lifetime": "1.5s"}}]}
            """, "t.json", out var diagnostics);
        Assert.Empty(diagnostics);
        Assert.Equal(PolicyLanguage.Parse("tcp port 80 from interface \"br0\" drop lifetime 1500 ms;", "t.way").Set, set);
    }

    [Fact]
    public void Nesting_without_end_is_one_message()
    {
        var claims = Mistakes("""{"statements":[{"rule":{"condition":""" + string.Concat(Enumerable.Repeat("""{"not":""", 100_000)));
        Assert.Contains("it nests deeper than the 24 levels that are taken", Assert.Single(claims), StringComparison.Ordinal);
        Assert.Contains("it nests deeper than the 24 levels that are taken", Mistakes(new string('[', 100_000))[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void More_statements_than_are_taken_are_one_message()
    {
        var json = new StringBuilder("""{"statements":[""").Insert(15, "{},", PolicyLimits.Statements + 1000).Append("{}]}").ToString();
        Assert.Contains($"no list has more than {PolicyLimits.Statements} entries", Assert.Single(Mistakes(json)), StringComparison.Ordinal);
    }

    private static string[] Mistakes(string json)
    {
        Assert.Null(PolicySetJson.FromJson(json, "t.json", out var diagnostics));
        return [.. diagnostics.Select(one => one.ToString())];
    }
}
