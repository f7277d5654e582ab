using System.Text.Json;
using System.Text.RegularExpressions;
using Waymark.SystemTests.Faults;
using Waymark.SystemTests.FilterRuleInstallation;

namespace Waymark.SystemTests.Daemon;

/// <summary>What was saved of a node's kernel is held to what its daemon decided: by asking it, or without any, by a user without rights, from its recording.</summary>
public sealed class SavedVerificationTests
{
    private const int Nobody = 65534;

    [Theory]
    [InlineData("")]
    [InlineData("-j")]
    public void What_was_saved_is_equal_until_somebody_changes_it(string form)
    {
        using var world = new World();
        using var daemon = new DaemonProcess(world);
        daemon.Write("policy.d/site.way", "udp peer port 1000-1099 require metered; tcp peer 203.0.113.0/24 port 443 require not metered; peer 2001:db8:cafe::/48 balance; icmp drop;");
        daemon.Write("node.way", "path w2 { interface w2; metered; } probe default { none; } hold-down { penalty 0; } forward { from interface l0; masquerade; }");
        daemon.StartUp(options: $"--record {daemon.In("decisions")}");
        var saved = SavedStates.Of(world, form);
        foreach (var (name, file) in new[] { ("ruleset", saved.Ruleset), ("routing4", saved.Routing4), ("routing6", saved.Routing6) })
        {
            System.IO.File.WriteAllBytes(daemon.In(name), file.Text.ToArray());
        }
        var files = $"--node {daemon.In("node.way")} --ruleset {daemon.In("ruleset")} --routing4 {daemon.In("routing4")} --routing6 {daemon.In("routing6")}";
        var (code, text) = daemon.TryAsk($"verify {files}");
        Assert.True(code == 0 && text.StartsWith("equal: ", StringComparison.Ordinal), text);
        daemon.Stop("TERM");
        Shell.Run($"chmod a+r {daemon.In("decisions")}");
        (code, text) = daemon.TryAsk($"verify {files} --recording {daemon.In("decisions")}", Nobody);
        Assert.True(code == 0 && text.StartsWith("equal: ", StringComparison.Ordinal) && text.Contains("against what was decided at ", StringComparison.Ordinal), text);

        // Another path in the map that leads new flows of the first class.
        var ruleset = System.IO.File.ReadAllText(daemon.In("ruleset"));
        var first = Regex.Match(ruleset, form.Length == 0 ? "(?<=0x00004000 : goto )n[0-9_]+" : "(?<=\\[16384, {\"goto\": {\"target\": \")n[0-9_]+");
        Assert.True(first.Success, ruleset);
        daemon.Write("ruleset", ruleset[..first.Index] + (first.Value[1] == '1' ? "n2" : "n1") + ruleset[(first.Index + first.Length)..]);
        (code, text) = daemon.TryAsk($"verify {files} --recording {daemon.In("decisions")} -o json", Nobody);
        Assert.Equal(4, code);
        var difference = JsonDocument.Parse(text).RootElement.GetProperty("differences")[0];
        Assert.Matches("^w[123] \\(class 1\\)$", difference.GetProperty("decided").GetString());
        Assert.Matches("^w[123] \\(class 1\\)$", difference.GetProperty("kernel").GetString());
        Assert.NotEqual(difference.GetProperty("decided").GetString(), difference.GetProperty("kernel").GetString());

        // What is no ruleset is said to be none.
        daemon.Write("ruleset", "table inet waymark {");
        (code, text) = daemon.TryAsk($"verify {files} --recording {daemon.In("decisions")}", Nobody);
        Assert.Equal((2, $"waymark: {daemon.In("ruleset")}: line 1: the ruleset ends in the middle"), (code, text.Trim()));
        (code, text) = daemon.TryAsk($"verify --ruleset {daemon.In("ruleset")}");
        Assert.True(code == 2 && text.Contains("are given together", StringComparison.Ordinal), text);
    }
}
