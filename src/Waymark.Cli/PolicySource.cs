using System.Text;
using Waymark.Exchange.Wire;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Cli;

/// <summary>A policy set as a user names it: a file in the language, a <c>.json</c> file, or <c>-</c> for the standard input.</summary>
/// <param name="Name">The set's name: the file's, without its folder.</param>
/// <param name="Text">The text.</param>
/// <param name="Set">The set; null where it has mistakes.</param>
/// <param name="Diagnostics">What was found in it.</param>
internal sealed record PolicySource(string Name, string? Text, PolicySet? Set, EquatableArray<Diagnostic> Diagnostics)
{
    /// <summary>Reads it; null, and said on the standard error, where the file cannot be read.</summary>
    public static PolicySource? Read(string file)
    {
        if (ReadBytes(file, IsJson(file) || file == "-" ? WireLimits.MessageBytes : PolicyLanguage.MostBytes) is not { } bytes)
        {
            return null;
        }
        var name = file == "-" ? "stdin" : System.IO.Path.GetFileName(file);
        var text = System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;
        if (text is not null && (IsJson(file) || (file == "-" && text.TrimStart().StartsWith('{'))))
        {
            var set = PolicySetJson.FromJson(text, file, out var mistakes);
            return new(name, null, set, mistakes);
        }
        var parse = PolicyLanguage.Parse(bytes, file);
        return new(name, bytes.Length <= PolicyLanguage.MostBytes ? text : null, parse.Set, parse.Diagnostics);
    }

    private static bool IsJson(string file) => file.EndsWith(".json", StringComparison.Ordinal);

    /// <summary>A file's bytes, or those of the standard input, about as many as may be taken and somewhat more where there are more; null, and said on the standard error, where it cannot be read.</summary>
    internal static byte[]? ReadBytes(string file, int most = PolicyLanguage.MostBytes)
    {
        try
        {
            using var stream = file == "-" ? Console.OpenStandardInput() : System.IO.File.OpenRead(file);
            using var all = new System.IO.MemoryStream();
            // A little more than is taken, so that too much is told from just enough.
            var buffer = new byte[64 << 10];
            for (int count; all.Length <= most && (count = stream.Read(buffer)) > 0;)
            {
                all.Write(buffer, 0, count);
            }
            return all.ToArray();
        }
        catch (Exception unreadable) when (unreadable is System.IO.IOException or UnauthorizedAccessException)
        {
            // Nothing was changed by then; the user has the system's reason.
            Invocation.Fail(unreadable.Message);
            return null;
        }
    }
}
