using Waymark.Paths;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.PathExamination;

/// <summary>
/// Which characteristics a program outside may say: all that it names itself, with a dot, and those of the language's table that a modem, an operator or a scheduler can
/// know better than this node can measure. Not what probes find out (<c>up</c>, delays, jitter, loss, <c>mos</c>): a program that still says what was true a minute ago would hide a path that
/// fails. Not what only the administrator may vouch for (<c>encrypted</c>, labels).
/// </summary>
public static class OutsideNames
{
    /// <summary>Those of the language's table.</summary>
    public static IReadOnlyList<string> OfTable { get; } =
        ["available", "available.up", "bandwidth", "bandwidth.up", "cost", "medium", "metered", "mtu", "quota", "signal"];

    /// <summary>What is wrong with a name, and the likely mend; null where a program may say it.</summary>
    /// <param name="name">Any string.</param>
    /// <param name="isKnown">Whether it is a characteristic at all.</param>
    public static (string Sentence, string Mend)? FaultOf(string name, out bool isKnown)
    {
        isKnown = IsWord(name) && Characteristic.TryFind(name, out _);
        if (isKnown && Characteristic.TryFind(name, out var found) && (found.IsOpen || OfTable.Contains(name)))
        {
            return null;
        }
        if (isKnown)
        {
            return ($"'{name}' is not for another program to say", $"those are {string.Join(", ", OfTable)}, and any word with a dot of your own");
        }
        var shown = name.Length <= 64 ? name : name[..64] + "...";
        return ($"'{shown}' is not a characteristic of paths", NearestWord.Mend(name, OfTable) ?? "one of your own is a word with a dot: modem.rsrp");
    }

    /// <summary>Whether the language could hold it: words of letters, digits and underscores, joined by dots and hyphens.</summary>
    private static bool IsWord(string name)
    {
        if (name.Length is 0 or > PolicyLimits.NameLength || !char.IsAsciiLetter(name[0]) || name[^1] is '.' or '-')
        {
            return false;
        }
        for (var i = 1; i < name.Length; i++)
        {
            if (!char.IsAsciiLetterOrDigit(name[i]) && name[i] != '_' && !(name[i] is '.' or '-' && char.IsAsciiLetterOrDigit(name[i + 1])))
            {
                return false;
            }
        }
        return true;
    }
}
