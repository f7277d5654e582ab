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
        var ranges = Ranges.AsSpan();
        int low = 0, high = ranges.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (number < ranges[middle].Low)
            {
                high = middle - 1;
            }
            else if (number > ranges[middle].High)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether every number of <paramref name="other"/> is in the set.</summary>
    public bool Contains(RangeSet other)
    {
        var ours = Ranges.AsSpan();
        var at = 0;
        foreach (var range in other.Ranges)
        {
            while (at < ours.Length && ours[at].High < range.High)
            {
                at++;
            }
            if (at == ours.Length || ours[at].Low > range.Low)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Whether the two share a number. Allocates nothing.</summary>
    public bool Overlaps(RangeSet other)
    {
        ReadOnlySpan<NumberRange> left = Ranges.AsSpan(), right = other.Ranges.AsSpan();
        int l = 0, r = 0;
        while (l < left.Length && r < right.Length)
        {
            if (left[l].High < right[r].Low)
            {
                l++;
            }
            else if (right[r].High < left[l].Low)
            {
                r++;
            }
            else
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>What is in both.</summary>
    public RangeSet Intersect(RangeSet other)
    {
        ReadOnlySpan<NumberRange> left = Ranges.AsSpan(), right = other.Ranges.AsSpan();
        var shared = new List<NumberRange>();
        int l = 0, r = 0;
        while (l < left.Length && r < right.Length)
        {
            var low = UInt128.Max(left[l].Low, right[r].Low);
            var high = UInt128.Min(left[l].High, right[r].High);
            if (low <= high)
            {
                shared.Add(new(low, high));
            }
            _ = left[l].High < right[r].High ? l++ : r++;
        }
        return new() { Ranges = shared.ToEquatableArray() };
    }

    /// <summary>What is in either.</summary>
    public RangeSet Union(RangeSet other) => Of([.. Ranges.AsSpan(), .. other.Ranges.AsSpan()]);

    /// <summary>The numbers from 0 to <paramref name="highest"/> that are not in the set.</summary>
    public RangeSet Complement(UInt128 highest)
    {
        var gaps = new List<NumberRange>();
        UInt128 next = 0;
        var open = true;
        foreach (var range in Ranges)
        {
            if (range.Low > highest)
            {
                break;
            }
            if (range.Low > next)
            {
                gaps.Add(new(next, range.Low - 1));
            }
            if (range.High >= highest)
            {
                open = false;
                break;
            }
            next = range.High + 1;
        }
        if (open)
        {
            gaps.Add(new(next, highest));
        }
        return new() { Ranges = gaps.ToEquatableArray() };
    }

    /// <summary>Whether it is all numbers from 0 to <paramref name="highest"/>.</summary>
    public bool IsFull(UInt128 highest) => Ranges.Count == 1 && Ranges[0].Low == 0 && Ranges[0].High >= highest;

    /// <summary>The fewest prefixes of <paramref name="family"/> that hold exactly the addresses of the set, ascending.</summary>
    public IEnumerable<IpPrefix> ToPrefixes(IpFamily family)
    {
        var width = IpAddress.Width(family);
        foreach (var range in (IReadOnlyList<NumberRange>)Ranges)
        {
            var low = range.Low;
            while (true)
            {
                // The largest block that starts at low and does not pass the end of the range.
                var free = low == 0 ? width : Math.Min(width, (int)UInt128.TrailingZeroCount(low));
                while (free > 0 && (free == 128 ? UInt128.MaxValue : ((UInt128)1 << free) - 1) > range.High - low)
                {
                    free--;
                }
                yield return new(new(family, low), width - free);
                var last = low + (free == 128 ? UInt128.MaxValue : ((UInt128)1 << free) - 1);
                if (last >= range.High)
                {
                    break;
                }
                low = last + 1;
            }
        }
    }
}
