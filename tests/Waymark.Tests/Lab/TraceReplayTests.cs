using Waymark.Lab;
using Waymark.Lab.Links;

namespace Waymark.Tests.Lab;

public sealed class TraceReplayTests
{
    private static readonly string[] Links = ["wifi", "lte"];

    [Fact]
    public void The_sample_reads()
    {
        var trace = TraceReplay.Read(System.IO.Path.Combine(Repository.Root, "samples", "traces", "drive-3op.csv"), ["wifi", "lte", "sat"]);
        Assert.True(trace.Steps.Count >= 50);
        Assert.Equal(trace.Steps[^1].At, trace.Length);
    }

    [Fact]
    public void Steps_come_in_order_of_time_whatever_the_order_of_lines()
    {
        var trace = TraceReplay.Parse(["t_ms,link,rtt_ms,loss_pct", "2000,lte,50,0", "# a remark", "", "0,wifi,10,2.5"], "t", Links);
        Assert.Equal([new(TimeSpan.Zero, "wifi", TimeSpan.FromMilliseconds(10), 0.025), new(TimeSpan.FromSeconds(2), "lte", TimeSpan.FromMilliseconds(50), 0)], trace.Steps);
    }

    [Fact]
    public void An_empty_round_trip_is_a_gap_that_keeps_the_delay()
    {
        var step = TraceReplay.Parse(["0,wifi,,"], "t", Links).Steps[0];
        var shape = step.Of(new() { Delay = TimeSpan.FromMilliseconds(7), Rate = 5 });
        Assert.Equal(new LinkShape { Delay = TimeSpan.FromMilliseconds(7), Rate = 5, Loss = 1 }, shape);
    }

    [Fact]
    public void Half_of_the_round_trip_is_the_delay_of_each_way() =>
        Assert.Equal(new LinkShape { Delay = TimeSpan.FromMilliseconds(20), Loss = 0.5 }, TraceReplay.Parse(["0,wifi,40,50"], "t").Steps[0].Of(LinkShape.Cable));

    [Theory]
    [InlineData("0,wfi,40,0", "t:1: no link is called 'wfi'; did you mean 'wifi'?")]
    [InlineData("0,tower,40,0", "t:1: no link is called 'tower'; there are wifi, lte")]
    [InlineData("0,wifi,40ms,0", "t:1: '40ms' is no rtt_ms; write a number from 0 to 60000, without its unit")]
    [InlineData("0,wifi,40,101", "t:1: '101' is no loss_pct; write a number from 0 to 100, without its unit")]
    [InlineData("-1,wifi,40,0", "t:1: '-1' is no t_ms; write a number from 0 to 1000000000, without its unit")]
    [InlineData("0,wifi,40", "t:1: 3 columns, expected 4: t_ms,link,rtt_ms,loss_pct")]
    [InlineData("t_ms,link,delay,loss_pct", "t:1: column 3 is 'delay', expected 'rtt_ms'; the columns are t_ms,link,rtt_ms,loss_pct")]
    [InlineData("t_ms,link,rtt_ms", "t:1: column 4 is missing; it is 'loss_pct'")]
    [InlineData("# nothing", "t: the trace has no steps; write lines of t_ms,link,rtt_ms,loss_pct")]
    public void A_mistake_is_named_with_its_line_and_the_mend(string line, string message)
    {
        var wrong = Assert.Throws<LabException>(() => TraceReplay.Parse([line], "t", Links));
        Assert.Equal(message, wrong.Message);
        Assert.True(wrong.IsInput);
    }

    [Fact]
    public async Task A_replay_that_is_cancelled_ends_and_one_without_waits_ends_by_itself()
    {
        var applied = new List<string>();
        await TraceReplay.Parse(["0,wifi,10,0", "0,lte,20,0"], "t").RunAsync((link, _) => applied.Add(link), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(["wifi", "lte"], applied);
        using var ended = new CancellationTokenSource();
        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TraceReplay.Parse(["60000,wifi,10,0"], "t").RunAsync((_, _) => { }, TimeProvider.System, ended.Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public async Task Each_step_comes_at_its_time_and_a_late_one_does_not_make_later_ones_late(int lateMilliseconds)
    {
        var time = new JumpingClock(TimeSpan.FromMilliseconds(lateMilliseconds));
        var applied = new List<(double At, string Link)>();
        await TraceReplay.Parse(["0,wifi,10,0", "100,lte,20,0", "100,wifi,,", "105,wifi,30,0", "20000,lte,40,0", "3600000,wifi,10,0"], "t")
            .RunAsync((link, _) => applied.Add((time.Elapsed.TotalMilliseconds, link)), time, TestContext.Current.CancellationToken);
        var late = lateMilliseconds;
        // What was due while an earlier one was late comes together with it.
        Assert.Equal([(0, "wifi"), (100 + late, "lte"), (100 + late, "wifi"), (Math.Max(105, 100 + late), "wifi"), (20_000 + late, "lte"), (3_600_000 + late, "wifi")], applied);
    }

    [Fact]
    public async Task No_step_comes_before_its_time_however_finely_that_is_said()
    {
        var time = new JumpingClock(TimeSpan.Zero);
        var applied = new List<double>();
        await TraceReplay.Parse(["0.25,wifi,10,0", "10.7,wifi,20,0", "10.9,wifi,30,0"], "t").RunAsync((_, _) => applied.Add(time.Elapsed.TotalMilliseconds), time, TestContext.Current.CancellationToken);
        foreach (var (at, due) in applied.Zip([0.25, 10.7, 10.9]))
        {
            Assert.InRange(at, due, due + 1);
        }
    }

    [Fact]
    public async Task Links_take_what_the_steps_say_and_links_that_are_not_there_are_passed_over()
    {
        var time = new JumpingClock(TimeSpan.Zero);
        var shape = new LinkShape { Rate = 5_000_000, Jitter = TimeSpan.FromMilliseconds(2) };
        var courses = new List<LinkShape>();
        await TraceReplay.Parse(["0,wifi,10,1", "50,sat,600,0", "100,wifi,,", "200,wifi,40,0"], "t").RunAsync((link, step) =>
        {
            if (link == "wifi")
            {
                courses.Add(shape = step.Of(shape));
            }
        }, time, TestContext.Current.CancellationToken);
        Assert.Equal(["delay 5ms jitter 2ms loss 1% rate 5Mbit", "delay 5ms jitter 2ms loss 100% rate 5Mbit", "delay 20ms jitter 2ms loss 0% rate 5Mbit"], courses.Select(one => one.ToString()));
    }
}
