using System.Numerics;

namespace Waymark.Conflicts;

/// <summary>
/// Finds which of many ranges of addresses a range may share one with, without looking at the others: each lies in the smallest block (a prefix) that holds it, and two blocks share
/// an address only where one holds the other.
/// </summary>
internal sealed class AddressBlocks
{
    /// <summary>The ranges by block: by where it begins, of those the widest first.</summary>
    private readonly int[] ranges;
    private readonly Block[] blocks;

    /// <summary>Where in them those of each block stand.</summary>
    private readonly Dictionary<Block, (int From, int To)> places = [];

    /// <summary>The lengths that blocks have, a bit each but for the longest, which holds no other.</summary>
    private readonly ulong lengths;

    /// <summary>Of ranges by their number: lowest and highest.</summary>
    public AddressBlocks(IEnumerable<(ulong Low, ulong High)> of)
    {
        blocks = [.. of.Select(range => Block.Around(range.Low, range.High))];
        ranges = [.. Enumerable.Range(0, blocks.Length)];
        Array.Sort(blocks, ranges);
        for (int from = 0, to; from < blocks.Length; from = to)
        {
            for (to = from + 1; to < blocks.Length && blocks[to] == blocks[from]; to++)
            {
            }
            places.Add(blocks[from], (from, to));
            lengths |= blocks[from].Length < 64 ? 1ul << blocks[from].Length : 0;
        }
    }

    /// <summary>Those that may share an address with a range, in no order: parts of what <see cref="Of"/> reads.</summary>
    public List<(int From, int To)> Sharing(ulong low, ulong high)
    {
        var block = Block.Around(low, high);
        // Those that lie in it, and of those that it lies in, the ones that begin where it does.
        var within = (From: At(block.Start), To: block.End == ulong.MaxValue ? blocks.Length : At(block.End + 1));
        var found = new List<(int From, int To)>();
        if (within.To > within.From)
        {
            found.Add(within);
        }
        for (var rest = block.Length == 64 ? lengths : lengths & ((1ul << block.Length) - 1); rest != 0; rest &= rest - 1)
        {
            var around = Block.Of(block.Start, BitOperations.TrailingZeroCount(rest));
            if (around.Start != block.Start && places.TryGetValue(around, out var place))
            {
                found.Add(place);
            }
        }
        return found;
    }

    /// <summary>The numbers of the ranges in a part.</summary>
    public ReadOnlySpan<int> Of((int From, int To) part) => ranges.AsSpan(part.From..part.To);

    /// <summary>The first block that begins there or later.</summary>
    private int At(ulong start)
    {
        var (low, high) = (0, blocks.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = blocks[middle].Start < start ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    /// <summary>A prefix of 64 bits: where it begins, and how many bits its addresses share.</summary>
    private readonly record struct Block(ulong Start, int Length) : IComparable<Block>
    {
        public ulong End => Start | (Length == 64 ? 0 : ulong.MaxValue >> Length);

        public static Block Around(ulong low, ulong high) => Of(low, BitOperations.LeadingZeroCount(low ^ high));

        public static Block Of(ulong address, int length) => new(length == 0 ? 0 : address & (ulong.MaxValue << (64 - length)), length);

        public int CompareTo(Block other) => (Start, Length).CompareTo((other.Start, other.Length));
    }
}
