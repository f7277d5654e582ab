using System.Text;

namespace Waymark.Policies.Language;

/// <summary>
/// Cuts a text into tokens by longest match. What cannot be a token is reported once and stands as <see cref="TokenKind.Broken"/>, so that the parser goes on
/// behind it in silence.
/// </summary>
internal sealed class Lexer
{
    private static readonly string[] Marks = ["<=", ">=", "!=", "<", ">", "=", "{", "}", "(", ")", "[", "]", ";", ",", ":", "|", "-", "/", "%"];

    private readonly SourceText source;
    private readonly string text;
    private readonly List<Token> tokens = [];
    private readonly List<Comment> comments = [];
    private int at;

    private Lexer(SourceText source)
    {
        this.source = source;
        text = source.Text;
    }

    /// <summary>All tokens, the last of them <see cref="TokenKind.End"/>, and the comments, both in order.</summary>
    public static (List<Token> Tokens, List<Comment> Comments) Cut(SourceText source)
    {
        var lexer = new Lexer(source);
        lexer.Run();
        return (lexer.tokens, lexer.comments);
    }

    private void Run()
    {
        if (text.StartsWith('\ufeff'))
        {
            at = 1;
        }
        while (at < text.Length)
        {
            var c = text[at];
            if (c is ' ' or '\t' or '\r' or '\n')
            {
                at++;
            }
            else if (c == '#')
            {
                var end = text.IndexOf('\n', at);
                end = end < 0 ? text.Length : end;
                comments.Add(new(text[at..end].TrimEnd(), at));
                at = end;
            }
            else if (c == '"')
            {
                String();
            }
            else if (TryAddress() || TryNumber() || TryWord())
            {
            }
            else if (Marks.FirstOrDefault(mark => string.CompareOrdinal(text, at, mark, 0, mark.Length) == 0) is { } mark)
            {
                Add(TokenKind.Mark, at + mark.Length);
            }
            else
            {
                var rune = Rune.TryGetRuneAt(text, at, out var whole) ? whole : Rune.ReplacementChar;
                source.Error("WAY0005", at, at + rune.Utf16SequenceLength, $"the character {Show(rune)} has no meaning here", Mend(rune));
                Add(TokenKind.Broken, at + rune.Utf16SequenceLength);
            }
        }
        tokens.Add(new(TokenKind.End, "", text.Length, text.Length));
    }

    private static string Show(Rune rune) => Rune.IsControl(rune) || rune == Rune.ReplacementChar ? $"U+{rune.Value:X4}" : $"'{rune}'";

    private static string? Mend(Rune rune) => rune.Value switch
    {
        '\u201c' or '\u201d' or '\'' => "write strings between \"",
        '\u2013' or '\u2014' => "write '-'",
        '\u00a0' => "write an ordinary blank",
        '\u2264' => "write '<='",
        '\u2265' => "write '>='",
        '&' => "write 'and'",
        '!' => "write 'not'",
        _ => null,
    };

    private void Add(TokenKind kind, int end)
    {
        tokens.Add(new(kind, text[at..end], at, end));
        at = end;
    }

    private void String()
    {
        var value = new StringBuilder();
        var i = at + 1;
        for (; i < text.Length && text[i] is not ('"' or '\n'); i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] != '\n')
            {
                i++;
            }
            value.Append(text[i]);
        }
        if (i < text.Length && text[i] == '"')
        {
            tokens.Add(new(TokenKind.String, value.ToString(), at, i + 1));
            at = i + 1;
            return;
        }
        source.Error("WAY0004", at, i, "the string has no end on its line", "close it with \"");
        // What follows is most likely inside the string: the rest of the line is one token.
        tokens.Add(new(TokenKind.Broken, text[at..i], at, i));
        at = i;
    }

    private bool TryAddress()
    {
        // A run of hex digits, colons and dots with two colons or more is an IPv6 or a hardware address; four numbers with dots are an IPv4 one.
        int end = at, colons = 0, dots = 0;
        var onlyDigits = true;
        while (end < text.Length && (char.IsAsciiHexDigit(text[end]) || text[end] is ':' or '.'))
        {
            colons += text[end] == ':' ? 1 : 0;
            dots += text[end] == '.' ? 1 : 0;
            onlyDigits &= char.IsAsciiDigit(text[end]) || text[end] == '.';
            end++;
        }
        if (colons < 2 && !(onlyDigits && dots >= 2 && char.IsAsciiDigit(text[at])))
        {
            return false;
        }
        if (end < text.Length && IsWordPart(text[end]) && colons < 2)
        {
            return false;
        }
        // A policy's name may end in a colon that has nothing to do with the address before it; an address may not end in one.
        while (end > at + 1 && (text[end - 1] == '.' || (text[end - 1] == ':' && text[end - 2] != ':')))
        {
            end--;
        }
        if (end + 1 < text.Length && text[end] == '/' && char.IsAsciiDigit(text[end + 1]))
        {
            for (end++; end < text.Length && char.IsAsciiDigit(text[end]); end++)
            {
            }
        }
        Add(TokenKind.Address, end);
        return true;
    }

    private bool TryNumber()
    {
        if (!char.IsAsciiDigit(text[at]))
        {
            return false;
        }
        if (at + 5 <= text.Length && text[at + 2] == ':' && Digits(at) == at + 2 && Digits(at + 3) == at + 5)
        {
            Add(TokenKind.Time, at + 5);
            return true;
        }
        int end;
        if (text[at] == '0' && at + 2 < text.Length && text[at + 1] is 'x' or 'X' && char.IsAsciiHexDigit(text[at + 2]))
        {
            for (end = at + 2; end < text.Length && char.IsAsciiHexDigit(text[end]); end++)
            {
            }
        }
        else
        {
            end = Digits(at);
            if (end + 1 < text.Length && text[end] == '.' && char.IsAsciiDigit(text[end + 1]))
            {
                end = Digits(end + 1);
            }
        }
        Add(TokenKind.Number, end);
        return true;
    }

    private int Digits(int from)
    {
        while (from < text.Length && char.IsAsciiDigit(text[from]))
        {
            from++;
        }
        return from;
    }

    private bool TryWord()
    {
        if (!char.IsAsciiLetter(text[at]))
        {
            return false;
        }
        var end = at + 1;
        while (end < text.Length && (IsWordPart(text[end]) || (text[end] is '-' or '.' && end + 1 < text.Length && char.IsAsciiLetterOrDigit(text[end + 1]))))
        {
            end++;
        }
        // Bit rates are one unit: "Mbit/s", without blanks.
        if (text.AsSpan(at, end - at).EndsWith("bit") && end + 1 < text.Length && text[end] == '/' && text[end + 1] == 's' && (end + 2 >= text.Length || !IsWordPart(text[end + 2])))
        {
            end += 2;
        }
        Add(TokenKind.Word, end);
        return true;
    }

    private static bool IsWordPart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
