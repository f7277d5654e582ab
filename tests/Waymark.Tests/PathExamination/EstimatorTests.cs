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
    public void The_smoothed_round_trip_stays_between_the_least_and_the_greatest_and_jitter_below_their_distance() =>
        Gen.Int[1, 1_000_000].Array[1, 200].Sample(times =>
        {
            var estimator = new RoundTripEstimator();
            Array.ForEach(times, time => estimator.Add(TimeSpan.FromMicroseconds(time)));
            double least = times.Min() / 1e6, most = times.Max() / 1e6;
            return estimator.Smoothed >= least - 1e-9 && estimator.Smoothed <= most + 1e-9
                && estimator.Jitter >= 0 && estimator.Jitter <= most - least + 1e-9 && estimator.Variation <= Math.Max(most - least, times[0] / 2e6) + 1e-9;
        });

    [Fact]
    public void Loss_and_percentiles_are_those_of_the_last_probes()
    {
        var window = new ProbeWindow(4);
        foreach (var time in new int?[] { 900, 10, null, 30, 20 })
        {
            window.Add(time is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null);
        }
        Assert.Equal((0.25, 0.02, 0.03), (window.Loss!.Value, window.Percentiles().Of(50)!.Value, window.Percentiles().Of(99)!.Value));
    }

    [Fact]
    public void A_window_equals_the_same_computed_from_all_probes() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[0, 50].Array[0, 100]).Sample((capacity, times) =>
        {
            var window = new ProbeWindow(capacity);
            Array.ForEach(times, time => window.Add(time == 0 ? null : TimeSpan.FromMilliseconds(time)));
            var last = times.TakeLast(capacity).ToList();
            var answered = last.Where(time => time > 0).Select(time => time / 1000.0).ToList();
            var error = answered.Count < 2 ? 0 : Math.Sqrt(answered.Sum(one => Math.Pow(one - answered.Average(), 2)) / (answered.Count - 1) / answered.Count);
            return window.Count == last.Count && window.Answered == answered.Count
                && (last.Count == 0 ? window.Loss is null : Math.Abs(window.Loss!.Value - (1 - (answered.Count / (double)last.Count))) < 1e-12)
                && Math.Abs(window.RoundTripError - error) < 1e-12
                // Nothing is thrown into classes: percentiles err by nothing.
                && Enumerable.Range(1, 99).All(rank => window.Percentiles().Of(rank) == Exact(answered, rank));

            static double? Exact(List<double> all, int rank) => all.Count == 0 ? null : all.Order().ElementAt((int)Math.Ceiling(rank * all.Count / 100.0) - 1);
        });

    [Fact]
    public void A_loss_that_is_taken_back_leaves_the_window_as_if_it_had_never_been() =>
        Gen.Select(Gen.Int[1, 10], Gen.Int[1, 50].Array[1, 30], Gen.Int[0, 29]).Sample((capacity, times, which) =>
        {
            var (amended, plain) = (new ProbeWindow(capacity), new ProbeWindow(capacity));
            long? number = null;
            for (var i = 0; i < times.Length; i++)
            {
                var time = TimeSpan.FromMilliseconds(times[i]);
                plain.Add(time);
                number = i == which ? amended.Add(null) : (amended.Add(time), number).number;
            }
            if (number is { } late)
            {
                amended.Amend(late, TimeSpan.FromMilliseconds(times[which]));
                amended.Amend(late, TimeSpan.FromMilliseconds(times[which]));
            }
            return amended.Answered == plain.Answered && amended.Loss == plain.Loss && amended.Percentiles().Of(50) == plain.Percentiles().Of(50);
        });

    [Fact]
    public void A_percentile_is_never_exceeded_by_more_than_its_share() =>
        Gen.Select(Gen.Int[1, 1000].Array[1, 100], Gen.Int[1, 99]).Sample((times, rank) =>
        {
            var percentile = new RoundTripPercentiles(times.Select(time => time / 1000.0)).Of(rank)!.Value;
            return times.Count(time => time / 1000.0 <= percentile) * 100 >= times.Length * rank
                && times.Count(time => time / 1000.0 < percentile) * 100 < times.Length * rank
                && times.Any(time => time / 1000.0 == percentile);
        });
}
