using CsCheck;
using Waymark.PathExamination;

namespace Waymark.Tests.PathExamination;

public sealed class ReachabilityTests
{
    private static readonly ProbeSettings Settings = new() { Targets = [], DownAfter = 3, UpAfter = 2 };
    private readonly Reachability state = new(Settings);

    [Fact]
    public void Silence_counts_only_after_the_first_answer()
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.False(Round(state, 0, i));
        }
        Assert.True(state.IsUp && state.IsEstimated);
        Assert.True(Round(state, 1, 10));
        Assert.False(state.IsEstimated);
    }

    [Fact]
    public void Silence_of_targets_that_the_administrator_named_counts_from_the_start()
    {
        var named = new Reachability(Settings with { AreTargetsNamed = true });
        foreach (var second in new[] { 0, 1, 2, 2.9 })
        {
            Assert.False(Round(named, 0, second));
        }
        Assert.True(named.IsUp && named.IsEstimated);
        Assert.Equal(3, named.ReviewAt!.Value.TotalSeconds);
        Assert.True(named.Review(TimeSpan.FromSeconds(3)));
        Assert.False(named.IsUp || named.IsEstimated);
    }

    [Fact]
    public void A_path_that_hardly_ever_lost_anything_is_down_after_little_more_than_so_many_quick_rounds()
    {
        // Three quick rounds take 0.75 s; half a second more, for no path is known to lose nothing, and this silence counts among what it does.
        Assert.Equal(1.23, DownAt(state, lossEvery: null), 0.03);
    }

    [Fact]
    public void A_path_that_often_falls_silent_for_a_while_has_to_be_silent_for_longer_and_never_for_more_than_twice_as_long()
    {
        Assert.Equal(1.5, DownAt(new(Settings), lossEvery: 5), 0.001);
    }

    [Fact]
    public void An_answer_however_late_ends_a_silence()
    {
        Round(state, 1, 0);
        Round(state, 0, 1);
        Round(state, 0, 1.25);
        Round(state, 0, 1.5);
        state.Hear(TimeSpan.FromSeconds(1.8), isTraffic: false);
        Assert.Null(state.SilentSince);
        Assert.False(state.Review(TimeSpan.FromSeconds(60)));
        Assert.True(state.IsUp);
    }

    [Fact]
    public void Traffic_that_was_answered_before_a_silence_began_does_not_end_it()
    {
        Round(state, 1, 0);
        Round(state, 0, 1);
        state.Hear(TimeSpan.FromSeconds(0.9), isTraffic: true);
        Assert.NotNull(state.SilentSince);
        state.Hear(TimeSpan.FromSeconds(1.1), isTraffic: true);
        Assert.Null(state.SilentSince);
    }

    [Fact]
    public void A_silent_round_that_a_good_one_has_overtaken_says_nothing()
    {
        Round(state, 1, 5);
        Assert.False(Round(state, 0, 4));
        Assert.Null(state.SilentSince);
    }

    [Fact]
    public void Time_that_this_machine_slept_through_is_no_silence_of_the_path()
    {
        Round(state, 1, 0);
        for (var i = 0; i < 3; i++)
        {
            Round(state, 0, 1 + (i * 0.1));
        }
        var due = state.ReviewAt!.Value;
        state.Excuse(TimeSpan.FromSeconds(0.5));
        Assert.Equal(due.TotalSeconds + 0.5, state.ReviewAt!.Value.TotalSeconds, 6);
        Assert.False(state.Review(due));
        state.Excuse(TimeSpan.FromHours(1));
        Assert.InRange(state.ReviewAt!.Value.TotalSeconds, 2, 1 + (2 * 1.5) + 0.001);
    }

    [Fact]
    public void A_path_that_was_down_in_an_earlier_life_stays_down_until_enough_rounds_are_good()
    {
        state.Recall(isUp: false, DateTimeOffset.UnixEpoch, "icmp");
        Assert.False(state.IsUp || state.IsEstimated);
        Assert.False(Round(state, 1, 0));
        Assert.True(state.IsReturning);
        Assert.False(Round(state, 0, 1));
        Assert.False(state.IsReturning);
        Assert.False(Round(state, 1, 2));
        Assert.True(Round(state, 1, 3));
        Assert.True(state.IsUp);
    }

    [Fact]
    public void A_dead_path_is_down_within_its_bound_and_not_before_its_number_of_rounds_whatever_it_did_before() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 6], Gen.Int[20, 5000], Gen.Int[0, 9].Array[1, 400], Gen.Double[0, 0.99]).Sample((downAfter, upAfter, milliseconds, answers, phase) =>
        {
            var settings = Settings with { DownAfter = downAfter, UpAfter = upAfter, Every = TimeSpan.FromMilliseconds(milliseconds) };
            var path = new Reachability(settings);
            var replay = new Replay(path, settings, settings.Every * phase);
            foreach (var answer in answers)
            {
                replay.Send(answer > 0);
            }
            for (var i = 0; i < upAfter || !path.IsUp; i++)
            {
                replay.Send(isAnswered: true);
            }
            var lastGood = replay.LastSent;
            var silent = 0;
            while (path.IsUp)
            {
                replay.Send(isAnswered: false);
                silent++;
            }
            var step = ProbePace.Step(settings.Every);
            Assert.InRange(silent, downAfter, (2 * downAfter) + 1);
            Assert.True(replay.Now - lastGood <= settings.Every + (step * 2 * downAfter) + (step * 2), $"{replay.Now - lastGood} of {settings.Every}");
        });

    /// <summary>How long it takes until a path is down that was good for three hours, but for two lost rounds of so many.</summary>
    private static double DownAt(Reachability path, int? lossEvery)
    {
        var replay = new Replay(path, Settings, TimeSpan.Zero);
        for (var i = 0; replay.NextAt < TimeSpan.FromHours(3); i++)
        {
            replay.Send(lossEvery is not { } every || i % every > 1);
        }
        while (path.SilentSince is not null || replay.NextAt < TimeSpan.FromHours(3))
        {
            replay.Send(isAnswered: true);
        }
        var start = replay.NextAt.TotalSeconds;
        while (path.IsUp)
        {
            replay.Send(isAnswered: false);
        }
        return replay.Now.TotalSeconds - start;
    }

    private static bool Round(Reachability path, int answers, double second) =>
        path.Add(new(DateTimeOffset.UnixEpoch.AddSeconds(second), TimeSpan.FromSeconds(second), answers, 1, "icmp"), TimeSpan.FromSeconds(second));

    /// <summary>Sends round after round at the pace, each answered at once or silent a step later, and looks whenever time alone may decide.</summary>
    private sealed class Replay(Reachability path, ProbeSettings settings, TimeSpan first)
    {
        private readonly ProbePace pace = new(settings);
        private readonly Queue<TimeSpan> undecided = [];
        private TimeSpan? last;

        public TimeSpan Now { get; private set; }

        public TimeSpan LastSent => last!.Value;

        public TimeSpan NextAt => last is { } before ? pace.Next(path, before) : first;

        public void Send(bool isAnswered)
        {
            Settle();
            if (!path.IsUp && !isAnswered)
            {
                return;
            }
            last = Now = NextAt > Now ? NextAt : Now;
            if (isAnswered)
            {
                Decide(last.Value, 1);
            }
            else
            {
                undecided.Enqueue(last.Value);
                Settle();
            }
        }

        private void Settle()
        {
            while (true)
            {
                var decide = undecided.TryPeek(out var sent) ? sent + pace.Wait(TimeSpan.Zero) : TimeSpan.MaxValue;
                var review = path.ReviewAt ?? TimeSpan.MaxValue;
                var due = decide < review ? decide : review;
                if (due > NextAt)
                {
                    return;
                }
                Now = due > Now ? due : Now;
                if (due == decide)
                {
                    Decide(undecided.Dequeue(), 0);
                }
                else
                {
                    path.Review(Now);
                }
            }
        }

        private void Decide(TimeSpan sent, int answers) => path.Add(new(DateTimeOffset.UnixEpoch + sent, sent, answers, 1, "icmp"), Now);
    }
}
