using Waymark.Paths;

namespace Waymark.PathExamination.Capacity;

/// <summary>
/// Which word on a path's bandwidth counts where several sources have one: what the administrator says, then what a train measured, then others in the order of the list. A source joins by its
/// name standing there.
/// </summary>
public static class BandwidthSources
{
    /// <summary>From the best to the least.</summary>
    public static EquatableArray<string> Order { get; } = ["node file", CapacityEstimator.Source];

    /// <summary>Each name once: <c>bandwidth</c> and <c>bandwidth.up</c> of the best source, everything else by its first value.</summary>
    /// <param name="values">Values of one path, in any order of sources.</param>
    public static IEnumerable<KeyValuePair<string, Measured>> Choose(IEnumerable<KeyValuePair<string, Measured>> values) =>
        values.GroupBy(value => value.Key, StringComparer.Ordinal).Select(same => same.Key is "bandwidth" or "bandwidth.up" ? same.MinBy(one => Rank(one.Value.Source)) : same.First());

    /// <summary>A source that is not listed is the least of all.</summary>
    private static int Rank(string source) => Order.AsSpan().IndexOf(source) is >= 0 and var rank ? rank : Order.Count;
}
