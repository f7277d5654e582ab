using Waymark.Paths;

namespace Waymark.PathExamination;

/// <summary>
/// Which value is told of a characteristic that several sources know: that of the source that stands first. What asks the path itself (a probe, a packet train, another
/// program) goes before what is only read off in passing, and the administrator's word before everything.
/// </summary>
public static class CharacteristicSources
{
    /// <summary>The host's own TCP connections (RFC 9293), which are asked for nothing; a probe that opens connections is <c>tcp</c>.</summary>
    public const string Connections = "connections";

    /// <summary>What a wireless device says of its link.</summary>
    public const string Wireless = "wireless";

    /// <summary>What a device says of itself.</summary>
    public const string Link = "link";

    /// <summary>What was carried.</summary>
    public const string Traffic = "traffic";

    /// <summary>In order, the first first; a source that is not listed stands at <see cref="Measuring"/>.</summary>
    private static readonly string[] Order = [Measured.NodeFile, Measuring, Connections, Wireless, Link, Traffic];

    /// <summary>Stands for all that measure the path: their names are those of protocols and programs.</summary>
    private const string Measuring = "";

    /// <summary>One value for each name, in ordinal order of name.</summary>
    /// <param name="values">From all sources, in any order; a name may be there several times.</param>
    public static IEnumerable<KeyValuePair<string, Measured>> Merge(IEnumerable<KeyValuePair<string, Measured>> values)
    {
        KeyValuePair<string, Measured>[] all = [.. values];
        Array.Sort(all, Compare);
        for (var first = 0; first < all.Length;)
        {
            var next = first + 1;
            while (next < all.Length && all[next].Key == all[first].Key)
            {
                next++;
            }
            yield return new(all[first].Key, Choose(all.AsSpan(first, next - first)));
            first = next;
        }
    }

    /// <summary>By name; then by source, then the one that was itself measured, then the newest.</summary>
    private static int Compare(KeyValuePair<string, Measured> left, KeyValuePair<string, Measured> right)
    {
        var (one, other) = (left.Value, right.Value);
        return string.CompareOrdinal(left.Key, right.Key) is not 0 and var byName ? byName
            : Rank(one.Source) - Rank(other.Source) is not 0 and var bySource ? bySource
            : one.IsEstimated.CompareTo(other.IsEstimated) is not 0 and var byEstimate ? byEstimate
            : other.At.CompareTo(one.At) is not 0 and var byAge ? byAge
            : string.CompareOrdinal(one.Source, other.Source);
    }

    /// <summary>
    /// The first of those of one name. What was carried can be carried: the largest rate seen goes before a capacity that is
    /// an estimate and lower. It never goes before a higher one, though a link's own word is often far above what the network behind it carries: nobody may have wanted
    /// more, and a path that looked narrower for being used would lose its flows for having carried them.
    /// </summary>
    private static Measured Choose(ReadOnlySpan<KeyValuePair<string, Measured>> inOrder)
    {
        var first = inOrder[0].Value;
        foreach (var (_, value) in first.IsEstimated ? inOrder : [])
        {
            if (value.Source == Traffic && value.Value.Number > first.Value.Number)
            {
                return value;
            }
        }
        return first;
    }

    private static int Rank(string source) => Array.IndexOf(Order, source) is >= 0 and var place ? place : Array.IndexOf(Order, Measuring);
}
