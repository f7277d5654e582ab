namespace Waymark.Policies;

/// <summary>
/// How much a policy set may hold, in whichever form it comes: what one form takes every other takes, so that a text can be submitted, kept, and written as JSON and back.
/// </summary>
public static class PolicyLimits
{
    /// <summary>
    /// How deep conditions, claims, rules and left-out flows nest (<see cref="PolicyNesting"/>). The samples need 3, and nobody has been seen to write more than 6. Protobuf's readers stop at 100
    /// messages inside each other, a level takes up to three of them (a rule in the <c>otherwise</c> of another), and the rest of a policy and of the call around it takes 14: 24 is what fits
    /// whatever the levels are, with room for a field more on the way down.
    /// </summary>
    public const int Nesting = 24;

    /// <summary>The most entries of a list inside a statement: flows, ranges, addresses, claims, fallbacks. Each is looked at wherever its statement is.</summary>
    public const int ListEntries = 65_536;

    /// <summary>The most policies, rules and definitions in one set, all levels together.</summary>
    public const int Statements = 200_000;

    /// <summary>The longest duration: a hundred years, which nobody waits for. Moments end with the year 9999, and one that is added to the present has to be one too.</summary>
    public static readonly TimeSpan LongestDuration = TimeSpan.FromDays(36_500);

    /// <summary>The longest name, in UTF-16 units: what a file name may have.</summary>
    public const int NameLength = 255;

    /// <summary>The longest other string (a label's value, a control group), in UTF-16 units.</summary>
    public const int TextLength = 4096;

    /// <summary>What is wrong with a name or another string, as the rest of a sentence about it; null where nothing is.</summary>
    /// <param name="text">The string.</param>
    /// <param name="longest">How many UTF-16 units it may have.</param>
    public static (TextFault Fault, string Sentence)? FaultOf(string text, int longest)
    {
        if (text.Length == 0)
        {
            return (TextFault.Empty, "is empty");
        }
        if (text.Length > longest)
        {
            return (TextFault.TooLong, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"has {text.Length} characters, more than the {longest} that are taken"));
        }
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
            {
                return (TextFault.NoText, $"holds the control character U+{(int)text[i]:X4}");
            }
            if (char.IsSurrogate(text[i]))
            {
                if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                {
                    return (TextFault.NoText, $"holds half a character, U+{(int)text[i]:X4}");
                }
                i++;
            }
        }
        return null;
    }
}
