using System.Diagnostics.CodeAnalysis;
using Waymark.Flows;

namespace Waymark.Paths;

/// <summary>
/// What is known of one path. A characteristic that is not here is unknown, which is a value of its own: never zero. Names are those of the language's table;
/// labels are <c>label/KEY</c>. <c>up</c> is per family (<see cref="Up4"/>, <see cref="Up6"/>), and so is <see cref="ProbeFinding"/>; all others hold for the path.
/// </summary>
/// <param name="Path">Whose they are.</param>
/// <param name="Values">In ordinal order of name, each name once.</param>
public sealed record PathCharacteristics(PathId Path, EquatableArray<KeyValuePair<string, Measured>> Values)
{
    /// <summary>Name of <c>up</c> for IPv4.</summary>
    public const string Up4 = "up/ip4";

    /// <summary>Name of <c>up</c> for IPv6.</summary>
    public const string Up6 = "up/ip6";

    /// <summary>What the name of a label starts with.</summary>
    public const string LabelPrefix = "label/";

    private const string FindingPrefix = "probe.finding/";

    /// <summary>Name of <c>up</c> for <paramref name="family"/>.</summary>
    public static string Up(IpFamily family) => family == IpFamily.V4 ? Up4 : Up6;

    /// <summary>Name of why what probes of <paramref name="family"/> were answered is no good answer: a word, shown and not asked for by policies.</summary>
    public static string ProbeFinding(IpFamily family) => family == IpFamily.V4 ? FindingPrefix + "ip4" : FindingPrefix + "ip6";

    /// <summary>Whether it is such a name.</summary>
    public static bool IsProbeFinding(string name) => name.StartsWith(FindingPrefix, StringComparison.Ordinal);

    /// <summary>The values given, in any order; a name given twice throws <see cref="ArgumentException"/>.</summary>
    public static PathCharacteristics Of(PathId path, IEnumerable<KeyValuePair<string, Measured>> values)
    {
        KeyValuePair<string, Measured>[] sorted = [.. values];
        Array.Sort(sorted, static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        for (var i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].Key == sorted[i - 1].Key)
            {
                throw new ArgumentException($"'{sorted[i].Key}' is given twice.", nameof(values));
            }
        }
        return new(path, [.. sorted]);
    }

    /// <summary>The value of that exact name; false where it is unknown.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Measured? measured)
    {
        int low = 0, high = Values.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = string.CompareOrdinal(Values[middle].Key, name);
            if (order == 0)
            {
                measured = Values[middle].Value;
                return true;
            }
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        measured = null;
        return false;
    }
}
