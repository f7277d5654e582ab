using System.Globalization;
using Waymark.Tariffs;

namespace Waymark.Tests.Tariffs;

public sealed class BookkeepingTests
{
    private static readonly Meter Daily = new(new(BillingUnit.Day)), Monthly = new(BillingPeriod.CalendarMonth), MonthlyInParis = new(new(BillingUnit.Month, 1, "Europe/Paris"));

    private static readonly DateTimeOffset Noon = At("2026-11-25T12:00Z");

    private DateTimeOffset now = Noon;
    private EquatableArray<CountedPath> paths = [new("lte", 3, [Monthly])];
    private LedgerState state = LedgerState.Empty;

    [Fact]
    public void The_first_reading_is_where_counting_begins_and_the_next_adds_the_difference()
    {
        Read(new DeviceCounters(3, 1000, 500));
        Assert.Equal((0, 0), Carried("lte"));
        Read(new DeviceCounters(3, 1700, 501));
        Assert.Equal((700, 1), Carried("lte"));
    }

    [Fact]
    public void The_same_reading_again_adds_nothing()
    {
        Read(new DeviceCounters(3, 0, 0));
        Read(new DeviceCounters(3, 700, 1));
        var once = state;
        Read(new DeviceCounters(3, 700, 1));
        Assert.Equal(once, state);
    }

    [Fact]
    public void A_counter_that_stands_lower_has_begun_anew()
    {
        Read(new DeviceCounters(3, 1000, 10));
        Read(new DeviceCounters(3, 5, 2));
        Assert.Equal((5, 2), Carried("lte"));
        Read(new DeviceCounters(3, 6, 0));
        Assert.Equal((6, 2), Carried("lte"));
    }

    [Fact]
    public void A_counter_that_was_taken_down_with_its_device_counts_nothing_twice()
    {
        Read(new DeviceCounters(3, 0, 0));
        Read(new DeviceCounters(3, 1000, 1000));
        Gone(new(3, 7, 1001));
        Assert.Equal((1000, 1001), Carried("lte"));
    }

    [Fact]
    public void A_device_that_was_made_again_has_carried_all_that_it_shows_and_the_old_ones_last_word_counts()
    {
        Read(new DeviceCounters(3, 1000, 10));
        Gone(new(3, 1100, 20));
        Assert.Equal((100, 10), Carried("lte"));
        Assert.Equal([1, 2], state.Present);
        paths = [new("lte", 7, [Monthly])];
        Read(new DeviceCounters(7, 40, 4));
        Assert.Equal((140, 14), Carried("lte"));
    }

    [Fact]
    public void What_a_link_tells_by_itself_counts_unless_it_is_in_parts_already()
    {
        Read(new DeviceCounters(3, 0, 0));
        Read(new DeviceCounters(3, 1000, 1000));
        Hear(new(3, 1100, 1000));
        Hear(new(3, 7, 1001));
        Hear(new(2, 5000, 5000));
        Assert.Equal((1100, 1000), Carried("lte"));
        Read(new DeviceCounters(3, 1100, 1001));
        Assert.Equal((1100, 1001), Carried("lte"));
    }

    [Fact]
    public void A_device_that_came_and_went_between_two_readings_is_counted_by_its_last_word()
    {
        Read(new DeviceCounters(3, 1000, 10));
        paths = [new("lte", 7, [Monthly])];
        Gone(new(7, 40, 4));
        Assert.Equal((40, 4), Carried("lte"));
    }

    [Fact]
    public void The_last_word_of_a_device_that_nobody_counts_is_nothing()
    {
        Read(new DeviceCounters(3, 1000, 10));
        Gone(new(2, 5000, 5000));
        Assert.Equal((0, 0), Carried("lte"));
    }

    [Fact]
    public void A_device_that_is_missing_waits_for_its_last_word_unless_none_is_to_come()
    {
        Read(new DeviceCounters(3, 1000, 10));
        state = Bookkeeping.Read(state, new("life", [1, 2], []), paths, now, TimeZoneInfo.Utc);
        Assert.Single(state.Devices);
        state = Bookkeeping.Read(state, new("life", [1, 2], [], IsWhole: true), paths, now, TimeZoneInfo.Utc);
        Assert.Empty(state.Devices);
    }

