using Waymark.Policies.Language;

namespace Waymark.Tests.Policies.Language;

/// <summary>What is listed of many mistakes, and of large ones.</summary>
public sealed class DiagnosticListTests
{
    [Fact]
    public void A_parenthesis_that_a_wrong_word_has_not_cost_is_missed_beside_it() => Assert.Equal(
        [
            "t.way:1:26: error WAY1012: 'medium' is never 'wfi'; did you mean 'wifi'?",
            "t.way:1:30: error WAY0001: expected ')' behind the claim, found '{'",
        ], PolicyLanguage.Parse("when any path ( medium = wfi { any drop; }", "t.way").Diagnostics.Select(one => one.ToString()));

    [Fact]
    public void More_errors_than_are_listed_are_said_to_be_there()
    {
        var errors = PolicyLanguage.Parse(string.Concat(Enumerable.Repeat("any prefer lowest delya;\n", 1_200)), "t.way").Diagnostics;
        Assert.Equal(1_001, errors.Count);
        Assert.Equal("t.way:1001:19: error WAY0016: there are more errors, from here on, which are not listed; mend those before first", errors[1_000].ToString());
        Assert.DoesNotContain(PolicyLanguage.Parse(string.Concat(Enumerable.Repeat("any prefer lowest delya;\n", 1_000)), "t.way").Diagnostics, one => one.Code == "WAY0016");
    }

    [Theory]
    [InlineData("any require {0} else drop;")]
    [InlineData("any prefer lowest {0};")]
    [InlineData("any by user \"{0}\" \"{0}\";")]
    [InlineData("any prefer lowest rtt within 5 {0};")]
    public void A_long_word_is_not_shown_whole(string form)
    {
        var text = form.Replace("{0}", new string('x', 200_000), StringComparison.Ordinal);
        var diagnostics = PolicyLanguage.Parse(text, "t.way").Diagnostics;
        Assert.NotEmpty(diagnostics);
        Assert.All(diagnostics, one => Assert.InRange(one.ToString().Length, 20, 1_300));
        Assert.Contains(diagnostics, one => one.Message.Contains("xxx...xxx", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("udp by app \"curl\" peer port 9 drop;", "t.way:1:19: error WAY0001: expected 'drop', 'default', 'require', 'prefer', 'balance' or 'duplicate', found 'peer'; ")]
    [InlineData("udp peer port 9 tcp drop;", "t.way:1:17: error WAY0001: expected 'drop', 'default', 'require', 'prefer', 'balance' or 'duplicate', found 'tcp'; ")]
    public void A_part_in_the_wrong_place_is_told_the_right_one(string text, string told) => Assert.Equal(
        told + "the parts of a flow stand in this order: its protocol, 'local' and 'peer', then 'dscp', 'label', 'by', 'from', 'started' and 'not'",
        Assert.Single(PolicyLanguage.Parse(text, "t.way").Diagnostics).ToString());
}
