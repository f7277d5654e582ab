using CsCheck;
using Waymark.Flows;

namespace Waymark.Tests.Flows;

/// <summary>Against sets of numbers below 64, by brute force.</summary>
public sealed class RangeSetProperties
{
    private const int Highest = 63;

    private static readonly Gen<RangeSet> Set = Gen.Select(Gen.Int[0, Highest], Gen.Int[0, Highest]).Array[0, 6].Select(pairs =>
        RangeSet.Of(pairs.Select(pair => new NumberRange((UInt128)Math.Min(pair.Item1, pair.Item2), (UInt128)Math.Max(pair.Item1, pair.Item2))).ToArray()));

    [Fact]
    public void Ranges_ascend_and_never_touch() =>
        Set.Sample(set => Enumerable.Range(1, Math.Max(0, set.Ranges.Count - 1)).All(i => i >= set.Ranges.Count || set.Ranges[i].Low > set.Ranges[i - 1].High + 1));

    [Fact]
    public void The_algebra_agrees_with_brute_force() =>
        Gen.Select(Set, Set).Sample((a, b) =>
        {
            Assert.Equal(Numbers(a).Intersect(Numbers(b)).Order(), Numbers(a.Intersect(b)));
            Assert.Equal(Numbers(a).Union(Numbers(b)).Order(), Numbers(a.Union(b)));
            Assert.Equal(Enumerable.Range(0, Highest + 1).Except(Numbers(a)), Numbers(a.Complement(Highest)));
            Assert.Equal(Numbers(a).Intersect(Numbers(b)).Any(), a.Overlaps(b));
            Assert.Equal(!Numbers(b).Except(Numbers(a)).Any(), a.Contains(b));
            Assert.Equal(Numbers(a).SequenceEqual(Numbers(b)), a == b);
        });

    [Fact]
    public void Prefixes_cover_a_set_exactly_once() =>
        Gen.Select(Gen.UInt, Gen.UInt).Sample((a, b) =>
        {
            var set = RangeSet.Of(new NumberRange(Math.Min(a, b), Math.Max(a, b)));
            var prefixes = set.ToPrefixes(IpFamily.V4).ToArray();
            Assert.Equal(set, RangeSet.Of(prefixes.Select(prefix => new NumberRange(prefix.First.Bits, prefix.Last.Bits)).ToArray()));
            Assert.Equal(set.Ranges[0].High - set.Ranges[0].Low + 1, prefixes.Aggregate((UInt128)0, (sum, prefix) => sum + (prefix.Last.Bits - prefix.First.Bits) + 1));
            Assert.True(prefixes.Length <= 62);
        });

    [Fact]
    public void The_whole_of_a_family_is_one_prefix()
    {
        Assert.Equal(["0.0.0.0/0"], RangeSet.Empty.Complement(uint.MaxValue).ToPrefixes(IpFamily.V4).Select(prefix => prefix.ToString()));
        Assert.Equal(["::/0"], RangeSet.Empty.Complement(UInt128.MaxValue).ToPrefixes(IpFamily.V6).Select(prefix => prefix.ToString()));
    }

    private static IEnumerable<int> Numbers(RangeSet set) => Enumerable.Range(0, Highest + 1).Where(number => set.Contains((UInt128)number));
}
