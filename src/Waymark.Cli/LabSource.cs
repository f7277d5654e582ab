using System.Text;
using Waymark.Lab.Topologies;
using Waymark.Policies.Language;

namespace Waymark.Cli;

/// <summary>A lab file as a user names it.</summary>
/// <param name="Text">The text; null where it is none.</param>
/// <param name="Diagnostics">What was found in it.</param>
internal sealed record LabSource(string? Text, EquatableArray<Diagnostic> Diagnostics)
{
    /// <summary>Whether a file without further word is a lab file.</summary>
    public static bool IsNamed(string file) => file.EndsWith(".lab", StringComparison.Ordinal);

    /// <summary>Reads it; null, and said on the standard error, where the file cannot be read.</summary>
    public static LabSource? Read(string file) => PolicySource.ReadBytes(file) is not { } bytes ? null
        : new(System.Text.Unicode.Utf8.IsValid(bytes) && bytes.Length <= PolicyLanguage.MostBytes ? Encoding.UTF8.GetString(bytes) : null, LabLanguage.Parse(bytes, file).Diagnostics);
}
