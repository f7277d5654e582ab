using System.Globalization;
using CsCheck;
using Waymark.Tariffs;

namespace Waymark.Tests.Tariffs;

public sealed class BillingPeriodTests
{
    private static readonly Gen<BillingPeriod> Periods = Gen.Select(Gen.Int[0, 2], Gen.Int[1, 31]).Select((unit, day) => new BillingPeriod((BillingUnit)unit, unit == 2 ? day : 1));

    private static readonly Gen<DateTimeOffset> Instants =
        Gen.Long[new DateTimeOffset(1975, 1, 1, 0, 0, 0, TimeSpan.Zero).Ticks, new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero).Ticks].Select(ticks => new DateTimeOffset(ticks, TimeSpan.Zero));

    public static TheoryData<string> Zones => new(TimeZoneInfo.GetSystemTimeZones().Select(zone => zone.Id));

    [Theory]
    [MemberData(nameof(Zones))]
    public void Periods_follow_each_other_without_gap_or_overlap_in_every_zone(string name)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        Gen.Select(Periods, Instants).Sample((period, instant) =>
        {
            var span = period.Around(instant, zone);
            Assert.True(span.From <= instant && instant < span.Until, $"{period} in {zone.Id}: {instant:O} is not in {span}");
            Assert.Equal(span, period.Around(span.From, zone));
            Assert.Equal(span, period.Around(span.Until.AddTicks(-1), zone));
            Assert.Equal(span.Until, period.Around(span.Until, zone).From);
            Assert.Equal(span.From, period.Around(span.From.AddTicks(-1), zone).Until);
        }, iter: 40, threads: 1);
    }

    [Theory]
    [InlineData(BillingUnit.Month, 1, "2026-11-25T22:45Z", "2026-10-31T23:00Z", "2026-11-30T23:00Z")]
    [InlineData(BillingUnit.Month, 31, "2026-02-10T12:00Z", "2026-01-30T23:00Z", "2026-02-27T23:00Z")]
    [InlineData(BillingUnit.Month, 31, "2028-02-10T12:00Z", "2028-01-30T23:00Z", "2028-02-28T23:00Z")]
    [InlineData(BillingUnit.Month, 30, "2026-02-28T12:00Z", "2026-02-27T23:00Z", "2026-03-29T22:00Z")]
    [InlineData(BillingUnit.Week, 1, "2026-11-25T22:45Z", "2026-11-22T23:00Z", "2026-11-29T23:00Z")]
    [InlineData(BillingUnit.Day, 1, "2026-03-29T12:00Z", "2026-03-28T23:00Z", "2026-03-29T22:00Z")]
    [InlineData(BillingUnit.Day, 1, "2026-10-25T12:00Z", "2026-10-24T22:00Z", "2026-10-25T23:00Z")]
    public void A_period_of_Paris_begins_at_its_midnight(BillingUnit unit, int day, string instant, string from, string until) =>
        Assert.Equal(new BillingSpan(At(from), At(until)), new BillingPeriod(unit, day, "Europe/Paris").Around(At(instant), TimeZoneInfo.Utc));

    [Fact]
    public void Without_a_zone_the_nodes_counts() =>
        Assert.Equal(At("2026-11-25T15:00Z"), new BillingPeriod(BillingUnit.Day).Around(At("2026-11-25T22:45Z"), TimeZoneInfo.FindSystemTimeZoneById("Asia/Tokyo")).From);

    [Fact]
    public void Where_midnight_is_skipped_the_day_begins_with_its_first_instant() =>
        Assert.Equal(At("2018-11-04T03:00Z"), new BillingPeriod(BillingUnit.Day, Zone: "America/Sao_Paulo").Around(At("2018-11-04T12:00Z"), TimeZoneInfo.Utc).From);

    [Theory]
    [InlineData("Europe/Paris", true)]
    [InlineData("UTC", true)]
    [InlineData("Europe/Pariss", false)]
    [InlineData("Europe", false)]
    [InlineData("/dev/zero", false)]
    [InlineData("../../../dev/zero", false)]
    [InlineData("", false)]
    public void Only_names_of_the_zone_database_are_zones(string name, bool isZone) => Assert.Equal(isZone, BillingPeriod.IsZone(name));

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
