using System.Globalization;

namespace Waymark.Linux.Nftables.Listings;

/// <summary>A word of nft's own form, and where it stands.</summary>
/// <param name="Text">The word, without quotes.</param>
/// <param name="Line">From 1.</param>
/// <param name="IsQuoted">Whether it stands in quotes: then it is a name, whatever it looks like.</param>
internal readonly record struct ListedToken(string Text, int Line, bool IsQuoted)
{
    /// <summary>Whether it is this word of the language.</summary>
    public bool Is(string word) => !IsQuoted && Text == word;

    /// <summary>The number that it is; null: none.</summary>
    public ulong? Number => IsQuoted ? null
        : Text.StartsWith("0x", StringComparison.Ordinal) ? ulong.TryParse(Text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hexadecimal) ? hexadecimal : null
        : ulong.TryParse(Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>The words of nft's own form: what stands between blanks, with brackets, semicolons and commas at the end of a word for themselves; without comments.</summary>
internal static class ListedTokens
{
    /// <summary>The words of a text. Throws <see cref="FormatException"/> where a quote does not end on its line.</summary>
    public static List<ListedToken> Of(string text)
    {
        var found = new List<ListedToken>();
        var (line, at) = (1, 0);
        while (at < text.Length)
        {
            var one = text[at];
            if (one == '\n')
            {
                line++;
                at++;
            }
            else if (char.IsWhiteSpace(one))
            {
                at++;
            }
            else if (one == '#')
            {
                at = EndOf(text, at, "\n");
            }
            else if (one == '"')
            {
                var end = EndOf(text, at + 1, "\"\n");
                if (end == text.Length || text[end] == '\n')
                {
                    throw new FormatException($"line {line}: a quote does not end");
                }
                found.Add(new(text[(at + 1)..end], line, IsQuoted: true));
                at = end + 1;
            }
            else if (one is '{' or '}' or ';' or ',')
            {
                found.Add(new(one.ToString(), line, IsQuoted: false));
                at++;
            }
            else
            {
                var end = EndOf(text, at, " \t\r\n\"{};");
                // A comma in a word belongs to it (@th,0,32), one at its end does not.
                var word = text[at..end].TrimEnd(',');
                if (word.Length > 0)
                {
                    found.Add(new(word, line, IsQuoted: false));
                }
                at += Math.Max(word.Length, 1);
            }
        }
        return found;
    }

    private static int EndOf(string text, int from, ReadOnlySpan<char> ends) => text.AsSpan(from).IndexOfAny(ends) is var found and >= 0 ? from + found : text.Length;
}
