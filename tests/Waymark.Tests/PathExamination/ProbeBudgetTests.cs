using CsCheck;
using Waymark.PathExamination;
using Waymark.Units;

namespace Waymark.Tests.PathExamination;

public sealed class ProbeBudgetTests
{
    [Fact]
    public void In_no_24_hours_is_more_spent_than_allowed_however_greedily_it_is_asked() =>
        Gen.Select(Gen.Int[0, 3_000_000], Gen.Select(Gen.Int[1, 20_000], Gen.Int[0, 20_000]).Array[1, 400]).Sample((perDay, wishes) =>
        {
            var budget = new ProbeBudget(perDay);
            var now = TimeSpan.Zero;
            var spent = new List<(TimeSpan At, int Bytes)>();
            foreach (var (bytes, seconds) in wishes)
            {
                now += TimeSpan.FromSeconds(seconds);
                // As much as it gives at this moment.
                while (spent.Count < 5000 && budget.TryTake(bytes, now))
                {
                    spent.Add((now, bytes));
                }
            }
            var (first, sum) = (0, 0L);
            foreach (var (at, bytes) in spent)
            {
                sum += bytes;
                for (; spent[first].At < at - TimeSpan.FromDays(1); first++)
                {
                    sum -= spent[first].Bytes;
                }
                Assert.InRange(sum, 0, perDay);
            }
        });

    [Fact]
    public void What_is_asked_for_evenly_at_the_stretched_pace_is_always_given()
    {
        var budget = new ProbeBudget(1_000_000);
        var every = budget.Stretch(TimeSpan.FromSeconds(1), 368);
        Assert.InRange(every.TotalSeconds, 35, 37);
        Assert.False(budget.TryTake(1, TimeSpan.Zero), "it begins empty");
        for (var now = every; now < TimeSpan.FromDays(2); now += every)
        {
            Assert.True(budget.TryTake(368, now));
        }
        // And there is half an hour's worth left for silences.
        Assert.True(budget.TryTake(20_000, TimeSpan.FromDays(2)));
    }

    [Fact]
    public void A_budget_that_is_large_enough_stretches_nothing() => Assert.Equal(TimeSpan.FromSeconds(1), new ProbeBudget(40_000_000).Stretch(TimeSpan.FromSeconds(1), 368));

    [Fact]
    public void It_says_when_it_can_be_spent()
    {
        var budget = new ProbeBudget(864_000);
        Assert.False(budget.TryTake(98, TimeSpan.Zero));
        var at = budget.AffordableAt(98, TimeSpan.Zero);
        Assert.InRange(at.TotalSeconds, 9.9, 10.2);
        Assert.True(budget.TryTake(98, at));
        Assert.Equal(TimeSpan.MaxValue, budget.AffordableAt(20_000, at));
        Assert.Equal(TimeSpan.MaxValue, new ProbeBudget(0).AffordableAt(1, at));
    }

    [Fact]
    public void A_months_budget_is_enough_for_its_longest_month() =>
        Assert.Equal((10_000_000L, 310_000_000L / 7), (new ProbeAllowance(new(310_000_000, Dimension.Volume), BudgetPeriod.Month).BytesPerDay, new ProbeAllowance(new(310_000_000, Dimension.Volume), BudgetPeriod.Week).BytesPerDay));
}
