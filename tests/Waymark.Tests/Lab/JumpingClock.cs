namespace Waymark.Tests.Lab;

/// <summary>Time that passes only where somebody waits for it, and then at once: to the end of the wait, and as much later as a busy machine is.</summary>
/// <param name="late">How much later.</param>
internal sealed class JumpingClock(TimeSpan late) : TimeProvider
{
    private long ticks;

    /// <summary>How much has passed.</summary>
    public TimeSpan Elapsed => new(ticks);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ticks += (dueTime + late).Ticks;
        return new Timer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
