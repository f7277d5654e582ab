using System.Net;

namespace Waymark.Lab.Traffic;

/// <summary>Notices at the receiver when a flow begins and when its packets start to come from another address. Thread-safe.</summary>
/// <param name="time">The receiver's monotonic clock.</param>
public sealed class FlowWatch(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Seen> flows = [];

    /// <summary>Says that data of <paramref name="flow"/> arrived from <paramref name="source"/>.</summary>
    /// <param name="flow">The flow's name.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="sequence">The packet's number; null in a byte stream.</param>
    /// <returns>The arrival to report, or null where the flow goes on as before.</returns>
    public FlowArrival? Arrived(string flow, IPAddress source, long? sequence)
    {
        var now = time.GetTimestamp();
        lock (gate)
        {
            if (!flows.TryGetValue(flow, out var seen))
            {
                flows[flow] = new(source, now, sequence);
                return new(flow, null, source, TimeSpan.Zero, 0);
            }
            // A packet that was overtaken says nothing about where the flow goes now.
            if (sequence < seen.Sequence)
            {
                return null;
            }
            flows[flow] = new(source, now, sequence);
            return seen.Source.Equals(source)
                ? null
                : new(flow, seen.Source, source, time.GetElapsedTime(seen.At, now), Math.Max(0, (sequence - seen.Sequence - 1) ?? 0));
        }
    }

    private sealed record Seen(IPAddress Source, long At, long? Sequence);
}
