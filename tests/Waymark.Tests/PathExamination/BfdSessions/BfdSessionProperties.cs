using CsCheck;
using Waymark.PathExamination.BfdSessions;

namespace Waymark.Tests.PathExamination.BfdSessions;

public sealed class BfdSessionProperties
{
    private static readonly Gen<(BfdParameters Parameters, TimeSpan Delay, int Seed)> Lines =
        from multiplier in Gen.Int[3, 6]
        from transmit in Gen.Int[10, 300]
        from receive in Gen.Int[10, 300]
        from delay in Gen.Int[0, 40]
        from seed in Gen.Int[0, int.MaxValue]
        select (new BfdParameters(multiplier, TimeSpan.FromMilliseconds(transmit), TimeSpan.FromMilliseconds(receive)), TimeSpan.FromMilliseconds(delay), seed);

    [Fact]
    public void Both_ends_come_up_though_a_third_of_all_packets_is_lost() => Lines.Sample(
        one =>
        {
            var (random, line) = Line(one);
            line.IsLost = (_, _) => random.Next(3) == 0;
            Assert.True(line.RunUntil(TimeSpan.FromMinutes(5), () => line.IsUp), "up within five minutes");
        },
        iter: 300);

    [Fact]
    public void Without_loss_both_are_up_after_the_first_second_at_the_interval_that_both_bear() => Lines.Sample(
        one =>
        {
            var (_, line) = Line(one);
            Assert.True(line.RunUntil(TimeSpan.FromSeconds(2), () => line.IsUp), "up within two seconds");
            Settle(line);
            var interval = one.Parameters.DesiredMinTransmit > one.Parameters.RequiredMinReceive ? one.Parameters.DesiredMinTransmit : one.Parameters.RequiredMinReceive;
            Assert.All(line.Ends, end => Assert.Equal((interval, interval * one.Parameters.DetectMultiplier), (end.TransmitInterval, end.DetectionTime)));
        },
        iter: 300);

    [Fact]
    public void A_cut_is_seen_by_both_within_the_detection_time() => Lines.Sample(
        one =>
        {
            var (_, line) = Line(one);
            line.RunUntil(TimeSpan.FromSeconds(2), () => line.IsUp);
            Settle(line);
            line.IsLost = (_, _) => true;
            var latest = line.Now + one.Delay + line.Ends[0].DetectionTime + TimeSpan.FromTicks(1);
            Assert.True(line.RunUntil(latest, () => line.Ends.All(end => end.State == BfdState.Down)), "down in time");
            Assert.All(line.Ends, end => Assert.Equal(BfdDiagnostic.DetectionTimeExpired, end.Diagnostic));
        },
        iter: 300);

    [Fact]
    public void A_cut_in_one_direction_is_seen_by_one_end_and_told_to_the_other() => Lines.Sample(
        one =>
        {
            var (_, line) = Line(one);
            line.RunUntil(TimeSpan.FromSeconds(2), () => line.IsUp);
            Settle(line);
            line.IsLost = (from, _) => from == 0;
            var latest = line.Now + (2 * one.Delay) + line.Ends[1].DetectionTime + TimeSpan.FromTicks(2);
            Assert.True(line.RunUntil(latest, () => line.Ends.All(end => end.State == BfdState.Down)), "down in time");
            Assert.Equal((BfdDiagnostic.NeighborSignaledDown, BfdDiagnostic.DetectionTimeExpired), (line.Ends[0].Diagnostic, line.Ends[1].Diagnostic));
        },
        iter: 300);

    [Fact]
    public void Single_losses_take_no_session_down() => Lines.Sample(
        one =>
        {
            var (random, line) = Line(one);
            line.RunUntil(TimeSpan.FromSeconds(2), () => line.IsUp);
            Settle(line);
            var lost = new[] { -2, -2 };
            line.IsLost = (from, number) =>
            {
                var isLost = number > lost[from] + 1 && random.Next(2) == 0;
                lost[from] = isLost ? number : lost[from];
                return isLost;
            };
            Assert.False(line.RunUntil(line.Now + TimeSpan.FromSeconds(60), () => !line.IsUp), $"down after {line.Now}");
        },
        iter: 100);

    [Fact]
    public void Who_stops_takes_the_other_down_without_a_failure() => Lines.Sample(
        one =>
        {
            var (_, line) = Line(one);
            line.RunUntil(TimeSpan.FromSeconds(2), () => line.IsUp);
            Settle(line);
            line.Ends[0].Stop();
            Assert.True(line.RunUntil(line.Now + TimeSpan.FromSeconds(1), () => line.Ends[1].State == BfdState.Down));
            Assert.Equal((BfdState.AdminDown, BfdDiagnostic.NeighborSignaledDown), (line.Ends[1].RemoteState, line.Ends[1].Diagnostic));
        },
        iter: 100);

    private static (Random Random, BfdLine Line) Line((BfdParameters Parameters, TimeSpan Delay, int Seed) one)
    {
        var random = new Random(one.Seed);
        return (random, new(one.Parameters, one.Delay, random));
    }

    /// <summary>Lets polls come to their end.</summary>
    private static void Settle(BfdLine line) => Assert.False(line.RunUntil(line.Now + TimeSpan.FromSeconds(3), () => !line.IsUp));
}
