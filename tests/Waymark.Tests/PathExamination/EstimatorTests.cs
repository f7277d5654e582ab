using CsCheck;
using Waymark.PathExamination;

namespace Waymark.Tests.PathExamination;

public sealed class EstimatorTests
{
    [Fact]
    public void The_smoothed_round_trip_follows_RFC_6298()
    {
        var estimator = new RoundTripEstimator();
        estimator.Add(TimeSpan.FromMilliseconds(100));
        Assert.Equal((0.1, 0.05, 0.3), (estimator.Smoothed, estimator.Variation, Math.Round(estimator.Timeout, 9)));
        estimator.Add(TimeSpan.FromMilliseconds(180));
        Assert.Equal((0.11, 0.0575, 0.005), (Math.Round(estimator.Smoothed, 9), Math.Round(estimator.Variation, 9), Math.Round(estimator.Jitter, 9)));
    }

    [Fact]
    public void Loss_and_percentiles_are_those_of_the_last_probes()
    {
        var window = new ProbeWindow(4);
        foreach (var time in new int?[] { 900, 10, null, 30, 20 })
        {
            window.Add(time is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null);
        }
        Assert.Equal((0.25, 0.02, 0.03), (window.Loss!.Value, window.Percentile(50)!.Value, window.Percentile(99)!.Value));
    }

    [Fact]
    public void A_percentile_is_never_exceeded_by_more_than_its_share() =>
        Gen.Select(Gen.Int[1, 1000].Array[1, 100], Gen.Int[1, 99]).Sample((times, rank) =>
        {
            var window = new ProbeWindow();
            Array.ForEach(times, time => window.Add(TimeSpan.FromMilliseconds(time)));
            var percentile = window.Percentile(rank)!.Value;
            return times.Count(time => time / 1000.0 <= percentile + 1e-12) >= times.Length * rank / 100.0
                && times.Count(time => time / 1000.0 < percentile - 1e-12) <= times.Length * rank / 100.0;
        });

    [Fact]
    public void Silence_counts_only_after_the_first_answer()
    {
        var state = new Reachability(downAfter: 3, upAfter: 2);
        for (var i = 0; i < 10; i++)
        {
            Assert.False(state.Add(0, 1));
        }
        Assert.True(state.IsUp && state.IsEstimated);
        Assert.True(state.Add(1, 1));
        Assert.False(state.Add(0, 1) || state.Add(0, 1));
        Assert.True(state.Add(0, 1));
        Assert.False(state.IsUp || state.IsEstimated);
        Assert.False(state.Add(1, 1));
        Assert.True(state.Add(1, 1));
        Assert.True(state.IsUp);
    }

    [Fact]
    public void Values_are_unknown_again_once_they_are_old()
    {
        var start = new DateTimeOffset(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
        var estimates = new ProbeEstimates("icmp", 3, 5, TimeSpan.FromSeconds(30));
        estimates.Add(new(start, TimeSpan.FromMilliseconds(40), null));
        estimates.Add(new(start + TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(40), null));
        Assert.Contains(estimates.Values(start + TimeSpan.FromSeconds(2)), one => one.Key == "delay" && one.Value.Value.Number == 0.02 && one.Value.IsEstimated);
        Assert.DoesNotContain(estimates.Values(start + TimeSpan.FromSeconds(40)), one => one.Key is "delay" or "rtt" or "loss");
    }

    [Fact]
    public void A_probe_that_could_not_be_sent_is_no_loss()
    {
        var estimates = new ProbeEstimates("icmp", 3, 5, TimeSpan.FromSeconds(30));
        estimates.Add(new(DateTimeOffset.UnixEpoch, TimeSpan.FromMilliseconds(1), null));
        estimates.Add(new(DateTimeOffset.UnixEpoch, null, "no right"));
        Assert.Equal(0, estimates.Values(DateTimeOffset.UnixEpoch).Single(one => one.Key == "loss").Value.Value.Number);
    }
}
