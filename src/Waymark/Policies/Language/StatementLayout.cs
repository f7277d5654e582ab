namespace Waymark.Policies.Language;

/// <summary>How statements with blocks are laid out: on one line where they fit, else a line for each inner statement.</summary>
internal static class StatementLayout
{
    /// <summary>What two editors beside each other still show of a line on a wide screen; the longest line of the documentation's examples has 112.</summary>
    private const int Width = 120;

    /// <summary>A block with its statements on one line; null: it does not fit there.</summary>
    /// <param name="head">What stands before the block.</param>
    /// <param name="inner">Its statements, each with its semicolon.</param>
    /// <param name="level">How deep it stands.</param>
    public static string? OnOneLine(string head, IReadOnlyList<string> inner, int level)
    {
        var line = inner.Count == 0 ? $"{head} {{ }}" : $"{head} {{ {string.Join(' ', inner)} }}";
        return line.Length + (2 * level) <= Width ? line : null;
    }

    /// <summary>A block at the top level in lines, each with its line feed.</summary>
    public static string Block(string head, IReadOnlyList<string> inner) =>
        (OnOneLine(head, inner, 0) ?? $"{head} {{\n{string.Concat(inner.Select(one => $"  {one}\n"))}}}") + "\n";
}
