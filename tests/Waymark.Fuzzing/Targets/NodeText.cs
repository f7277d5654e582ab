using System.Text;
using Waymark.Nodes;

namespace Waymark.Fuzzing.Targets;

/// <summary>A node file: every text is read or has errors that lie in it, and what was read can be printed and read again.</summary>
internal static class NodeText
{
    public static FuzzTarget Target { get; } = new("node-text", Seeds.Of(Seeds.NodeStatements), Take) { Words = Words.OfNodes };

    private static bool Take(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var parse = NodeLanguage.Parse(text, "fuzz");
        Diagnostics.Check(parse.Diagnostics, text, parse.File is null);
        if (parse.File is not { } node)
        {
            return Diagnostics.AreOfKinds(parse.Diagnostics, 3);
        }
        Expect.Equal(node, NodeLanguage.Parse(NodePrinter.Print(node), "fuzz").File, "printed and read again it is the same");
        var formatted = NodeLanguage.Format(text, "fuzz")!;
        Expect.Equal(node, NodeLanguage.Parse(formatted, "fuzz").File, "formatted it means the same");
        Expect.Equal(formatted, NodeLanguage.Format(formatted, "fuzz"), "what is formatted stays as it is");
        return false;
    }
}
