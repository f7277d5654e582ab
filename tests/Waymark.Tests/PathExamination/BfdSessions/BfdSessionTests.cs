using Waymark.PathExamination.BfdSessions;

namespace Waymark.Tests.PathExamination.BfdSessions;

/// <summary>One end, with a script for the other; it asks for 50 ms in both directions, three of which may be lost, and its number is 7.</summary>
public sealed class BfdSessionTests
{
    private static readonly BfdPacket Other = new()
    {
        State = BfdState.Down,
        DetectMultiplier = 4,
        MyDiscriminator = 9,
        YourDiscriminator = 7,
        DesiredMinTransmit = 60_000,
        RequiredMinReceive = 40_000,
    };

    private readonly BfdSession session = new(Parameters(), 7);
    private TimeSpan now;

    [Theory]
    [InlineData(BfdState.Down, BfdState.AdminDown, BfdState.Down, BfdDiagnostic.None)]
    [InlineData(BfdState.Down, BfdState.Down, BfdState.Init, BfdDiagnostic.None)]
    [InlineData(BfdState.Down, BfdState.Init, BfdState.Up, BfdDiagnostic.None)]
    [InlineData(BfdState.Down, BfdState.Up, BfdState.Down, BfdDiagnostic.None)]
    [InlineData(BfdState.Init, BfdState.AdminDown, BfdState.Down, BfdDiagnostic.NeighborSignaledDown)]
    [InlineData(BfdState.Init, BfdState.Down, BfdState.Init, BfdDiagnostic.None)]
    [InlineData(BfdState.Init, BfdState.Init, BfdState.Up, BfdDiagnostic.None)]
    [InlineData(BfdState.Init, BfdState.Up, BfdState.Up, BfdDiagnostic.None)]
    [InlineData(BfdState.Up, BfdState.AdminDown, BfdState.Down, BfdDiagnostic.NeighborSignaledDown)]
    [InlineData(BfdState.Up, BfdState.Down, BfdState.Down, BfdDiagnostic.NeighborSignaledDown)]
    [InlineData(BfdState.Up, BfdState.Init, BfdState.Up, BfdDiagnostic.None)]
    [InlineData(BfdState.Up, BfdState.Up, BfdState.Up, BfdDiagnostic.None)]
    [InlineData(BfdState.AdminDown, BfdState.AdminDown, BfdState.AdminDown, BfdDiagnostic.AdministrativelyDown)]
    [InlineData(BfdState.AdminDown, BfdState.Down, BfdState.AdminDown, BfdDiagnostic.AdministrativelyDown)]
    [InlineData(BfdState.AdminDown, BfdState.Init, BfdState.AdminDown, BfdDiagnostic.AdministrativelyDown)]
    [InlineData(BfdState.AdminDown, BfdState.Up, BfdState.AdminDown, BfdDiagnostic.AdministrativelyDown)]
    public void What_is_heard_moves_a_session_as_RFC_5880_6_8_6_says(BfdState before, BfdState heard, BfdState after, BfdDiagnostic diagnostic)
    {
        Bring(before);
        Hear(Other with { State = heard });
        Assert.Equal((after, diagnostic), (session.State, session.Diagnostic));
    }

    [Fact]
    public void Who_is_not_up_speaks_once_a_second_and_says_so()
    {
        Assert.Equal(BfdState.Down, Assert.Single(Say()).State);
        Assert.Empty(Say());
        now = session.Due!.Value;
        Assert.Equal(TimeSpan.FromMilliseconds(875), now);
        var packet = Assert.Single(Say());
        Assert.Equal((1_000_000u, 50_000u, 0u), (packet.DesiredMinTransmit, packet.RequiredMinReceive, packet.YourDiscriminator));
    }

    [Fact]
    public void A_change_of_state_is_told_at_once_and_begins_a_poll_that_ends_with_its_answer()
    {
        Say();
        Hear(Other);
        Assert.Equal((BfdState.Init, 9u), (Assert.Single(Say()).State, session.RemoteDiscriminator));
        Hear(Other with { State = BfdState.Init });
        var up = Assert.Single(Say());
        Assert.Equal((BfdState.Up, true, 50_000u), (up.State, up.IsPoll, up.DesiredMinTransmit));
        Later(milliseconds: 50);
        Assert.True(Assert.Single(Say()).IsPoll);
        Hear(Other with { State = BfdState.Up, IsFinal = true });
        Later(milliseconds: 50);
        Assert.False(Assert.Single(Say()).IsPoll);
    }

