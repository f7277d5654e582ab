using System.Text;
using Waymark.Nodes;
using Waymark.Policies.Language;

namespace Waymark.Cli;

/// <summary>A node file as a user names it: a file, or <c>-</c> for the standard input.</summary>
/// <param name="Text">The text; null where it is none.</param>
/// <param name="Node">What it says; null where it has mistakes.</param>
/// <param name="Diagnostics">What was found in it.</param>
internal sealed record NodeSource(string? Text, NodeFile? Node, EquatableArray<Diagnostic> Diagnostics)
{
    /// <summary>Whether a file without further word is a node file.</summary>
    public static bool IsNamed(string file) => System.IO.Path.GetFileName(file) == "node.way";

    /// <summary>Reads it; null, and said on the standard error, where the file cannot be read.</summary>
    public static NodeSource? Read(string file)
    {
        if (PolicySource.ReadBytes(file) is not { } bytes)
        {
            return null;
        }
        var parse = NodeLanguage.Parse(bytes, file);
        return new(System.Text.Unicode.Utf8.IsValid(bytes) && bytes.Length <= PolicyLanguage.MostBytes ? Encoding.UTF8.GetString(bytes) : null, parse.File, parse.Diagnostics);
    }
}
