using CsCheck;
using Waymark.PathExamination;

namespace Waymark.Tests.PathExamination;

public sealed class WindowedMaximumTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly WindowedMaximum largest = new(TimeSpan.FromHours(1));

    [Fact]
    public void The_largest_is_told_with_its_time_until_it_is_too_old_and_then_the_largest_since()
    {
        largest.Add(Start, 3);
        largest.Add(Start.AddMinutes(1), 9);
        largest.Add(Start.AddMinutes(30), 5);
        Assert.Equal((9, Start.AddMinutes(1), 3), largest.At(Start.AddMinutes(60)));
        Assert.Equal((5, Start.AddMinutes(30), 1), largest.At(Start.AddMinutes(70)));
        Assert.Null(largest.At(Start.AddMinutes(100)));
    }

    [Fact]
    public void A_clock_that_is_set_back_and_comes_again_leaves_a_truth()
    {
        largest.Add(Start, 3);
        largest.Add(Start.AddDays(-1), 9);
        Assert.Equal(3, largest.At(Start)!.Value.Value);
    }

    [Fact]
    public void It_is_the_largest_of_the_last_hour_give_or_take_a_twelfth() => Gen.Select(Gen.Int[0, 600], Gen.Int[1, 100]).List[1, 40].Sample(values =>
    {
        var maximum = new WindowedMaximum(TimeSpan.FromHours(1));
        foreach (var (minute, value) in values.OrderBy(one => one.Item1))
        {
            maximum.Add(Start.AddMinutes(minute), value);
        }
        var last = values.Max(one => one.Item1);
        var told = maximum.At(Start.AddMinutes(last))!.Value.Value;
        Assert.InRange(told, values.Where(one => one.Item1 >= last - 60).Max(one => one.Item2), values.Where(one => one.Item1 > last - 66).Max(one => one.Item2));
    });
}
