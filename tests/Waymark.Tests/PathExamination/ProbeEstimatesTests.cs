using CsCheck;
using Waymark.Flows;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Tests.PathExamination;

public sealed class ProbeEstimatesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly ProbeSettings Settings = new() { Targets = [] };
    private readonly ProbeEstimates estimates = new(Settings);

    [Fact]
    public void Values_are_unknown_again_once_they_are_old()
    {
        Add("a", 0, 40);
        Add("a", 1, 40);
        Assert.Equal((0.04, 0.02, true), (Number("rtt", 2), Number("delay", 2), Value("delay", 2)!.IsEstimated));
        Assert.Empty(estimates.Values(Start.AddSeconds(40), [50]));
    }

    [Fact]
    public void Answers_are_waited_for_as_long_as_they_take_and_not_as_long_as_the_path_does()
    {
        for (var i = 0; i < 50; i++)
        {
            estimates.Add(IpFamily.V4, "page", "http", new(Start.AddSeconds(i), TimeSpan.FromMilliseconds(5), null) { Taken = TimeSpan.FromMilliseconds(80) });
        }
        Assert.Equal((0.005, 80), (Math.Round(Number("rtt", 50)!.Value, 9), Math.Round(estimates.Timeout!.Value.TotalMilliseconds)));
    }

    [Fact]
    public void A_wrong_answer_is_no_loss()
    {
        Add("a", 0, 1);
        estimates.Add(IpFamily.V4, "a", "http", new(Start.AddSeconds(1), null, null) { Finding = "captive portal: 511" });
        Assert.Equal((0, 1), (Number("loss", 1), Value("loss", 1)!.Samples));
    }

    [Fact]
    public void A_probe_that_could_not_be_sent_is_no_loss()
    {
        Add("a", 0, 1);
        estimates.Add(IpFamily.V4, "a", "icmp", new(Start, null, "no right"));
        Assert.Equal(0, Number("loss", 0));
    }

    [Fact]
    public void Targets_at_different_distances_are_no_jitter()
    {
        for (var i = 0; i < 50; i++)
        {
            Add("near", i, 5);
            Add("far", i, 90);
        }
        Assert.Equal((0.0, 0.005, 0.005), (Number("jitter", 50), Math.Round(Number("rtt", 50)!.Value, 9), Number("rtt.p95", 50)));
    }

    [Fact]
    public void A_target_that_dies_among_others_is_no_loss_and_one_that_dies_alone_is_all()
    {
        for (var i = 0; i < 20; i++)
        {
            Add("a", i, 5);
            Add("b", i, 3);
        }
        for (var i = 20; i < 32; i++)
        {
            Add("a", i, 5);
            Add("b", i, null);
        }
        Assert.Equal((0.0, 0.005), (Number("loss", 32), Math.Round(Number("rtt", 32)!.Value, 9)));
        for (var i = 32; i < 140; i++)
        {
            Add("a", i, null);
        }
        Assert.Equal(1, Number("loss", 140));
    }

    [Fact]
    public void Loss_is_that_of_all_targets_that_answer()
    {
        for (var i = 0; i < 100; i++)
        {
            Add("a", i, i % 10 == 3 ? null : 5);
            Add("b", i, i % 5 == 1 ? null : 5);
        }
        var loss = Value("loss", 100)!;
        Assert.Equal((0.15, 200, Math.Sqrt(0.15 * 0.85 / 200)), (Math.Round(loss.Value.Number, 9), loss.Samples, loss.StandardError!.Value));
    }

    [Fact]
    public void A_probe_that_is_overdue_is_lost_until_its_answer_comes()
    {
        Add("a", 0, 5);
        var late = estimates.AddOverdue(IpFamily.V4, "a", "icmp", Start.AddSeconds(1));
        var lost = estimates.AddOverdue(IpFamily.V4, "a", "icmp", Start.AddSeconds(2));
        Assert.Equal(2 / 3.0, Number("loss", 3)!.Value, 9);
        estimates.Add(IpFamily.V4, "a", "icmp", new(Start.AddSeconds(1), TimeSpan.FromSeconds(2), null), late);
        estimates.Add(IpFamily.V4, "a", "icmp", new(Start.AddSeconds(2), null, null), lost);
        Assert.Equal((1 / 3.0, 2.0), (Number("loss", 5)!.Value, Number("rtt.p95", 5)!.Value));
    }

    [Fact]
    public void One_late_answer_makes_the_next_round_wait_long_enough()
    {
        for (var i = 0; i < 50; i++)
        {
            Add("a", i, 20);
        }
        Assert.True(estimates.Timeout < TimeSpan.FromMilliseconds(100));
        Add("a", 50, 700);
        Assert.True(estimates.Timeout > TimeSpan.FromMilliseconds(700));
    }

    [Fact]
    public void Up_that_is_old_is_estimated_again_and_down_stays_down()
    {
        Round(estimates, IpFamily.V4, 1, 1, 0);
        Assert.Equal((true, false), Up(1));
        Assert.Equal((true, true), Up(60));
        for (var i = 61; i < 64; i++)
        {
            Round(estimates, IpFamily.V4, 0, 1, i);
        }
        Assert.Equal((false, false), Up(64));
        Assert.Equal((false, false), Up(600));
    }

    [Fact]
    public void A_path_that_is_down_stays_down_when_its_settings_change()
    {
        Round(estimates, IpFamily.V4, 1, 1, 0);
        for (var i = 1; i < 4; i++)
        {
            Round(estimates, IpFamily.V4, 0, 1, i);
        }
        estimates.Settings = Settings with { UpAfter = 1 };
        Assert.Equal((false, false), Up(0));
        Round(estimates, IpFamily.V4, 1, 1, 4);
        Assert.Equal((true, false), Up(4));
    }

    [Fact]
    public void A_probe_that_was_sent_because_of_a_silence_is_no_sample_of_the_loss()
    {
        Add("a", 0, 5);
        for (var i = 1; i < 10; i++)
        {
            Add("a", i, 5);
        }
        for (var i = 0; i < 30; i++)
        {
            estimates.Add(IpFamily.V4, "a", "icmp", new(Start.AddSeconds(10), null, null), isSample: false);
        }
        Assert.Equal((0.0, 10), (Number("loss", 10), Value("loss", 10)!.Samples));
    }

    [Fact]
    public void A_family_that_is_forgotten_leaves_the_other_alone()
    {
        Add("a", 0, 5);
        estimates.Add(IpFamily.V6, "b", "icmp", new(Start, TimeSpan.FromMilliseconds(9), null));
        Round(estimates, IpFamily.V4, 1, 1, 0);
        Round(estimates, IpFamily.V6, 1, 1, 0);
        estimates.Forget(IpFamily.V4);
        Assert.Equal((null, 0.009), (Value(PathCharacteristics.Up4, 0), Number("rtt", 0)));
        Assert.NotNull(Value(PathCharacteristics.Up6, 0));
    }

    [Fact]
    public void Delay_is_that_of_the_way_from_here_where_both_clocks_are_kept_though_another_target_is_nearer()
    {
        for (var i = 0; i < 50; i++)
        {
            Add("near", i, 10);
            AddWays("far", i, forward: i % 2 == 0 ? 30 : 34, roundTrip: 50);
        }
        Assert.Equal((0.01, "icmp"), (Math.Round(Number("rtt", 50)!.Value, 9), Value("rtt", 50)!.Source));
        var delay = Value("delay", 50)!;
        Assert.Equal((false, "stamp"), (delay.IsEstimated, delay.Source));
        Assert.InRange(delay.Value.Number, 0.030, 0.034);
        Assert.Equal((0.030, 0.034), (Number("delay.p50", 50), Number("delay.p95", 50)));
        // Each forward delay differs from the one before by 4 ms, and the round trips by nothing.
        Assert.Equal(0.004, Number("jitter", 50)!.Value, 3);
        Assert.False(Value("jitter", 50)!.IsEstimated);
    }

    [Fact]
    public void Without_clocks_that_are_kept_the_delay_is_half_the_round_trip_and_the_jitter_still_that_of_the_way()
    {
        for (var i = 0; i < 50; i++)
        {
            AddWays("far", i, forward: 7_200_000 + (i % 2 * 4), roundTrip: 50, isMeasured: false);
        }
        Assert.Equal((0.025, true), (Math.Round(Number("delay", 50)!.Value, 9), Value("delay", 50)!.IsEstimated));
        Assert.Equal(0.004, Number("jitter", 50)!.Value, 3);
    }

    [Fact]
    public void A_clock_that_is_set_is_no_jitter()
    {
        for (var i = 0; i < 50; i++)
        {
            AddWays("far", i, forward: 20 + (i / 10 * 3_600_000), roundTrip: 50, isMeasured: false);
        }
        Assert.Equal(0, Number("jitter", 50));
    }

    [Fact]
    public void Clocks_that_are_no_longer_kept_leave_nothing_of_what_they_told()
    {
        AddWays("far", 0, forward: 40, roundTrip: 50);
        AddWays("far", 1, forward: 40, roundTrip: 50, isMeasured: false);
        Assert.Equal((0.025, true), (Number("delay", 1), Value("delay", 1)!.IsEstimated));
        AddWays("far", 2, forward: 10, roundTrip: 50);
        Assert.Equal((0.01, 0.01, false), (Number("delay", 2), Number("delay.p95", 2), Value("delay", 2)!.IsEstimated));
    }

    [Fact]
    public void Loss_is_told_by_its_direction_where_a_target_can()
    {
        Add("a", 0, 5);
        Assert.Null(Value("loss.up", 0));
        estimates.Add(IpFamily.V4, "b", "stamp", new(Start, TimeSpan.FromMilliseconds(50), null) { Losses = new(0.25, 0.1, 100) });
        Assert.Equal((0.25, 0.1, 100), (Number("loss.up", 0), Number("loss.down", 0), Value("loss.up", 0)!.Samples));
    }

    [Fact]
    public void Whatever_the_probes_say_values_are_in_their_ranges_and_each_name_stands_once() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 400], Gen.Int[0, 120]).Array[0, 300].Sample(probes =>
        {
            var some = new ProbeEstimates(Settings);
            foreach (var (target, milliseconds, second) in probes)
            {
                some.Add(IpFamily.V4, $"t{target}", "icmp", new(Start.AddSeconds(second), milliseconds < 100 ? null : TimeSpan.FromMilliseconds(milliseconds), milliseconds == 99 ? "fault" : null));
                Round(some, IpFamily.V4, milliseconds % 3, 2, second);
            }
            var values = some.Values(Start.AddSeconds(120), [1, 50, 99]).ToDictionary(one => one.Key, one => one.Value);
            Assert.All(values, one => Assert.True(one.Value.At <= Start.AddSeconds(121) && one.Value.StandardError is null or >= 0));
            if (values.TryGetValue("loss", out var loss))
            {
                Assert.InRange(loss.Value.Number, 0, 1);
            }
            if (values.TryGetValue("rtt", out var rtt))
            {
                Assert.InRange(rtt.Value.Number, 0.1, 0.4);
                Assert.True(values["rtt.p1"].Value.Number <= values["rtt.p50"].Value.Number && values["rtt.p50"].Value.Number <= values["rtt.p99"].Value.Number);
                Assert.Equal(rtt.Value.Number / 2, values["delay"].Value.Number);
            }
        });

    private void Add(string target, int second, int? milliseconds) =>
        estimates.Add(IpFamily.V4, target, "icmp", new(Start.AddSeconds(second), milliseconds is { } time ? TimeSpan.FromMilliseconds(time) : null, null));

    private void AddWays(string target, int second, double forward, double roundTrip, bool isMeasured = true) =>
        estimates.Add(IpFamily.V4, target, "stamp", new(Start.AddSeconds(second), TimeSpan.FromMilliseconds(roundTrip), null)
        {
            OneWay = new(TimeSpan.FromMilliseconds(forward), TimeSpan.FromMilliseconds(roundTrip - forward), isMeasured),
        });

    private static void Round(ProbeEstimates estimates, IpFamily family, int answers, int needed, int second) =>
        estimates.Of(family).Add(new(Start.AddSeconds(second), TimeSpan.FromSeconds(second), answers, needed, "icmp"), TimeSpan.FromSeconds(second));

    private Measured? Value(string name, int second) =>
        estimates.Values(Start.AddSeconds(second), [50, 95]).Where(one => one.Key == name).Select(one => one.Value).FirstOrDefault();

    private double? Number(string name, int second) => Value(name, second)?.Value.Number;

    private (bool IsUp, bool IsEstimated) Up(int second) => Value(PathCharacteristics.Up4, second) is { } up ? (up.Value.Flag, up.IsEstimated) : default;
}
