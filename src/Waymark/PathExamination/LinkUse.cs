using Waymark.Paths;

namespace Waymark.PathExamination;

/// <summary>
/// How much a path carries, by the counters of its device, and what that tells of its capacity (RFC 5136): used capacity over the last seconds in both directions,
/// the largest of the last hour, and with a capacity that is known otherwise what is left of it and which share is used. The counters include the link's own headers: 14 bytes a
/// packet on an Ethernet. Constant memory. Not safe for several threads at once.
/// </summary>
public sealed class LinkUse
{
    /// <summary>
    /// The interval I of RFC 5136 section 2.3. Some drivers bring their counters up to date once a second only, so that in one second nothing was carried and in the next twice as much; and whoever
    /// acts on a shorter interval follows every page that somebody opens.
    /// </summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>How long a largest rate is remembered: a path that carried it this morning may be another network by the evening.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    /// <summary>Less than this is what probes and keepalives carry on a path that nobody uses, bit/s: it says nothing of what the path could carry.</summary>
    private const double LeastTelling = 100_000;

    private readonly Queue<Count> counts = [];
    private WindowedMaximum largestDown = new(Memory), largestUp = new(Memory);
    private Count newest;

    /// <summary>Used capacity towards the node over the last seconds, bit/s; null while the counters were read only once.</summary>
    public double? Down => Rate(newest.Received - Oldest.Received);

    /// <summary>Used capacity from the node over the last seconds, bit/s; null while the counters were read only once.</summary>
    public double? Up => Rate(newest.Sent - Oldest.Sent);

    private Count Oldest => counts.TryPeek(out var oldest) ? oldest : newest;

    /// <summary>Takes the device's counters in. Where one went back they were set to zero, or it is another device: the interval begins anew, as after a clock that was set back.</summary>
    /// <param name="at">When they were read.</param>
    /// <param name="received">Bytes that came in, ever.</param>
    /// <param name="sent">Bytes that went out, ever.</param>
    public void Add(DateTimeOffset at, ulong received, ulong sent)
    {
        if (at == newest.At)
        {
            return;
        }
        if (received < newest.Received || sent < newest.Sent || at < newest.At)
        {
            counts.Clear();
        }
        newest = new(at, received, sent);
        counts.Enqueue(newest);
        // The interval is no shorter than it should be, but where readings have been missing it is the time to the one before.
        while (counts.Count > 2 && newest.At - counts.ElementAt(1).At >= Interval)
        {
            counts.Dequeue();
        }
        if (newest.At - Oldest.At >= Interval)
        {
            largestDown.Add(at, Down!.Value);
            largestUp.Add(at, Up!.Value);
        }
    }

    /// <summary>A rate that something else than the counters tells was carried from the node.</summary>
    /// <param name="at">When.</param>
    /// <param name="rate">bit/s.</param>
    public void AddUp(DateTimeOffset at, double rate) => largestUp.Add(at, rate);

    /// <summary>Forgets everything: the path leads by another network now.</summary>
    public void Clear()
    {
        counts.Clear();
        (newest, largestDown, largestUp) = (default, new(Memory), new(Memory));
    }

    /// <summary>What is known at <paramref name="now"/>.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="capacityDown">The capacity towards the node that is told of the path; null: none is.</param>
    /// <param name="capacityUp">The same from the node.</param>
    public IEnumerable<KeyValuePair<string, Measured>> Values(DateTimeOffset now, Measured? capacityDown, Measured? capacityUp)
    {
        if (Largest("bandwidth", largestDown, now) is { } down)
        {
            yield return down;
        }
        if (Largest("bandwidth.up", largestUp, now) is { } up)
        {
            yield return up;
        }
        // Of what was only carried nothing is left by definition, and all of it is used.
        var known = new[] { (Name: "available", Capacity: capacityDown, Used: Down), (Name: "available.up", Capacity: capacityUp, Used: Up) }
            .Where(one => one is { Used: not null, Capacity.Value.Number: > 0 } && one.Capacity.Source != CharacteristicSources.Traffic && double.IsFinite(one.Capacity.Value.Number)).ToList();
        foreach (var (name, capacity, used) in known)
        {
            yield return new(name, Told(Math.Max(0, capacity!.Value.Number - used!.Value), capacity.IsEstimated));
        }
        if (known.Count > 0)
        {
            // One way that is full is a full path: what is asked goes one way, and its answer the other.
            var fullest = known.MaxBy(one => one.Used!.Value / one.Capacity!.Value.Number);
            yield return new("utilization", Told(Math.Min(1, fullest.Used!.Value / fullest.Capacity!.Value.Number), known.Exists(one => one.Capacity!.IsEstimated)));
        }
    }

    private static KeyValuePair<string, Measured>? Largest(string name, WindowedMaximum largest, DateTimeOffset now) => largest.At(now) is { Value: >= LeastTelling } seen
        ? new(name, new(CharacteristicValue.Of(seen.Value), seen.At, seen.Count, CharacteristicSources.Traffic) { IsEstimated = true })
        : null;

    private Measured Told(double value, bool isEstimated) =>
        new(CharacteristicValue.Of(value), newest.At, counts.Count, CharacteristicSources.Traffic) { IsEstimated = isEstimated };

    private double? Rate(ulong bytes) => newest.At > Oldest.At ? bytes * 8.0 / (newest.At - Oldest.At).TotalSeconds : null;

    private readonly record struct Count(DateTimeOffset At, ulong Received, ulong Sent);
}
