namespace Waymark.Tests.Daemon;

/// <summary>A clock that goes when a test says so: the clock of the day, and the one that nobody can set.</summary>
internal sealed class SetClock : TimeProvider
{
    private long passed;

    /// <summary>The time of the day; setting it is what somebody does with 'date'.</summary>
    public DateTimeOffset Now { get; set; } = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Time passes.</summary>
    public void Pass(TimeSpan time)
    {
        Now += time;
        passed += time.Ticks;
    }

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => passed;
}
