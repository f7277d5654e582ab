using System.Globalization;
using Waymark.Cli.Display;
using Waymark.Exchange.Wire;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.PathDecision;
using Waymark.Tests.PathDecision;

namespace Waymark.Tests.Golden;

/// <summary>
/// Policies and paths (<c>policy.way</c>, <c>paths.txt</c>) beside all that comes of them: filter rules, classes, why, and the table in the kernel (<c>expected.txt</c>). A change shows as
/// a difference that somebody reads. <c>WAYMARK_GOLDEN=write</c> writes the expected files anew.
/// </summary>
public sealed class GoldenTests
{
    private static readonly string Folder = System.IO.Path.Combine(Repository.Root, "tests", "Waymark.Tests", "Golden");

    public static TheoryData<string> Cases => new(System.IO.Directory.GetDirectories(Folder).Select(one => System.IO.Path.GetFileName(one)!).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_comes_of_it_is_what_was_expected(string name)
    {
        string In(string file) => System.IO.Path.Combine(Folder, name, file);
        var actual = string.Join('\n', Lines(World(System.IO.File.ReadAllText(In("policy.way")), System.IO.File.ReadAllLines(In("paths.txt"))))) + "\n";
        if (Environment.GetEnvironmentVariable("WAYMARK_GOLDEN") == "write")
        {
            System.IO.File.WriteAllText(In("expected.txt"), actual);
        }
        Assert.Equal(System.IO.File.ReadAllText(In("expected.txt")), actual);
    }

    /// <summary>Lines of <c>NAME metric N [v4|v6] [characteristic=value ...]</c>, values in base units.</summary>
    private static World World(string policies, IEnumerable<string> paths)
    {
        var read = paths.Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        var world = Worlds.Of(policies, [.. read.Select((words, i) => Worlds.Path(words[0], v4: !words.Contains("v6"), v6: !words.Contains("v4"), metric: uint.Parse(words[2], CultureInfo.InvariantCulture)) with { DeviceIndex = i + 2 })]);
        foreach (var words in read)
        {
            world = world.With(words[0], [.. words.Skip(3).Where(word => word.Contains('=', StringComparison.Ordinal)).Select(word => word.Split('=')).Select(pair => (pair[0], Value(pair[1])))]);
        }
        return world;

        static object Value(string text) => text is "yes" or "no" ? text == "yes" : double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : text;
    }

    private static IEnumerable<string> Lines(World world)
    {
        var decision = PathResolution.Decide(world);
        yield return "rules";
        foreach (var rule in decision.FilterRules.Rules.AsEnumerable())
        {
            yield return $"  {SelectorText.Of(DecisionTranslation.ToWire(rule.Selector))} -> class {rule.Class}  # {rule.Origin}{(rule.EndsAt is { } end ? $" until {end:O}" : "")}";
        }
        yield return "classes";
        foreach (var (one, reason) in decision.FilterRules.Classes.Zip(decision.Reasons))
        {
            yield return $"  {one.Number}{(one.IsStrict ? " strict" : "")} established {one.Established.ToString().ToLowerInvariant()}";
            foreach (var (family, why) in new[] { (IpFamily.V4, reason.V4), (IpFamily.V6, reason.V6) })
            {
                yield return $"    {family}: {Action(one.Action(family))}{(one.Backup(family) is { } backup ? $", then {backup.LocalId}" : "")}{(one.Denied(family).IsEmpty ? "" : $"; denied {string.Join(' ', one.Denied(family).Select(path => path.LocalId))}")}";
                foreach (var candidate in (why?.Candidates ?? []).AsEnumerable())
                {
                    yield return $"      {candidate.Path.LocalId}: {FindingText.Verdict(candidate.Verdict)}{string.Concat(candidate.Findings.Select(finding => $"; {FindingText.Of(finding)}"))}";
                }
            }
        }
        foreach (var one in decision.Unresolved.AsEnumerable())
        {
            yield return $"unresolved {one.Origin}: {one.Code} {one.Message}";
        }
        var encoded = NftablesEncoder.Encode(decision.FilterRules, world.Paths, Territory.Default, EncoderOptions.Default, EncoderMemory.Empty);
        foreach (var refused in encoded.Refused.AsEnumerable())
        {
            yield return $"refused {refused.Rule.Origin}: {refused.Reason}";
        }
        foreach (var rule in encoded.IpRules.AsEnumerable())
        {
            yield return $"rule {rule.Priority} {rule.Family} {rule.Action.ToString().ToLowerInvariant()} {rule.Table}{(rule.Mark is { } mark ? $" mark {mark:x}/{rule.MarkMask:x}" : "")}{(rule.Source is { } source ? $" from {source}" : "")}{(rule.OutputDevice is { } device ? $" oif {device}" : "")}"
                + (rule.SuppressPrefixLength is { } length ? $" suppress {length}" : "");
        }
        foreach (var route in encoded.Routes.AsEnumerable())
        {
            yield return $"route table {route.Table} {route.Destination} via {route.Gateway?.ToString() ?? "-"} link {route.LinkIndex}";
        }
        foreach (var line in TableText.Of(encoded.Table))
        {
            yield return line;
        }
    }

    private static string Action(FilterAction action) => action switch
    {
        FilterAction.Use(var path) => path.LocalId,
        FilterAction.Spread(var shares, var per) => $"{string.Join(' ', shares.Select(share => $"{share.Path.LocalId}:{share.Weight}"))} per {per.ToString().ToLowerInvariant()}",
        FilterAction.Drop => "drop",
        _ => "system's own",
    };
}
