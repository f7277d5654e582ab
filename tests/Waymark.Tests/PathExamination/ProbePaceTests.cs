using Waymark.PathExamination;

namespace Waymark.Tests.PathExamination;

public sealed class ProbePaceTests
{
    private static readonly ProbeSettings Settings = new() { Targets = [], Every = TimeSpan.FromSeconds(2), DownAfter = 3, UpAfter = 5 };
    private readonly ProbePace pace = new(Settings);
    private readonly Reachability state = new(Settings);

    [Fact]
    public void A_path_at_rest_is_asked_once_an_interval() => Assert.Equal(12, Next(10));

    [Fact]
    public void A_silent_path_is_asked_four_times_an_interval_until_it_answers()
    {
        Round(1, 10);
        Round(0, 12);
        Assert.Equal(12.5, Next(12));
        state.Hear(TimeSpan.FromSeconds(12.6), isTraffic: false);
        Assert.Equal(14, Next(12));
    }

    [Fact]
    public void A_path_that_comes_back_is_asked_twice_an_interval()
    {
        state.Recall(isUp: false, DateTimeOffset.UnixEpoch, "icmp");
        Assert.Equal(12, Next(10));
        Round(1, 12);
        Assert.Equal(13, Next(12));
    }

    [Fact]
    public void While_real_traffic_is_answered_probes_wait_for_an_interval_after_its_newest_answer_but_not_for_ever()
    {
        Round(1, 10);
        state.Hear(TimeSpan.FromSeconds(11.5), isTraffic: true);
        Assert.Equal(13.5, Next(10));
        state.Hear(TimeSpan.FromSeconds(19), isTraffic: true);
        Assert.Equal(20, Next(10));
    }

    [Fact]
    public void An_answer_is_waited_for_as_long_as_answers_take_but_not_less_than_a_quick_step_and_not_more_than_three_seconds()
    {
        Assert.Equal([0.5, 0.7, 3, 1],
            [pace.Wait(TimeSpan.FromSeconds(0.02)).TotalSeconds, pace.Wait(TimeSpan.FromSeconds(0.7)).TotalSeconds, pace.Wait(TimeSpan.FromSeconds(9)).TotalSeconds, pace.Wait(null).TotalSeconds]);
        Assert.Equal([0.2, 2.8, 3], new[] { 0.02, 0.7, 9 }.Select(seconds => ProbePace.Overdue(TimeSpan.FromSeconds(seconds)).TotalSeconds));
    }

    private double Next(double last) => pace.Next(state, TimeSpan.FromSeconds(last)).TotalSeconds;

    private void Round(int answers, double second) =>
        state.Add(new(DateTimeOffset.UnixEpoch, TimeSpan.FromSeconds(second), answers, 1, "icmp"), TimeSpan.FromSeconds(second));
}
