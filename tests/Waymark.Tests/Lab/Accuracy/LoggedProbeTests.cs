using System.Diagnostics;
using Waymark.Lab.Accuracy;

namespace Waymark.Tests.Lab.Accuracy;

public sealed class LoggedProbeTests
{
    private static readonly LoggedProbe Whole = new(7, At(0), At(10), At(11), At(31));

    [Fact]
    public void What_the_link_took_is_told_from_what_the_other_end_took()
    {
        Assert.Equal((true, 0.031, 0.030, 0.010), (Whole.IsAnswered, Math.Round(Whole.RoundTrip, 6), Math.Round(Whole.Flight, 6), Math.Round(Whole.Forward, 6)));
    }

    [Fact]
    public void It_is_lost_where_either_way_dropped_it_or_it_had_to_be_sent_again()
    {
        Assert.False((Whole with { Reached = null }).IsAnswered);
        Assert.False((Whole with { Left = null }).IsAnswered);
        Assert.False((Whole with { IsRepeated = true }).IsAnswered);
    }

    private static long At(double milliseconds) => (long)(milliseconds / 1000 * Stopwatch.Frequency);
}
