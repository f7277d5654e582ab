using System.Globalization;
using Waymark.Exchange.Wire;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Tests.Policies.Language;

/// <summary>Lists as long as they may be, and one entry longer: the text and JSON take the same.</summary>
public sealed class ListLimitTests
{
    public static TheoryData<string, string, string> Lists => new()
    {
        { "tcp peer port 7", ", tcp peer port {0}", " drop;" },
        { "tcp peer port {1", ", {0}", "} drop;" },
        { "any peer 10.0.0.0", " | 10.{1}.{2}.0", " drop;" },
        { "any dscp 1", " dscp 1", " drop;" },
        { "any not (tcp peer port 7", ", tcp peer port {0}", ") drop;" },
        { "any require up", ", up", " else drop;" },
        { "any require up", " or up", " else drop;" },
        { "any prefer up", ", up", ";" },
        { "any require up else closest", " else closest", ";" },
        { "when always", " or always", " { any drop; }" },
        { "when any path (up", " and up", ") { any drop; }" },
    };

    [Theory]
    [MemberData(nameof(Lists))]
    public void A_list_that_is_taken_in_the_language_is_taken_in_JSON_and_a_longer_one_in_neither(string first, string next, string end)
    {
        // The first fallback stands in the list as well as the others.
        var entries = Enumerable.Range(1, PolicyLimits.ListEntries - 1).Select(i => string.Format(CultureInfo.InvariantCulture, next, i, i / 256, i % 256)).ToList();
        var longest = PolicyLanguage.Parse(first + string.Concat(entries) + end, "t.way");
        Assert.DoesNotContain(longest.Diagnostics, one => one.Severity == Severity.Error);
        var again = PolicySetJson.FromJson(PolicySetJson.ToJson(longest.Set!), "t.json", out var mistakes);
        Assert.Empty(mistakes);
        Assert.Equal(longest.Set, again);

        var before = first + string.Concat(entries);
        var tooLong = PolicyLanguage.Parse(before + entries[^1] + entries[^1] + end, "t.way");
        var told = Assert.Single(tooLong.Diagnostics, one => one.Severity == Severity.Error);
        Assert.Equal(("WAY0015", 1), (told.Code, told.Line));
        Assert.InRange(told.Column, before.Length + 1, before.Length + entries[^1].Length);
        Assert.Equal("a list has at most 65536 entries, and this is one more; split the policy, or name parts of it", $"{told.Message}; {told.Mend}");
    }

    [Fact]
    public void A_set_of_more_statements_than_are_taken_is_told_at_the_first_that_is_too_many()
    {
        var text = "flow a = tcp;\n" + string.Concat(Enumerable.Repeat("a drop;\n", PolicyLimits.Statements - 1));
        Assert.False(PolicyLanguage.Parse(text, "t.way").HasErrors);
        var told = Assert.Single(PolicyLanguage.Parse(text + "a drop;\na drop;\n", "t.way").Diagnostics, one => one.Severity == Severity.Error);
        Assert.StartsWith("t.way:200001:1: error WAY0015: a set has at most 200000 policies, rules and definitions", told.ToString(), StringComparison.Ordinal);
    }
}
