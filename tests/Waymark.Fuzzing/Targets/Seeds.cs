using System.Text;

namespace Waymark.Fuzzing.Targets;

/// <summary>Inputs to begin with.</summary>
internal static class Seeds
{
    /// <summary>Texts, as they are.</summary>
    public static IReadOnlyList<byte[]> Of(params IEnumerable<string> texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    /// <summary>The statements of all sample policy files, one each: short inputs run faster, and splicing puts them together.</summary>
    public static IEnumerable<string> Statements { get; } = [.. Samples("node.way", isThat: false).SelectMany(Split)];

    /// <summary>The statements of the sample node file.</summary>
    public static IEnumerable<string> NodeStatements { get; } = [.. Samples("node.way", isThat: true).SelectMany(Split)];

    private static IEnumerable<string> Samples(string name, bool isThat) => System.IO.Directory.GetFiles(System.IO.Path.Combine(AppContext.BaseDirectory, "Samples"), "*.way")
        .Where(file => System.IO.Path.GetFileName(file) == name == isThat).Order(StringComparer.Ordinal).Select(System.IO.File.ReadAllText);

    /// <summary>At ends of statements outside of braces.</summary>
    private static IEnumerable<string> Split(string text)
    {
        var (start, depth) = (0, 0);
        var lines = string.Join('\n', text.Split('\n').Select(line => line.Split('#')[0].TrimEnd()).Where(line => line.Length > 0));
        for (var i = 0; i < lines.Length; i++)
        {
            depth += lines[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0 && lines[i] is ';' or '}')
            {
                yield return lines[start..(i + 1)].Trim();
                start = i + 1;
            }
        }
    }
}