    [Fact]
    public void A_device_that_was_there_and_was_not_counted_begins_now()
    {
        Read(new DeviceCounters(3, 1000, 10));
        paths = [new("lte", 2, [Monthly])];
        Read(new DeviceCounters(2, 9000, 9000), new(3, 1001, 10));
        Assert.Equal((1, 0), Carried("lte"));
        Read(new DeviceCounters(2, 9005, 9000));
        Assert.Equal((6, 0), Carried("lte"));
    }

    [Fact]
    public void The_same_device_under_another_name_counts_for_that_from_then_on()
    {
        Read(new DeviceCounters(3, 1000, 10));
        Read(new DeviceCounters(3, 1100, 10));
        paths = [new("modem", 3, [Monthly])];
        Read(new DeviceCounters(3, 1150, 10));
        Assert.Equal(((100, 0), (50, 0)), (Carried("lte"), Carried("modem")));
    }

    [Fact]
    public void After_a_boot_every_counter_shows_what_came_since()
    {
        Read(new DeviceCounters(3, 1000, 10));
        ReadIn("other life", new DeviceCounters(3, 2000, 20));
        Assert.Equal((2000, 20), Carried("lte"));
    }

    [Fact]
    public void Each_meter_of_a_path_counts_for_itself()
    {
        paths = [new("lte", 3, [Daily, Monthly])];
        Read(new DeviceCounters(3, 0, 0));
        Read(new DeviceCounters(3, 10, 0));
        now = At("2026-11-26T00:00Z");
        Read(new DeviceCounters(3, 15, 0));
        Assert.Equal([("/ day", 5L), ("/ month", 15L)], state.Accounts.Select(one => (one.Meter, one.Received)));
        Assert.Equal(new(now, At("2026-11-27T00:00Z")), state.Accounts[0].Span);
    }

    [Fact]
    public void A_clock_that_was_set_back_turns_no_period_back()
    {
        Read(new DeviceCounters(3, 0, 0));
        Read(new DeviceCounters(3, 10, 0));
        now = At("1970-01-01T00:00Z");
        ReadIn("other life", new DeviceCounters(3, 5, 0));
        now = Noon;
        ReadIn("other life", new DeviceCounters(3, 6, 0));
        Assert.Equal((16, 0), Carried("lte"));
    }

    [Fact]
    public void Another_word_for_the_period_keeps_what_was_counted_in_it()
    {
        Read(new DeviceCounters(3, 0, 0));
        Read(new DeviceCounters(3, 10, 0));
        state = state with { Accounts = [state.Accounts[0].SetUsed(500, CountedTraffic.Both)] };
        paths = [new("lte", 3, [MonthlyInParis])];
        // The month of Paris began earlier than that of UTC.
        Read(new DeviceCounters(3, 11, 0));
        Assert.Equal(501, state.Accounts.Single(one => one.Meter == $"{MonthlyInParis}").Used(CountedTraffic.Both));
    }

    [Fact]
    public void What_nobody_wants_any_more_stays_until_its_period_is_over()
    {
        Read(new DeviceCounters(3, 0, 0));
        Read(new DeviceCounters(3, 10, 0));
        paths = [];
        Read();
        Assert.Equal((10, 0), Carried("lte"));
        now = At("2026-12-01T00:00Z");
        Read();
        Assert.Empty(state.Accounts);
    }

    private void Read(params DeviceCounters[] counters) => ReadIn("life", counters);

    private void ReadIn(string life, params DeviceCounters[] counters) =>
        state = Bookkeeping.Read(state, new(life, new[] { 1, 2, 3 }.Union(counters.Select(one => one.LinkIndex)).Order().ToEquatableArray(), counters.ToEquatableArray()), paths, now, TimeZoneInfo.Utc);

    private void Hear(DeviceCounters told) => state = Bookkeeping.Hear(state, told, paths, now, TimeZoneInfo.Utc);

    private void Gone(DeviceCounters last) => state = Bookkeeping.Gone(state, last, paths, now, TimeZoneInfo.Utc);

    private (long Received, long Sent) Carried(string path) => state.Accounts.Where(one => one.Path == path).Select(one => (one.Received, one.Sent)).Single();

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
