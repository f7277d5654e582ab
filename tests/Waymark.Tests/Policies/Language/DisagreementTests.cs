using Waymark.Policies.Language;

namespace Waymark.Tests.Policies.Language;

public sealed class DisagreementTests
{
    [Theory]
    [InlineData("ssh drop;", "tcp peer port 22 prefer lowest cost;", "b.way:1:1: this never applies: a.way:1 says otherwise of its flows and goes first")]
    [InlineData("any drop;", "\nssh prefer lowest cost;", "b.way:2:1: this never applies: a.way:1 says otherwise of its flows and goes first")]
    [InlineData("when any path (metered) { ssh drop; }", "ssh default;", "b.way:1:1: a.way:1 says otherwise of the same flows, and goes first whenever its condition holds")]
    [InlineData("ssh drop;", "rule first priority 1 when always { ssh default; }", "a.way:1:1: b.way:1 says otherwise of the same flows, and goes first whenever its condition holds")]
    [InlineData("tcp drop; udp drop;", "tcp peer port 1-9, udp default;", "b.way:1:1: this never applies: a.way:1 and 1 more together decide all of its flows first")]
    [InlineData("tcp peer port 1-30 drop; when any path (metered) { ssh drop; }", "ssh, udp peer port 9 default;\nwhen any path (metered) { ssh default; }", "b.way:2:27: this never applies: a.way:1 says otherwise of its flows and goes first")]
    [InlineData("any by user alice drop;", "any by user alice default;", "b.way:1:1: this never applies: a.way:1 says otherwise of its flows and goes first")]
    public void What_another_file_says_otherwise_is_told_where_it_loses(string a, string b, string told) => Assert.Equal([told], Told(a, b));

    [Theory]
    [InlineData("ssh drop;", "any prefer lowest cost;")]
    [InlineData("ssh drop;", "ssh drop;")]
    [InlineData("tcp peer port 20-30 drop;", "tcp peer port 25-40 default;")]
    [InlineData("when any path (metered) { any drop; }", "ssh default;")]
    [InlineData("when any path (metered) { ssh drop; }", "when any path (metered) { } otherwise { ssh default; }")]
    [InlineData("ssh at peer any drop;", "ssh default;")]
    [InlineData("ssh drop lifetime 1 h;", "ssh default;")]
    [InlineData("any by user alice drop;", "any by user bob default;")]
    public void Layers_and_different_flows_are_no_contradiction(string a, string b) => Assert.Empty(Told(a, b));

    [Fact]
    public void A_file_does_not_contradict_itself() => Assert.Empty(Told("ssh drop; ssh default;", "any default;"));

    [Fact]
    public void Five_are_told_of_two_files_and_the_rest_is_counted()
    {
        string Each(string action) => string.Join('\n', Enumerable.Range(1, 12).Select(port => $"tcp peer port {port} {action};"));
        var told = Told(Each("drop"), Each("default"));
        Assert.Equal(6, told.Length);
        Assert.Equal("b.way:0:0: 7 more of its policies say something else of their flows than a.way", told[^1]);
    }

    [Fact]
    public void Thousands_of_policies_are_compared_too()
    {
        string Each(string action) => string.Join('\n', Enumerable.Range(1, 2000).Select(port => $"tcp peer port {port} {action};"));
        Assert.Equal("b.way:0:0: 1995 more of its policies say something else of their flows than a.way", Told(Each("drop"), Each("default"))[^1]);
    }

    private static string[] Told(string a, string b) =>
        [.. PolicyLanguage.CheckTogether([("a.way", PolicyLanguage.Parse(a, "a.way").Set!), ("b.way", PolicyLanguage.Parse(b, "b.way").Set!)])
            .Select(one => $"{one.File}:{one.Line}:{one.Column}: {one.Message}")];
}
