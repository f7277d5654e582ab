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

    [Fact]
    public void Where_a_page_has_to_come_it_is_an_answer_only_with_it_and_known_by_then()
    {
        Assert.Equal((true, false, At(31)), (Whole.IsAnswered, Whole.IsUnfinished, Whole.Known));
        var begun = Whole with { HasPage = true };
        Assert.Equal((false, true), (begun.IsAnswered, begun.IsUnfinished));
        Assert.Equal((true, false, At(60)), ((begun with { PageLeft = At(60) }).IsAnswered, (begun with { PageLeft = At(60) }).IsUnfinished, (begun with { PageLeft = At(60) }).Known));
        // Lost is lost.
        Assert.False((begun with { Left = null }).IsUnfinished);
        Assert.False((begun with { Reached = null, IsRepeated = true }).IsUnfinished);
    }

    private static long At(double milliseconds) => (long)(milliseconds / 1000 * Stopwatch.Frequency);
}
