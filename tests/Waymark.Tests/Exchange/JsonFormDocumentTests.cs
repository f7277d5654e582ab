using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CsCheck;
using Waymark.Exchange.Wire;
using Waymark.Policies.Language;

namespace Waymark.Tests.Exchange;

/// <summary>docs/json-form.md and docs/policy-set.schema.json say what the program does.</summary>
public sealed partial class JsonFormDocumentTests
{
    private static readonly string SchemaFile = System.IO.Path.Combine(Repository.Root, "docs", "policy-set.schema.json");
    private static readonly string Document = System.IO.File.ReadAllText(System.IO.Path.Combine(Repository.Root, "docs", "json-form.md"));

    /// <summary>After a change of the contract: run once with WAYMARK_WRITE=1 and read the difference.</summary>
    [Fact]
    public void The_published_schema_is_the_contract()
    {
        if (Environment.GetEnvironmentVariable("WAYMARK_WRITE") == "1")
        {
            System.IO.File.WriteAllText(SchemaFile, PolicySetSchema.Write());
        }
        Assert.Equal(PolicySetSchema.Write(), System.IO.File.ReadAllText(SchemaFile));
    }

    [Fact]
    public void What_is_written_as_JSON_fits_the_schema()
    {
        var check = new SchemaCheck(JsonNode.Parse(System.IO.File.ReadAllText(SchemaFile))!);
        PolicySetSamples.Set.Sample(set => Assert.Empty(check.Mistakes(JsonNode.Parse(PolicySetJson.ToJson(set)))), iter: 200);
    }

    [Theory]
    [InlineData("""{"statments":[]}""")]
    [InlineData("""{"statements":{}}""")]
    [InlineData("""{"statements":[{}]}""")]
    [InlineData("""{"statements":[{"policy":{"flows":[],"action":{"drop":{}}}}]}""")]
    [InlineData("""{"statements":[{"policy":{"flows":[{"named":"ssh"}],"action":{"drop":{},"default":{}}}}]}""")]
    [InlineData("""{"statements":[{"policy":{"flows":[{"named":1}],"action":{"drop":{}}}}]}""")]
    [InlineData("""{"statements":[{"policy":{"flows":[{"named":"ssh"}],"action":{"drop":{}},"lifetime":"2h"}}]}""")]
    [InlineData("""{"statements":[{"policy":{"flows":[{"named":"ssh"}],"action":{"drop":{}},"established":"CUT"}}]}""")]
    public void What_does_not_fit_the_schema_is_refused(string json)
    {
        Assert.NotEmpty(new SchemaCheck(JsonNode.Parse(System.IO.File.ReadAllText(SchemaFile))!).Mistakes(JsonNode.Parse(json)));
        Assert.Null(PolicySetJson.FromJson(json, "t.json", out _));
    }

    [Fact]
    public void Each_JSON_example_of_the_document_is_the_text_above_it()
    {
        var blocks = Blocks().Matches(Document).Select(block => (Kind: block.Groups[1].Value, Text: block.Groups[2].Value)).ToArray();
        Assert.True(blocks.Count(block => block.Kind == "json") >= 3);
        for (var i = 0; i < blocks.Length; i++)
        {
            if (blocks[i].Kind == "json")
            {
                Assert.Equal("waymark", blocks[i - 1].Kind);
                var parse = PolicyLanguage.Parse(blocks[i - 1].Text, "json-form.md");
                Assert.Empty(parse.Diagnostics);
                Assert.Equal(PolicySetJson.ToJson(parse.Set!), blocks[i].Text);
            }
        }
    }

    [Fact]
    public void Each_mistake_of_the_document_is_told_in_the_document_s_words()
    {
        var examples = Mistakes().Matches(Document);
        Assert.NotEmpty(examples);
        Assert.All(examples, example =>
        {
            Assert.Null(PolicySetJson.FromJson(example.Groups[1].Value, "x.json", out var diagnostics));
            Assert.Equal(example.Groups[2].Value, string.Concat(diagnostics.Select(one => one + "\n")));
        });
    }

    [GeneratedRegex("```(waymark|json)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex("```jsonc\n(.*?)```\n\n```text\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Mistakes();
}
