using CsCheck;
using Waymark.Conflicts;

namespace Waymark.Tests.Conflicts;

/// <summary>What shares an address with a range is found, each once, and nothing that lies in another block.</summary>
public sealed class AddressBlocksTests
{
    /// <summary>Few bits at either end, so that ranges meet, hold each other and reach the ends.</summary>
    private static readonly Gen<ulong> Address = Gen.Select(Gen.ULong[0, 15], Gen.ULong[0, 7], (high, low) => (high << 60) | low);

    private static readonly Gen<(ulong Low, ulong High)> Range = Gen.OneOf(
        Gen.Select(Address, Address, (a, b) => (Math.Min(a, b), Math.Max(a, b))),
        Address.Select(one => (one, one)),
        Gen.Const((0ul, ulong.MaxValue)));

    [Fact]
    public void It_finds_every_range_that_shares_an_address_once() => Gen.Select(Range.Array[0, 20], Range).Sample(
        (ranges, asked) =>
        {
            var blocks = new AddressBlocks(ranges);
            List<int> found = [.. blocks.Sharing(asked.Low, asked.High).SelectMany(part => blocks.Of(part).ToArray())];
            Assert.Equal(found.Count, found.Distinct().Count());
            Assert.Empty(Enumerable.Range(0, ranges.Length).Where(i => ranges[i].Low <= asked.High && asked.Low <= ranges[i].High).Except(found));
        }, iter: 20_000);

    [Fact]
    public void What_is_elsewhere_is_not_looked_at()
    {
        var blocks = new AddressBlocks(Enumerable.Range(0, 1000).Select(i => ((ulong)i << 8, ((ulong)i << 8) | 0xff)));
        Assert.Equal([(17, 18)], blocks.Sharing(0x1105, 0x1107));
        Assert.Equal([(16, 24)], blocks.Sharing(0x1000, 0x17ff));
        Assert.Empty(blocks.Sharing(1ul << 40, (1ul << 40) | 0xff));
    }
}
