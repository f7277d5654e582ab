using Waymark.PathExamination;
using Waymark.PathExamination.Stamp;

namespace Waymark.Tests.PathExamination.Stamp;

/// <summary>Each case says when, in milliseconds: T1 is 0 by both clocks.</summary>
public sealed class StampExchangeTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly ErrorEstimate Kept = ErrorEstimate.Of(true, TimeSpan.FromMilliseconds(1));

    [Fact]
    public void The_time_at_the_reflector_is_no_part_of_the_round_trip()
    {
        var result = Evaluate(received: 30, sent: 130, arrived: 150);
        Assert.Equal((50, null), (result.RoundTrip!.Value.TotalMilliseconds, result.Fault));
        Assert.Equal(new OneWayDelays(Milliseconds(30), Milliseconds(20), true), result.OneWay);
    }

    [Theory]
    [InlineData(100, 50, "the reflector says that it answered before it was asked")]
    [InlineData(0, 200, "the reflector says that it held the packet for longer than the round trip took")]
    [InlineData(-500_000, 500_000, "the reflector says that it held the packet for longer than the round trip took")]
    public void Times_that_cannot_be_are_a_fault(double received, double sent, string fault)
    {
        var result = Evaluate(received, sent, arrived: 150);
        Assert.Equal((null, fault, null), (result.RoundTrip, result.Fault, result.OneWay));
    }

    [Fact]
    public void Clocks_that_differ_leave_the_round_trip_right_and_the_ways_unmeasured()
    {
        var result = Evaluate(received: 5030, sent: 5030, arrived: 50, there: ErrorEstimate.Unknown);
        Assert.Equal((50, false), (result.RoundTrip!.Value.TotalMilliseconds, result.OneWay!.Value.IsMeasured));
        Assert.False(Evaluate(received: 30, sent: 30, arrived: 50, here: ErrorEstimate.Unknown).OneWay!.Value.IsMeasured);
    }

    [Theory]
    [InlineData(3600_000)]
    [InlineData(-3600_000)]
    [InlineData(60)]
    public void A_clock_that_claims_to_be_kept_and_is_not_is_not_believed(double off)
    {
        var result = Evaluate(received: 30 + off, sent: 30 + off, arrived: 50);
        Assert.Equal((50, false), (result.RoundTrip!.Value.TotalMilliseconds, result.OneWay!.Value.IsMeasured));
    }

    [Theory]
    [InlineData(3_600_000)]
    [InlineData(-3_600_000)]
    [InlineData(30)]
    public void Our_own_clock_that_was_set_meanwhile_spoils_the_ways_alone(double step)
    {
        var result = Evaluate(received: 30, sent: 30, arrived: 50, step: step);
        Assert.Equal((50, null, null), (result.RoundTrip!.Value.TotalMilliseconds, result.OneWay, result.Fault));
    }

    [Fact]
    public void Times_of_PTP_tell_no_delay_for_it_is_not_said_whether_they_count_leap_seconds() =>
        Assert.False(Evaluate(received: 30, sent: 30, arrived: 50, there: new((ushort)(Kept.Bits | 0x4000))).OneWay!.Value.IsMeasured);

    private static ProbeResult Evaluate(double received, double sent, double arrived, ErrorEstimate? here = null, ErrorEstimate? there = null, double step = 0) =>
        new StampExchange(At(0), At(arrived + step), Milliseconds(arrived), here ?? Kept, new(0, At(sent), there ?? Kept, 1, At(received), default, 64)).Evaluate(Start);

    private static NtpTimestamp At(double milliseconds) => NtpTimestamp.From(Start + Milliseconds(milliseconds));

    private static TimeSpan Milliseconds(double value) => TimeSpan.FromMilliseconds(value);
}
