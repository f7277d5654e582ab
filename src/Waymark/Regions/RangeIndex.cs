namespace Waymark.Regions;

/// <summary>Ranges of numbers, each with a place: finds those that share a number with a range in time that goes with how many these are. Never changes.</summary>
internal sealed class RangeIndex
{
    private readonly (ulong Low, ulong High, int Place)[] ranges;

    /// <summary>A tree over the ranges in order of their low ends: at the middle of each part the highest end in it.</summary>
    private readonly ulong[] reach;

    /// <summary>Of ranges.</summary>
    public RangeIndex(IEnumerable<(ulong Low, ulong High, int Place)> ranges)
    {
        this.ranges = [.. ranges.OrderBy(range => range.Low)];
        reach = new ulong[this.ranges.Length];
        Build(0, this.ranges.Length);
    }

    /// <summary>Adds the places of the ranges that share a number with this one, in no order.</summary>
    public void Find(ulong low, ulong high, List<int> found) => Find(0, ranges.Length, low, high, found);

    private ulong Build(int from, int to)
    {
        if (from == to)
        {
            return 0;
        }
        var middle = (from + to) / 2;
        return reach[middle] = Math.Max(ranges[middle].High, Math.Max(Build(from, middle), Build(middle + 1, to)));
    }

    private void Find(int from, int to, ulong low, ulong high, List<int> found)
    {
        while (from < to && (from + to) / 2 is var middle && reach[middle] >= low)
        {
            Find(from, middle, low, high, found);
            if (ranges[middle].Low > high)
            {
                return;
            }
            if (ranges[middle].High >= low)
            {
                found.Add(ranges[middle].Place);
            }
            from = middle + 1;
        }
    }
}
