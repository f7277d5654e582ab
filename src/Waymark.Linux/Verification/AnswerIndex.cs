using Waymark.Flows;

namespace Waymark.Linux.Verification;

/// <summary>Which of the answers of a set may have packets of a box: those whose addresses of one end share some with the box's. Of ten thousand they are a few.</summary>
internal sealed class AnswerIndex
{
    /// <summary>As many prefixes of this part of all addresses hold them: what is wider is looked at every time.</summary>
    private const int Wide = 16;

    private readonly Func<FlowBox, RangeSet?> addressesOf;
    private readonly (UInt128 Low, UInt128 High, int Place)[] narrow;

    /// <summary>At each place the highest end of the ranges up to there: before it nothing reaches further.</summary>
    private readonly UInt128[] reach;
    private readonly List<int> wide;
    private readonly int count;

    private AnswerIndex(Func<FlowBox, RangeSet?> addressesOf, IReadOnlyList<SetAnswer> answers)
    {
        (this.addressesOf, count, wide) = (addressesOf, answers.Count, []);
        var ranges = new List<(UInt128 Low, UInt128 High, int Place)>();
        for (var place = 0; place < answers.Count; place++)
        {
            var box = answers[place].Box;
            if (addressesOf(box)?.Ranges is [var first, ..] those && those[^1].High - first.Low <= IpAddress.Highest(box.Family) / Wide)
            {
                ranges.Add((first.Low, those[^1].High, place));
            }
            else
            {
                wide.Add(place);
            }
        }
        narrow = [.. ranges.OrderBy(range => range.Low)];
        reach = new UInt128[narrow.Length];
        for (var i = 0; i < narrow.Length; i++)
        {
            reach[i] = i > 0 ? UInt128.Max(reach[i - 1], narrow[i].High) : narrow[i].High;
        }
    }

    /// <summary>That of answers, by the end that tells more of them apart.</summary>
    public static AnswerIndex Of(IReadOnlyList<SetAnswer> answers)
    {
        AnswerIndex peer = new(box => box.Peer, answers), local = new(box => box.Local, answers);
        return peer.wide.Count <= local.wide.Count ? peer : local;
    }

    /// <summary>The places of the answers that may have packets of the box, ascending.</summary>
    public IEnumerable<int> Near(FlowBox box)
    {
        if (addressesOf(box)?.Ranges is not [var first, ..] those)
        {
            return Enumerable.Range(0, count);
        }
        var (low, high) = (first.Low, those[^1].High);
        var found = new List<int>(wide);
        for (var i = FirstAbove(high) - 1; i >= 0 && reach[i] >= low; i--)
        {
            if (narrow[i].High >= low)
            {
                found.Add(narrow[i].Place);
            }
        }
        found.Sort();
        return found;
    }

    /// <summary>How many ranges begin at an address or below it.</summary>
    private int FirstAbove(UInt128 address)
    {
        var (from, to) = (0, narrow.Length);
        while (from < to)
        {
            var middle = (from + to) / 2;
            (from, to) = narrow[middle].Low <= address ? (middle + 1, to) : (from, middle);
        }
        return from;
    }
}
