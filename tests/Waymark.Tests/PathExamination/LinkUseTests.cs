using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Tests.PathExamination;

public sealed class LinkUseTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly LinkUse use = new();
    private int second;
    private ulong received = 10_000_000_000, sent = 70_000_000_000;

    private DateTimeOffset Now => Start.AddSeconds(second);

    [Fact]
    public void Nothing_is_known_by_one_reading() => Assert.Empty(Told(seconds: 0, down: 0, up: 0, Capacity(10_000_000)));

    [Fact]
    public void Use_is_told_beside_a_capacity_that_is_known()
    {
        var told = Told(seconds: 6, down: 4_000_000, up: 1_000_000, Capacity(20_000_000), Capacity(2_000_000));
        Assert.Equal((16_000_000, 1_000_000), (told["available"].Value.Number, told["available.up"].Value.Number));
        // The way that is fuller.
        Assert.Equal(0.5, told["utilization"].Value.Number);
        Assert.False(told["utilization"].IsEstimated || told["available"].IsEstimated);
        Assert.Equal((4_000_000, 1_000_000), (use.Down, use.Up));
    }

    [Fact]
    public void Use_is_an_average_over_the_last_five_seconds()
    {
        Pass(seconds: 10, down: 10_000_000, up: 0);
        Pass(seconds: 2, down: 0, up: 0);
        Assert.Equal(6_000_000, use.Down);
        Pass(seconds: 3, down: 0, up: 0);
        Assert.Equal(0, use.Down);
    }

    [Fact]
    public void Readings_that_come_late_are_averaged_over_the_time_they_took()
    {
        Pass(seconds: 6, down: 0, up: 0);
        second += 19;
        Pass(seconds: 1, down: 20_000_000, up: 0);
        Assert.Equal(1_000_000, use.Down!.Value, 1.0);
    }

    [Fact]
    public void Of_a_capacity_that_is_exceeded_nothing_is_left_and_all_is_used()
    {
        var told = Told(seconds: 6, down: 4_000_000, up: 0, Capacity(3_000_000));
        Assert.Equal((0, 1), (told["available"].Value.Number, told["utilization"].Value.Number));
        Assert.False(told.ContainsKey("available.up"));
    }

    [Fact]
    public void What_rests_on_an_estimated_capacity_is_estimated()
    {
        var told = Told(seconds: 6, down: 4_000_000, up: 0, Capacity(1_000_000_000) with { IsEstimated = true, Source = "link" });
        Assert.True(told["available"].IsEstimated && told["utilization"].IsEstimated);
    }

    [Fact]
    public void The_largest_rate_is_a_capacity_of_which_no_use_is_told()
    {
        var told = Told(seconds: 6, down: 4_000_000, up: 3_000_000);
        Assert.Equal((4_000_000, 3_000_000), (told["bandwidth"].Value.Number, told["bandwidth.up"].Value.Number));
        Assert.True(told["bandwidth"].IsEstimated && told["bandwidth"].Source == "traffic");
        told = Told(seconds: 6, down: 1_000_000, up: 0, told["bandwidth"], told["bandwidth.up"]);
        Assert.Equal(["bandwidth", "bandwidth.up"], told.Keys.Order());
        Assert.Equal(4_000_000, told["bandwidth"].Value.Number);
    }

    [Fact]
    public void The_largest_rate_is_forgotten_after_an_hour()
    {
        Pass(seconds: 6, down: 4_000_000, up: 0);
        Assert.Equal(1_000_000, Told(seconds: 4200, down: 1_000_000, up: 0)["bandwidth"].Value.Number);
    }

    [Fact]
    public void What_probes_carry_tells_of_no_capacity() => Assert.Empty(Told(seconds: 600, down: 5_000, up: 5_000));

    [Fact]
    public void A_second_is_no_interval_for_a_largest_rate()
    {
        // The driver brings its counters up to date every other second.
        for (var n = 0; n < 10; n++)
        {
            Pass(seconds: 1, down: 0, up: 0);
            Pass(seconds: 1, down: 8_000_000, up: 0);
        }
        Assert.Equal(4_800_000, Told(seconds: 0, down: 0, up: 0)["bandwidth"].Value.Number);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Counters_that_go_back_begin_anew(bool both)
    {
        Pass(seconds: 6, down: 4_000_000, up: 1_000_000);
        received = 100;
        sent = both ? 100 : sent;
        Assert.Equal(4_000_000, Told(seconds: 1, down: 0, up: 0)["bandwidth"].Value.Number);
        Assert.Null(use.Down);
        Pass(seconds: 1, down: 2_000_000, up: 0);
        Assert.Equal(2_000_000, use.Down);
    }

    [Fact]
    public void A_clock_that_is_set_back_begins_anew()
    {
        Pass(seconds: 6, down: 4_000_000, up: 0);
        second -= 3600;
        Pass(seconds: 1, down: 0, up: 0);
        Assert.Null(use.Down);
        Pass(seconds: 2, down: 2_000_000, up: 0);
        Assert.Equal(2_000_000, use.Down);
    }

    private Dictionary<string, Measured> Told(int seconds, ulong down, ulong up, Measured? capacityDown = null, Measured? capacityUp = null)
    {
        Pass(seconds, down, up);
        return use.Values(Now, capacityDown, capacityUp).ToDictionary();
    }

    /// <summary>Reads the counters once a second while so many bits a second pass.</summary>
    private void Pass(int seconds, ulong down, ulong up)
    {
        if (second == 0)
        {
            use.Add(Now, received, sent);
        }
        for (var i = 0; i < seconds; i++)
        {
            second++;
            (received, sent) = (received + (down / 8), sent + (up / 8));
            use.Add(Now, received, sent);
        }
    }

    private static Measured Capacity(double rate) => new(CharacteristicValue.Of(rate), Start, 0, "node file");
}
