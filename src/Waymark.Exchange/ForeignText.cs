using System.Globalization;
using System.Text;

namespace Waymark.Exchange;

/// <summary>
/// Text that came from outside, as it may stand in a line of a log or on a terminal: nothing in it ends the line, moves the cursor or turns the direction of writing, so that nobody writes lines that look
/// like ours.
/// </summary>
public static class ForeignText
{
    /// <summary>Longer texts are cut.</summary>
    public const int Longest = 200;

    /// <summary>Whether a text can stand as it is.</summary>
    public static bool IsPlain(string text) => text.EnumerateRunes().All(IsPlain);

    /// <summary>The text, what cannot stand in a line as <c>\u{XX}</c>, cut behind <paramref name="longest"/> characters.</summary>
    public static string Show(string text, int longest = Longest)
    {
        var shown = new StringBuilder();
        var count = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (count++ == longest)
            {
                return shown.Append("...").ToString();
            }
            if (IsPlain(rune))
            {
                shown.Append(rune.ToString());
            }
            else
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            }
        }
        return shown.ToString();
    }

    private static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned);
}
