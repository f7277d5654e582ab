using Waymark.Policies.Language;

namespace Waymark.Lab.Topologies;

/// <summary>The language of lab files: the policy language's tokens, statements of its own. The reference is <c>docs/lab.md</c>.</summary>
public static class LabLanguage
{
    /// <summary>Reads a lab file. Finds every independent mistake in one run; never throws for the text's sake.</summary>
    public static LabParse Parse(string text, string file)
    {
        var source = new SourceText(text, file);
        if (text.Length > PolicyLanguage.MostBytes)
        {
            source.Error("WAY0011", 0, 1, $"the file holds more than {PolicyLanguage.MostBytes >> 20} MiB");
            return new(null, source.Diagnostics);
        }
        var lab = new LabParser(source).Read();
        return new(source.HasErrors ? null : lab, source.Diagnostics);
    }

    /// <summary>As <see cref="Parse(string, string)"/>, of bytes that have to be UTF-8.</summary>
    public static LabParse Parse(ReadOnlySpan<byte> utf8, string file) =>
        PolicyLanguage.TryDecode(utf8, file, out var text, out var diagnostic) ? Parse(text, file) : new(null, [diagnostic!]);

    /// <summary>
    /// The canonical form of a text: each statement on a line of its own, a block on one line where it fits, comments and single blank lines between statements kept.
    /// Null where the text has errors.
    /// </summary>
    public static string? Format(string text, string file)
    {
        var source = new SourceText(text, file);
        var parser = new LabParser(source);
        parser.Read();
        return source.HasErrors ? null : new StatementFormatter(source, parser).Format();
    }

    /// <summary>Reads a file into a topology; throws <see cref="LabException"/> with each mistake, its line and its mend.</summary>
    public static Topology Load(string file)
    {
        try
        {
            return PolicyLanguage.TryDecode(System.IO.File.ReadAllBytes(file), file, out var text, out var broken) ? ToTopology(text, file) : throw Refused([broken!], null);
        }
        catch (Exception failed) when (failed is System.IO.IOException or UnauthorizedAccessException)
        {
            throw new LabException($"the lab file cannot be read: {failed.Message}", isInput: true);
        }
    }

    internal static Topology ToTopology(string text, string file)
    {
        var parse = Parse(text, file);
        return parse.File?.ToTopology(System.IO.Path.GetFileNameWithoutExtension(file))
            ?? throw Refused(parse.Diagnostics, text);
    }

    private static LabException Refused(EquatableArray<Diagnostic> diagnostics, string? text) =>
        new($"the lab file is refused\n{string.Concat(diagnostics.Select(one => DiagnosticText.Render(one, text)))}".TrimEnd(), isInput: true);
}
