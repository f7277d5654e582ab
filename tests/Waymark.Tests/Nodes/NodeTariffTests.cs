using Waymark.Nodes;
using Waymark.Tariffs;

namespace Waymark.Tests.Nodes;

public sealed class NodeTariffTests
{
    private const long GB = 1_000_000_000;

    [Fact]
    public void Tiers_and_quotas_are_read()
    {
        var path = Read("cost 10 /GB from 20 GB; cost 0 /GB from 0 to 20 GB; quota 30 GB resets day 5 at \"Europe/Paris\"; quota 1 GB / day at \"UTC\" counts down; quota 5 GB / week;");
        var monthly = new Meter(new(BillingUnit.Month, 5, "Europe/Paris"));
        // Without a period of their own, tiers go by that of the longest quota.
        Assert.Equal(new Tariff([new(0, 0), new(20 * GB, 10)], monthly), path.Tariff);
        Assert.Equal([new(30 * GB, monthly), new(GB, new(new(BillingUnit.Day, 1, "UTC"), CountedTraffic.Down)), new(5 * GB, new(new(BillingUnit.Week)))], path.Quotas);
        Assert.Empty(path.Numbers);
    }

    [Fact]
    public void Tiers_without_a_period_go_by_the_calendar_month() => Assert.Equal(BillingPeriod.CalendarMonth, Read("cost 0 /GB from 0 to 1 GB; cost 1 /GB from 1 GB;").Tariff!.Meter.Period);

    [Fact]
    public void A_period_said_at_one_tier_is_that_of_all() =>
        Assert.Equal(new(BillingUnit.Month, 9), Read("cost 0 /GB from 0 to 1 GB; cost 1 /GB from 1 GB resets day 9; quota 3 GB / day;").Tariff!.Meter.Period);

    [Fact]
    public void Without_a_period_price_and_quota_stay_as_they_are()
    {
        var path = Read("cost 4 /GB; quota 20 GB;");
        Assert.False(path.IsCounted);
        Assert.Equal(["cost", "quota"], path.Numbers.Select(number => number.Key));
    }

    [Theory]
    [InlineData("cost 0 /GB from 0 to 20 GB; cost 10 /GB from 30 GB;", "WAY1023: it is not said what bytes between 20 GB and 30 GB cost; write 'from 20 GB' here, or add a tier")]
    [InlineData("cost 0 /GB from 0 to 20 GB; cost 10 /GB from 10 GB;", "WAY1023: from 10 GB on two tiers hold; end the one before with 'to 10 GB'")]
    [InlineData("cost 0 /GB from 0; cost 10 /GB from 10 GB;", "WAY1023: from 10 GB on two tiers hold; end the one before with 'to 10 GB'")]
    [InlineData("cost 0 /GB from 0; cost 10 /GB from 0;", "WAY1023: two tiers begin at 0 B; remove one of them")]
    [InlineData("cost 0 /GB from 0 to 20 GB;", "WAY1023: it is not said what bytes beyond 20 GB cost; leave 'to 20 GB' out, or add 'cost PRICE from 20 GB;'")]
    [InlineData("cost 9 /GB from 20 GB;", "WAY1023: it is not said what the first 20 GB cost; add 'cost 0 /GB from 0 to 20 GB;'")]
    [InlineData("cost 9 /GB from 0; cost 4 /GB;", "WAY1023: the path has one price and tiers of prices; say from how many bytes on the price holds, or remove the tiers")]
    [InlineData("cost 9 /GB from 20 GB to 2 GB;", "WAY1009: the tier ends before it starts; write 'from 2 GB to 20 GB'")]
    [InlineData("cost 4 /GB; cost 5 /GB;", "WAY1013: 'cost' is said twice; remove one of them, or write tiers: 'cost 0 /GB from 0 to 20 GB; cost 10 /GB from 20 GB;'")]
    [InlineData("cost 0 /GB from 0 to 1 GB / day; cost 1 /GB from 1 GB / week;", "WAY1013: the tiers of a path go by one billing period, and another tier says '/ day'; say it at one of them")]
    [InlineData("quota 1 GB; quota 2 GB;", "WAY1013: 'quota' is said twice; remove one of them, or say in which period each counts: 'quota 1 GB / day;'")]
    [InlineData("quota 1 GB / day; quota 2 GB / day;", "WAY1013: a quota '/ day' is said already; remove one of them")]
    [InlineData("quota 1 GB / day; quota 2 GB;", "WAY1013: the path has a quota that is counted and one that is not; say in which period each counts: 'quota 20 GB / month;'")]
    [InlineData("quota 1 GB / fortnight;", "WAY0001: expected a billing period: day, week, month, found 'fortnight'")]
    [InlineData("quota 1 GB / monht;", "WAY0001: expected a billing period: day, week, month, found 'monht'; did you mean 'month'?")]
    [InlineData("quota 1 GB / day counts upp;", "WAY0001: expected a direction: down, up, both, found 'upp'; did you mean 'up'?")]
    [InlineData("quota 1 GB resets day 32;", "WAY1008: a day of the month is at most 31, found '32'")]
    [InlineData("quota 1 GB resets day 0;", "WAY1008: a day of the month is 1 to 31; 29 to 31 mean the last day of a month that is shorter")]
    [InlineData("quota 1 GB / week resets day 3;", "WAY1013: a week does not begin on a day of the month; leave 'resets' out: a week begins on Monday")]
    [InlineData("quota 1 GB at \"UTC\";", "WAY0001: it is not said in which period it counts; write '/ month', '/ week', '/ day' or 'resets day 1' before it")]
    [InlineData("quota 1 GB / day at \"Europe/Pari\";", "WAY1024: this system knows no time zone 'Europe/Pari'; did you mean 'Europe/Paris'?")]
    [InlineData("quota 1 GB / day at \"../../dev/zero\";", "WAY1024: this system knows no time zone '../../dev/zero'; zones are called as \"Europe/Paris\" or \"UTC\" ('timedatectl list-timezones' lists them)")]
    [InlineData("quota 1 GB / day at Europe;", "WAY0001: expected a time zone in quotes, found 'Europe'; quote it: \"Europe\"")]
    [InlineData("quota 10000000000 GB / day;", "WAY1008: a volume is 0 B to 9000000 TB")]
    [InlineData("quota 5 s / day;", "WAY1007: 's' is a unit of a duration, and 'quota' is an amount of data; use TB, GiB, GB, MiB, MB, KiB, kB, B")]
    public void A_mistake_has_one_message(string statements, string message)
    {
        var diagnostic = Assert.Single(NodeLanguage.Parse($"path lte {{ interface wwan0; {statements} }}", "n.way").Diagnostics);
        Assert.Equal(message, $"{diagnostic}"[$"n.way:1:{diagnostic.Column}: error ".Length..]);
    }

    [Fact]
    public void The_canonical_form_spells_a_period_one_way() =>
        Assert.Equal(
            "path lte { interface wwan0; quota 1 GB resets day 1 at \"UTC\"; quota 1 GB resets day 3 counts up; quota 2 GB / day; }\n",
            NodeLanguage.Format("path lte { interface wwan0; quota 1000 MB resets day 1 at \"UTC\" counts both; quota 1 GB/month resets day 3 counts up; quota 2 GB/day; }", "n.way"));

    private static PathDeclaration Read(string statements)
    {
        var parse = NodeLanguage.Parse($"path lte {{ interface wwan0; {statements} }}", "n.way");
        Assert.Empty(parse.Diagnostics);
        return parse.File!.Paths[0];
    }
}
