using CsCheck;
using Waymark.Nodes;
using Waymark.Tests.Policies.Language;

namespace Waymark.Tests.Nodes;

public sealed class NodeLanguageProperties
{
    [Fact]
    public void What_is_printed_reads_as_what_it_was_and_is_in_canonical_form() => NodeSamples.File.Sample(
        node =>
        {
            var text = NodePrinter.Print(node);
            var parse = NodeLanguage.Parse(text, "node.way");
            Assert.True(parse.File is not null, $"{string.Join('\n', parse.Diagnostics)}\n{text}");
            Assert.Equal(node, parse.File);
            Assert.Equal(text, NodePrinter.Print(parse.File));
            Assert.Equal(text, NodeLanguage.Format(text, "node.way"));
        }, iter: 2000);

    [Fact]
    public void Comments_and_line_feeds_anywhere_survive_formatting_and_change_no_meaning()
    {
        var samples = NodeLanguageTests.SampleNames.Select(Repository.Sample).ToArray();
        Gen.Select(Gen.Int[0, samples.Length - 1], Gen.Select(Gen.Double[0, 1], Gen.Int[0, 4]).Array[1, 6]).Sample(
            (pick, inserts) =>
            {
                var text = samples[pick];
                var node = NodeLanguage.Parse(text, "node.way").File;
                text = CommentsAnywhere.Insert(text, inserts);
                var formatted = NodeLanguage.Format(text, "node.way");
                Assert.NotNull(formatted);
                Assert.Equal(node, NodeLanguage.Parse(formatted, "node.way").File);
                Assert.Equal(CommentsAnywhere.In(text), CommentsAnywhere.In(formatted));
                Assert.Equal(formatted, NodeLanguage.Format(formatted, "node.way"));
            }, iter: 400);
    }
}