    [Fact]
    public void A_poll_is_answered_at_once_beside_what_is_sent_at_intervals()
    {
        BringUp();
        var due = session.Due;
        Later(milliseconds: 3);
        Hear(Other with { State = BfdState.Up, IsPoll = true });
        var answer = Assert.Single(Say());
        Assert.Equal((true, false), (answer.IsFinal, answer.IsPoll));
        Assert.Equal(due, session.Due);
    }

    [Theory]
    [InlineData(40_000u, 50)]
    [InlineData(200_000u, 200)]
    public void Packets_are_as_far_apart_as_the_slower_end_wants(uint required, int milliseconds)
    {
        BringUp(Other with { RequiredMinReceive = required });
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), session.TransmitInterval);
    }

    [Theory]
    [InlineData(10_000u, 200)]
    [InlineData(60_000u, 240)]
    public void The_detection_time_is_the_others_multiplier_times_the_slower_of_what_it_sends_and_what_we_take(uint desired, int milliseconds)
    {
        BringUp(Other with { DesiredMinTransmit = desired });
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), session.DetectionTime);
    }

    [Fact]
    public void Silence_for_the_detection_time_is_the_end_and_not_a_moment_less()
    {
        BringUp();
        SpeakUntil(now + TimeSpan.FromMilliseconds(239));
        Assert.Equal(BfdState.Up, session.State);
        SpeakUntil(now + TimeSpan.FromMilliseconds(1));
        Assert.Equal((BfdState.Down, BfdDiagnostic.DetectionTimeExpired, 0u), (session.State, session.Diagnostic, session.RemoteDiscriminator));
        Assert.Equal(TimeSpan.FromSeconds(1), session.TransmitInterval);
    }

    [Theory]
    [InlineData(3, 0, 75)]
    [InlineData(3, 1, 100)]
    [InlineData(1, 0, 75)]
    [InlineData(1, 1, 90)]
    public void Packets_are_spread(int multiplier, double random, int milliseconds)
    {
        var spread = new BfdSession(Parameters(multiplier: multiplier, desired: 2000), 7);
        spread.Take(TimeSpan.Zero, random);
        Assert.Equal(TimeSpan.FromMilliseconds(20 * milliseconds), spread.Due);
    }

    [Fact]
    public void What_would_surprise_the_other_end_waits_for_its_word()
    {
        BringUp();
        session.Change(Parameters(desired: 300, required: 20));
        Assert.Equal((50, 240), (session.TransmitInterval.TotalMilliseconds, session.DetectionTime.TotalMilliseconds));
        Hear(Other with { State = BfdState.Up, DesiredMinTransmit = 20_000 });
        Assert.Equal(200, session.DetectionTime.TotalMilliseconds);
        var told = Assert.Single(Say());
        Assert.Equal((true, 300_000u, 20_000u), (told.IsPoll, told.DesiredMinTransmit, told.RequiredMinReceive));
        Hear(Other with { State = BfdState.Up, DesiredMinTransmit = 20_000, IsFinal = true });
        Assert.Equal((300, 80), (session.TransmitInterval.TotalMilliseconds, session.DetectionTime.TotalMilliseconds));
    }

    [Fact]
    public void What_surprises_nobody_is_in_force_at_once()
    {
        BringUp(Other with { DesiredMinTransmit = 10_000, RequiredMinReceive = 10_000 });
        session.Change(Parameters(desired: 20, required: 100));
        Assert.Equal((20, 400), (session.TransmitInterval.TotalMilliseconds, session.DetectionTime.TotalMilliseconds));
    }

    [Fact]
    public void What_changes_during_a_poll_needs_another_with_a_packet_between_them()
    {
        BringUp();
        session.Change(Parameters(desired: 300));
        Say();
        session.Change(Parameters(desired: 400));
        Say();
        Hear(Other with { State = BfdState.Up, IsFinal = true });
        Assert.Equal(50, session.TransmitInterval.TotalMilliseconds);
        Later(milliseconds: 50);
        Assert.False(Assert.Single(Say()).IsPoll);
        Later(milliseconds: 50);
        Assert.True(Assert.Single(Say()).IsPoll);
        Hear(Other with { State = BfdState.Up, IsFinal = true });
        Assert.Equal(400, session.TransmitInterval.TotalMilliseconds);
    }

    [Fact]
    public void Who_wants_no_packets_gets_answers_only()
    {
        BringUp(Other with { RequiredMinReceive = 0 });
        Later(milliseconds: 100);
        Assert.Empty(Say());
        Hear(Other with { State = BfdState.Up, RequiredMinReceive = 0, IsPoll = true });
        Assert.True(Assert.Single(Say()).IsFinal);
    }

    [Fact]
    public void Who_demands_gets_packets_only_while_one_end_is_not_up()
    {
        BringUp(Other with { IsDemand = true });
        Later(milliseconds: 100);
        Assert.Empty(Say());
        Hear(Other with { State = BfdState.Down, IsDemand = true });
        Assert.Equal(BfdState.Down, Assert.Single(Say()).State);
    }

    [Fact]
    public void A_packet_of_another_session_or_with_authentication_changes_nothing()
    {
        BringUp();
        Assert.False(session.Receive(Other with { YourDiscriminator = 8 }, now));
        Assert.False(session.Receive(Other with { HasAuthentication = true }, now));
        Assert.Equal((BfdState.Up, BfdState.Up), (session.State, session.RemoteState));
    }

    [Fact]
    public void An_other_end_that_began_anew_does_not_know_our_number_and_is_heard()
    {
        BringUp();
        Assert.True(session.Receive(Other with { MyDiscriminator = 10, YourDiscriminator = 0 }, now));
        Assert.Equal((BfdState.Down, 10u), (session.State, session.RemoteDiscriminator));
    }

    [Fact]
    public void Who_stops_on_purpose_says_so()
    {
        BringUp();
        session.Stop();
        var farewell = Assert.Single(Say());
        Assert.Equal((BfdState.AdminDown, BfdDiagnostic.AdministrativelyDown), (farewell.State, farewell.Diagnostic));
    }

    [Fact]
    public void What_came_in_time_and_is_read_late_is_no_silence()
    {
        BringUp();
        var began = now;
        for (var came = began; came < began + TimeSpan.FromSeconds(5); came += TimeSpan.FromMilliseconds(60))
        {
            session.Receive(Other with { State = BfdState.Up }, came);
        }
        now = began + TimeSpan.FromSeconds(5);
        Say();
        Assert.Equal(BfdState.Up, session.State);
    }

    [Fact]
    public void What_came_long_ago_prolongs_nothing()
    {
        BringUp();
        var came = now;
        SpeakUntil(now + TimeSpan.FromMilliseconds(200));
        session.Receive(Other with { State = BfdState.Up }, came);
        SpeakUntil(came + TimeSpan.FromMilliseconds(240));
        Assert.Equal(BfdState.Down, session.State);
    }

    [Fact]
    public void After_a_sleep_of_this_host_the_other_end_gets_one_interval_more_and_no_second()
    {
        BringUp();
        Later(milliseconds: 3000);
        Say();
        Assert.Equal(BfdState.Up, session.State);
        Later(milliseconds: 3000);
        Say();
        Assert.Equal(BfdState.Down, session.State);
    }

    [Fact]
    public void A_number_of_zero_is_none() => Assert.Throws<ArgumentOutOfRangeException>(() => new BfdSession(Parameters(), 0));

    [Theory]
    [InlineData(0, 50, 50)]
    [InlineData(256, 50, 50)]
    [InlineData(3, 0, 50)]
    [InlineData(3, 50, 5_000_000)]
    public void Parameters_that_the_wire_cannot_say_are_refused(int multiplier, int desired, int required) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Parameters(multiplier, desired, required));

    private static BfdParameters Parameters(int multiplier = 3, int desired = 50, int required = 50) =>
        new(multiplier, TimeSpan.FromMilliseconds(desired), TimeSpan.FromMilliseconds(required));

    private void Bring(BfdState state)
    {
        switch (state)
        {
            case BfdState.AdminDown:
                session.Stop();
                break;
            case BfdState.Init:
                Hear(Other);
                break;
            case BfdState.Up:
                Hear(Other with { State = BfdState.Init });
                break;
            default:
                break;
        }
        Assert.Equal(state, session.State);
    }

    /// <summary>Both up, with nothing to be said or confirmed.</summary>
    private void BringUp(BfdPacket? other = null)
    {
        Hear((other ?? Other) with { State = BfdState.Init });
        Say();
        Hear((other ?? Other) with { State = BfdState.Up, IsFinal = true });
        Say();
        Later(milliseconds: 50);
        Hear((other ?? Other) with { State = BfdState.Up });
        Say();
        Assert.Equal(BfdState.Up, session.State);
    }

    private void Hear(BfdPacket packet) => Assert.True(session.Receive(packet, now));

    private void Later(int milliseconds) => now += TimeSpan.FromMilliseconds(milliseconds);

    private List<BfdPacket> Say()
    {
        var said = new List<BfdPacket>();
        while (session.Take(now, 0.5) is { } packet)
        {
            said.Add(packet);
        }
        return said;
    }

    /// <summary>Is there whenever the session wants something, until a moment.</summary>
    private void SpeakUntil(TimeSpan end)
    {
        while (session.Due is { } due && due < end)
        {
            now = due > now ? due : now;
            Say();
        }
        now = end;
        Say();
    }
}
