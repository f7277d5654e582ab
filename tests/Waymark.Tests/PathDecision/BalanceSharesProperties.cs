using CsCheck;
using Waymark.FilterRules;
using Waymark.PathDecision;
using Waymark.Paths;

namespace Waymark.Tests.PathDecision;

/// <summary>Shares follow weights, however many paths there are.</summary>
public sealed class BalanceSharesProperties
{
    private static readonly Gen<double> Weight = Gen.Frequency((4, Gen.Double[0.01, 1]), (2, Gen.Double[1, 1000]), (1, Gen.Const(0.0)), (1, Gen.Double[1e300, 1e308]));

    private static readonly Gen<double[]> Weights = Gen.Int[1, 62].SelectMany(paths => Weight.Array[paths]);

    [Fact]
    public void They_sum_up_to_the_whole_and_none_is_left_out() => Weights.Sample(weights =>
    {
        var shares = Of(weights);
        return shares.Sum() == BalanceShares.Whole(weights.Length) && shares.All(share => share >= 1);
    });

    [Fact]
    public void A_greater_weight_has_no_smaller_share() => Weights.Sample(weights =>
    {
        var shares = Of(weights);
        return Pairs(weights.Length).All(pair => weights[pair.I] <= weights[pair.J] || shares[pair.I] >= shares[pair.J]);
    });

    [Fact]
    public void There_is_a_proportion_from_which_no_share_is_a_whole_part_off_but_those_that_have_the_least() => Weights.Sample(weights =>
    {
        // Some factor f has share - 1 < f * weight < share + 1 for all, but that a share of 1 may have less.
        var shares = Of(weights);
        return Pairs(weights.Length).All(pair => (shares[pair.I] - 1) * (weights[pair.J] / (shares[pair.J] + 1)) <= weights[pair.I] * (1 + 1e-9));
    });

    [Fact]
    public void They_do_not_depend_on_the_order_of_the_paths_nor_on_the_unit() => Weights.Sample(weights =>
    {
        var paths = weights.Select((weight, i) => (Id(i), (double?)weight)).ToList();
        var halves = paths.Select(one => (one.Item1, one.Item2 / 2)).Reverse().ToList();
        return BalanceShares.Of(paths, []) == BalanceShares.Of(halves, []);
    });

    [Fact]
    public void Those_in_use_stay_while_weights_change_little() => Weights.Sample(weights =>
    {
        var inUse = BalanceShares.Of([.. weights.Select((weight, i) => (Id(i), (double?)weight))], []);
        return BalanceShares.Of([.. weights.Select((weight, i) => (Id(i), (double?)(weight * (i % 2 == 0 ? 1.0 : 1 + 1e-12))))], inUse) == inUse;
    });

    [Theory]
    [InlineData(2, 16)]
    [InlineData(4, 16)]
    [InlineData(5, 32)]
    [InlineData(16, 64)]
    [InlineData(17, 128)]
    [InlineData(62, 256)]
    public void One_path_with_half_of_all_weight_has_half_of_the_shares(int paths, int whole)
    {
        var shares = Of([.. Enumerable.Repeat(1.0, paths - 1), paths - 1]);
        Assert.Equal((whole, whole / 2), (shares.Sum(), shares[^1]));
    }

    [Fact]
    public void An_unlimited_path_among_twenty_takes_all_that_the_others_need_not_have()
    {
        var shares = Of([.. Enumerable.Repeat(5.0, 19), double.PositiveInfinity]);
        Assert.Equal((128 - 19, 19), (shares[^1], shares.Count(share => share == 1)));
    }

    [Fact]
    public void Shares_in_use_of_another_whole_are_not_kept()
    {
        // As an earlier version gave sixteen paths: one each.
        var old = Enumerable.Range(0, 16).Select(i => new PathShare(Id(i), 1)).ToEquatableArray();
        Assert.Equal(64, BalanceShares.Of([.. Enumerable.Range(0, 16).Select(i => (Id(i), (double?)1))], old).Sum(share => share.Weight));
    }

    private static IEnumerable<(int I, int J)> Pairs(int count) => Enumerable.Range(0, count).SelectMany(i => Enumerable.Range(0, count).Select(j => (i, j)));

    private static int[] Of(double[] weights) => [.. BalanceShares.Of([.. weights.Select((weight, i) => (Id(i), (double?)weight))], []).Select(share => share.Weight)];

    private static PathId Id(int i) => new("ip", $"w{i:00}");
}
