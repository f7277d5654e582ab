using Waymark.Daemon.Loop;

namespace Waymark.Tests.Daemon;

/// <summary>When flows are looked at behind a change.</summary>
public sealed class SweepPaceTests
{
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(5);

    private readonly SetClock clock = new();

    [Theory]
    [InlineData(0.2)]
    [InlineData(2)]
    [InlineData(50)]
    public void The_longer_ago_the_change_the_longer_the_rest_so_that_each_flow_is_found_before_it_speaks_again(double work)
    {
        var looks = Looks(work).ToList();
        Assert.All(looks.Zip(looks.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, work + 0.9, ((pair.First + work) / 5) + (4 * work) + 1));
    }

    [Fact]
    public void Looking_takes_no_more_than_a_quarter_of_the_time_and_ends_where_full_rounds_are_enough()
    {
        // Many connections: half a second a look.
        var looks = Looks(500).ToList();
        Assert.All(looks.Zip(looks.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 2000));
        Assert.InRange(looks.Count, 10, 25);
        Assert.InRange(Looks(2).Count(), 30, 60);
        Assert.InRange(Looks(2).Last(), 24_000, 36_000);
    }

    [Fact]
    public void Nothing_is_looked_at_before_there_was_a_change() => Assert.Equal(TimeSpan.MaxValue, new SweepPace(clock).Left);

    /// <summary>When they begin, in milliseconds since the change, where each takes so long.</summary>
    private IEnumerable<double> Looks(double work)
    {
        var (pace, start) = (new SweepPace(clock), clock.GetTimestamp());
        pace.Changed();
        while (pace.Left < TimeSpan.MaxValue)
        {
            clock.Pass(pace.Left);
            yield return clock.GetElapsedTime(start).TotalMilliseconds;
            var began = pace.Now;
            clock.Pass(TimeSpan.FromMilliseconds(work));
            pace.Swept(began, Enough);
        }
    }
}
