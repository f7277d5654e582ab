namespace Waymark.Tests.Policies.Language;

/// <summary>Comments and line feeds put where blanks were, which changes no meaning.</summary>
internal static class CommentsAnywhere
{
    /// <summary>Each: where, as a share of all blanks, and what.</summary>
    public static string Insert(string text, (double Where, int Kind)[] inserts)
    {
        var number = 0;
        foreach (var (where, kind) in inserts)
        {
            var blanks = Enumerable.Range(0, text.Length).Where(i => text[i] == ' ' && !IsInStringOrComment(text, i)).ToArray();
            var at = blanks[(int)(where * (blanks.Length - 1))];
            text = text.Insert(at, kind switch { 0 => "\n", 1 => "\n\n\n", 2 => $" # }} c{number++}; {{\n", 3 => $"\n# c{number++} \"\n", _ => " \t " });
        }
        return text;
    }

    /// <summary>Comments, in order of text: those inside a statement come to stand before it, so order is not kept among neighbours of one statement.</summary>
    public static string[] In(string text) =>
        [.. text.Split('\n').Where(line => line.Contains('#', StringComparison.Ordinal)).Select(line => line[line.IndexOf('#', StringComparison.Ordinal)..].TrimEnd()).Order(StringComparer.Ordinal)];

    private static bool IsInStringOrComment(string text, int at)
    {
        var line = text[(text.LastIndexOf('\n', at) + 1)..at];
        return line.Contains('#', StringComparison.Ordinal) || line.Count(c => c == '"') % 2 == 1;
    }
}
