using System.IO;
using System.Text.RegularExpressions;
using Waymark.Lab.Topologies;
using Waymark.Nodes;
using Waymark.Policies.Language;

namespace Waymark.Tests.Documentation;

/// <summary>
/// The documentation says what is: each example fenced as <c>way</c> is read. <c>way</c> is a policy set, <c>way node</c> a node file, <c>way lab</c> a lab file; the codes behind are those that reading it reports,
/// without any it reports nothing.
/// </summary>
public sealed partial class DocumentationTests
{
    private static readonly string Docs = System.IO.Path.Combine(Repository.Root, "docs");

    public static TheoryData<string, int> Examples => new(Directory.GetFiles(Docs, "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .SelectMany(file => Fences(file).Select(fence => (System.IO.Path.GetRelativePath(Docs, file), fence.Line))));

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_reads_as_it_says(string file, int line)
    {
        var (_, tags, text) = Fences(System.IO.Path.Combine(Docs, file)).Single(fence => fence.Line == line);
        var diagnostics = tags.Contains("lab") ? LabLanguage.Parse(text, file).Diagnostics : tags.Contains("node") ? NodeLanguage.Parse(text, file).Diagnostics : PolicyLanguage.Parse(text, file).Diagnostics;
        Assert.Equal(tags.Where(tag => tag.StartsWith("WAY", StringComparison.Ordinal)), diagnostics.Select(one => one.Code));
    }

    [Theory]
    [InlineData("policy-language.md")]
    [InlineData("node-file.md")]
    public void There_are_examples_of_both_languages(string name) => Assert.True(Fences(System.IO.Path.Combine(Docs, name)).Count() >= 4);

    [Fact]
    public void Every_code_of_the_sources_is_documented_and_no_other()
    {
        var sources = Directory.EnumerateFiles(System.IO.Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));
        var used = sources.SelectMany(file => QuotedCode().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal);
        var documented = RowCode().Matches(File.ReadAllText(System.IO.Path.Combine(Docs, "diagnostics.md"))).Select(match => match.Groups[1].Value);
        Assert.Equal(used, documented);
    }

    private static IEnumerable<(int Line, string[] Tags, string Text)> Fences(string file)
    {
        var lines = File.ReadAllLines(file);
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i] != "```way" && !lines[i].StartsWith("```way ", StringComparison.Ordinal))
            {
                continue;
            }
            var start = i;
            while (lines[++i] != "```")
            {
            }
            yield return (start + 1, lines[start].Split(' ')[1..], string.Join('\n', lines[(start + 1)..i]) + "\n");
        }
    }

    [GeneratedRegex("\"(WAY[0-9]{4})\"")]
    private static partial Regex QuotedCode();

    [GeneratedRegex(@"^\| `(WAY[0-9]{4})` \|", RegexOptions.Multiline)]
    private static partial Regex RowCode();
}
