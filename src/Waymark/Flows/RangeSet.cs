namespace Waymark.Flows;

/// <summary>One range of numbers; both ends are included.</summary>
/// <param name="Low">The lowest.</param>
/// <param name="High">The highest; never below <paramref name="Low"/>.</param>
public readonly record struct NumberRange(UInt128 Low, UInt128 High);

/// <summary>
/// A set of numbers as its fewest ranges: ascending, disjoint, no two of them adjacent. So two sets are equal exactly when their ranges are.
/// </summary>
public sealed record RangeSet
{
    /// <summary>The empty set.</summary>
    public static RangeSet Empty { get; } = new();

    private RangeSet()
    {
    }

    /// <summary>The ranges, ascending, never touching.</summary>
    public EquatableArray<NumberRange> Ranges { get; private init; } = [];

    /// <summary>Whether it holds no number.</summary>
    public bool IsEmpty => Ranges.IsEmpty;

    /// <summary>The union of <paramref name="ranges"/>, which may overlap and come in any order.</summary>
    public static RangeSet Of(params ReadOnlySpan<NumberRange> ranges)
    {
        var sorted = ranges.ToArray();
        Array.Sort(sorted, static (a, b) => a.Low.CompareTo(b.Low));
        var merged = new List<NumberRange>(sorted.Length);
        foreach (var range in sorted)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(range.High, range.Low, nameof(ranges));
            if (merged.Count > 0 && (merged[^1].High == UInt128.MaxValue || range.Low <= merged[^1].High + 1))
            {
                merged[^1] = merged[^1] with { High = UInt128.Max(merged[^1].High, range.High) };
            }
            else
            {
                merged.Add(range);
            }
        }
        return new() { Ranges = merged.ToEquatableArray() };
    }

    /// <summary>The set of the one number.</summary>
    public static RangeSet Of(UInt128 number) => Of(new NumberRange(number, number));

    /// <summary>Whether <paramref name="number"/> is in the set.</summary>
    public bool Contains(UInt128 number)
    {
        foreach (var range in Ranges)
        {
            if (number <= range.High)
            {
                return number >= range.Low;
            }
        }
        return false;
    }
}
