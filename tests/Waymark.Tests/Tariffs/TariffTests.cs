using System.Globalization;
using CsCheck;
using Waymark.Tariffs;

namespace Waymark.Tests.Tariffs;

public sealed class TariffTests
{
    private const long GB = 1_000_000_000;

    private static readonly Meter Monthly = new(BillingPeriod.CalendarMonth);

    private static readonly Tariff TwoTiers = new([new(0, 0), new(20 * GB, 10)], Monthly);

    private static readonly UsageAccount Account = new("lte", $"{Monthly}", new(At("2026-11-01"), At("2026-12-01")), At("2026-11-01"));

    [Theory]
    [InlineData(0, 0, 20 * GB)]
    [InlineData((20 * GB) - 1, 0, 1L)]
    [InlineData(20 * GB, 10, null)]
    [InlineData(-5, 0, 20 * GB)]
    public void The_price_is_that_of_the_next_byte(long used, int price, long? left) =>
        Assert.Equal((price, left), (TwoTiers.PriceAfter(used), TwoTiers.LeftAfter(used)));

    [Fact]
    public void Bytes_up_to_the_next_tier_cost_the_same_and_the_one_behind_them_does_not() =>
        Gen.Select(Gen.Long[0, 100], Gen.Long[1, 100].Array[0, 4]).Sample((used, widths) =>
        {
            var ends = widths.Aggregate(new List<long> { 0 }, (all, width) => [.. all, all[^1] + width]);
            var tariff = new Tariff(ends.Select((from, i) => new TariffTier(from, i)).ToEquatableArray(), Monthly);
            var (price, left) = (tariff.PriceAfter(used), tariff.LeftAfter(used));
            for (var more = 0; more < (left ?? 50); more++)
            {
                Assert.Equal(price, tariff.PriceAfter(used + more));
            }
            Assert.Equal(left is null ? price : price + 1, tariff.PriceAfter(used + (left ?? 50)));
        });

    [Theory]
    [InlineData(5, 8)]
    [InlineData(0)]
    [InlineData(0, 3, 3)]
    public void Tiers_that_do_not_follow_each_other_from_0_are_none(params int[] from)
    {
        var tiers = from.Length == 1 ? [] : from.Select(one => new TariffTier(one, 1)).ToEquatableArray();
        Assert.Throws<ArgumentException>(() => new Tariff(tiers, Monthly));
    }

    [Fact]
    public void What_is_left_ends_at_the_next_tier_or_the_limit_whichever_is_nearer()
    {
        MeterStanding Standing(long used) => new(Monthly, Account.Plus((ulong)used, 0), new(25 * GB, Monthly), TwoTiers);
        Assert.Equal((20 * GB, 5 * GB, 0L), (Standing(0).Left, Standing(20 * GB).Left, Standing(26 * GB).Left));
        Assert.Null((Standing(0) with { Quota = null, Tariff = null }).Left);
        Assert.Equal(new TariffNow(0, GB), TariffNow.Of([Standing(19 * GB), new(Monthly, Account, new(30 * GB, Monthly), null), new(Monthly, Account, null, null)]));
    }

    [Theory]
    [InlineData(CountedTraffic.Both, 30)]
    [InlineData(CountedTraffic.Down, 10)]
    [InlineData(CountedTraffic.Up, 20)]
    public void Only_the_direction_that_counts_is_used_and_a_correction_sets_just_that(CountedTraffic counts, long used)
    {
        var account = Account.Plus(10, 20);
        Assert.Equal(used, account.Used(counts));
        Assert.Equal(5, account.SetUsed(5, counts).Used(counts));
        Assert.Equal(12, account.SetUsed(5, counts).Plus(7, 7).Used(counts) - (counts == CountedTraffic.Both ? 7 : 0));
    }

    [Fact]
    public void The_projection_goes_on_as_it_went_so_far()
    {
        var standing = new MeterStanding(Monthly, Account.Plus(3 * (ulong)GB, 0), null, null);
        Assert.Equal(9 * GB, standing.Projected(At("2026-11-11")));
        Assert.Null(standing.Projected(At("2026-11-01")));
        // Counted for one day only, it cannot be told what the ten before have used.
        Assert.Equal(63 * GB, (standing with { Account = standing.Account with { Since = At("2026-11-10") } }).Projected(At("2026-11-11")));
    }

    [Theory]
    [InlineData(1_000_000L, 1_005_000L, false)]
    [InlineData(1_000_000L, 990_000L, true)]
    [InlineData(100L, 99L, true)]
    [InlineData(1L, 0L, true)]
    [InlineData(0L, 1L, true)]
    [InlineData(0L, 0L, false)]
    [InlineData(5L, null, true)]
    [InlineData(null, null, false)]
    public void Decisions_hear_of_what_is_left_when_it_changed_by_one_per_cent(long? told, long? left, bool matters) =>
        Assert.Equal(matters, new TariffNow(1, left).Matters(new(1, told)));

    [Fact]
    public void Decisions_hear_of_every_change_of_the_price() => Assert.True(new TariffNow(10, 5).Matters(new(0, 5)));

    private static DateTimeOffset At(string date) => DateTimeOffset.Parse(date + "T00:00Z", CultureInfo.InvariantCulture);
}
