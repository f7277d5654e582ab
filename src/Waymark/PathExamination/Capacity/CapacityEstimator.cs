using Waymark.Paths;

namespace Waymark.PathExamination.Capacity;

/// <summary>Capacity of a path by the newest trains: the median of theirs, which one that was disturbed unnoticed does not move. Constant memory. Not safe for several threads at once.</summary>
public sealed class CapacityEstimator
{
    /// <summary>What explanations call it.</summary>
    public const string Source = "train";

    /// <summary>A path may change its capacity (radio, contention): a few trains have to be enough.</summary>
    internal const int Most = 9;

    /// <summary>The oldest first, each with how many packets it had if it was taken apart, and else all that one can have: nothing tells better.</summary>
    private readonly List<(TrainDispersion Told, int Packets)> newest = [];

    /// <summary>A train that takes longer stands in others' way.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(50);

    /// <summary>How many packets the next train should have: more where the last one was taken apart on its way, fewer again where it was not.</summary>
    public int NextPackets { get; private set; } = PacketTrain.UsualPackets;

    /// <summary>When the newest train came back that told something; null: none has.</summary>
    public DateTimeOffset? At { get; private set; }

    /// <summary>Takes a train in; false for one that was disturbed, which counts for nothing.</summary>
    /// <param name="train">The train.</param>
    /// <param name="at">When its replies had come.</param>
    public bool Add(PacketTrain train, DateTimeOffset at)
    {
        var dispersion = TrainDispersion.Of(train, out var isTorn);
        var packets = isTorn ? NextPackets : PacketTrain.MostPackets;
        NextPackets = !isTorn ? Math.Max(NextPackets / 2, PacketTrain.UsualPackets)
            : Length(train) < Longest ? Math.Min(NextPackets * 2, PacketTrain.MostPackets)
            : NextPackets;
        if (dispersion is null)
        {
            return false;
        }
        // What was told by shorter ones that were taken apart too was a makeshift.
        newest.RemoveAll(one => one.Packets < packets);
        if (newest.Count == Most)
        {
            newest.RemoveAt(0);
        }
        newest.Add((dispersion, packets));
        At = at;
        return true;
    }

    /// <summary>
    /// <c>bandwidth.up</c> and <c>bandwidth</c>; none before the first train. The way back is marked as an estimate where it may carry more than replies can show.
    /// </summary>
    public IEnumerable<KeyValuePair<string, Measured>> Values()
    {
        if (At is { } at)
        {
            yield return new("bandwidth.up", Value(one => one.Forward, at));
            // Half of the trains or more saw the way there as the narrower one.
            yield return new("bandwidth", Value(one => one.Backward, at) with { IsEstimated = 2 * newest.Count(one => one.Told.IsBackwardBound) >= newest.Count });
        }
    }

    /// <summary>The longer of its times, there or back.</summary>
    private static TimeSpan Length(PacketTrain train)
    {
        if (train.Packets.Count == 0)
        {
            return TimeSpan.Zero;
        }
        var (first, last) = (train.Packets[0], train.Packets[train.Packets.Count - 1]);
        var (there, back) = (last.Reached - first.Reached, last.Arrived - first.Arrived);
        return there > back ? there : back;
    }

    private Measured Value(Func<TrainDispersion, double> of, DateTimeOffset at)
    {
        var sorted = newest.Select(one => of(one.Told)).Order().ToArray();
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        var mean = sorted.Average();
        // The median of normal samples errs by a quarter more than their mean: sqrt(pi / 2).
        double? error = sorted.Length < 2 ? null : Math.Sqrt(Math.PI / 2 * sorted.Sum(one => (one - mean) * (one - mean)) / (sorted.Length - 1) / sorted.Length);
        return new(CharacteristicValue.Of(median), at, sorted.Length, Source) { StandardError = error };
    }
}
