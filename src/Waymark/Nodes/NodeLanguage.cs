using Waymark.Policies.Language;

namespace Waymark.Nodes;

/// <summary>What came of reading a node file.</summary>
/// <param name="File">The file; null where there is an error.</param>
/// <param name="Diagnostics">Errors and warnings, in order of place.</param>
public sealed record NodeParse(NodeFile? File, EquatableArray<Diagnostic> Diagnostics);

/// <summary>The language of the node file: the policy language's tokens, statements of its own. The reference is <c>docs/node-file.md</c>.</summary>
public static class NodeLanguage
{
    /// <summary>Reads a node file. Finds every independent mistake in one run; never throws for the text's sake.</summary>
    public static NodeParse Parse(string text, string file)
    {
        var source = new SourceText(text, file);
        if (text.Length > PolicyLanguage.MostBytes)
        {
            source.Error("WAY0011", 0, 1, $"the file holds more than {PolicyLanguage.MostBytes >> 20} MiB");
            return new(null, source.Diagnostics);
        }
        var node = new NodeParser(source).Read();
        return new(source.HasErrors ? null : node, source.Diagnostics);
    }

    /// <summary>As <see cref="Parse(string, string)"/>, of bytes that have to be UTF-8.</summary>
    public static NodeParse Parse(ReadOnlySpan<byte> utf8, string file) =>
        PolicyLanguage.TryDecode(utf8, file, out var text, out var diagnostic) ? Parse(text, file) : new(null, [diagnostic!]);

    /// <summary>
    /// The canonical form of a text: each statement on a line of its own, a block on one line where it fits, comments and single blank lines between statements kept,
    /// and what has no effect yet as it stands. Null where the text has errors.
    /// </summary>
    public static string? Format(string text, string file)
    {
        var source = new SourceText(text, file);
        var parser = new NodeParser(source);
        parser.Read();
        return source.HasErrors ? null : new StatementFormatter(source, parser).Format();
    }
}
