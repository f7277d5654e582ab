using System.Diagnostics;

namespace Waymark.Lab.Accuracy;

/// <summary>Turns the instants of estimates, which are of the wall clock, into those of logs, which are of the monotonic one; as long as nobody sets the former.</summary>
/// <param name="time">The wall clock.</param>
internal sealed class ClockPair(TimeProvider time)
{
    private readonly DateTimeOffset wall = time.GetUtcNow();
    private readonly long monotonic = Stopwatch.GetTimestamp();

    /// <summary>In ticks of the monotonic clock.</summary>
    public long Ticks(DateTimeOffset at) => monotonic + (long)((at - wall).TotalSeconds * Stopwatch.Frequency);
}
