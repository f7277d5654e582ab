namespace Waymark.PathExamination.Capacity;

/// <summary>
/// The capacity of a path (RFC 5136 section 2.3.2) by the dispersion of a train of packets: what is sent faster than the narrowest link can carry leaves that link with gaps of one packet's time on
/// it, and keeps them on the whole. The gap is the median slope between pairs of packets (Theil and Sen), which neither a few packets that were late move, nor a jitter that keeps the order: it holds packets up,
/// but all by about the same, once it has held up some: a train that it took apart is judged without its beginning. Only pairs between which nothing was lost count, for whether what was lost took its time on the narrowest link nobody knows.
/// </summary>
/// <param name="Forward">From this node, bit/s.</param>
/// <param name="Backward">To this node, bit/s.</param>
/// <param name="IsBackwardBound">Whether the way back may carry more: replies come no faster than the way there let the requests through.</param>
public sealed record TrainDispersion(double Forward, double Backward, bool IsBackwardBound)
{
    /// <summary>Fewer pairs than five packets have tell little.</summary>
    private const int LeastPairs = 10;

    /// <summary>Replies that spread by more than that beyond the requests have met a narrower link on the way back.</summary>
    private const double Narrower = 1.15;

    /// <summary>Neighbours this many gaps apart were not parted by the narrowest link alone.</summary>
    private const double MostGaps = 4;

    /// <summary>
    /// Of a train that was taken apart, the share at its beginning that does not count. A jitter that keeps the order holds up each packet by what it held up the worst of those before: by more and more among the first, which looks like a slower link.
    /// </summary>
    private const double Beginning = 1 / 8.0;

    /// <summary>A pause of more than that share of a train's whole time is other traffic's, or the link slept in between.</summary>
    private const double MostPause = 1 / 3.0;

    /// <summary>Kernels on a busy machine are late by that without the path's doing, seconds.</summary>
    private const double Noise = 0.001;

    /// <summary>What a train tells; null for one that tells nothing.</summary>
    /// <param name="train">The train.</param>
    /// <param name="isTorn">Whether it was taken apart on its way, by losses or jitter: a longer one would tell more, or tell it better.</param>
    public static TrainDispersion? Of(PacketTrain train, out bool isTorn)
    {
        var packets = train.Packets.AsSpan();
        double[] sent = new double[packets.Length], reached = new double[packets.Length], returned = new double[packets.Length], arrived = new double[packets.Length];
        for (var i = 0; i < packets.Length; i++)
        {
            (sent[i], reached[i], returned[i], arrived[i]) = ((packets[i].Sent - packets[0].Sent).TotalSeconds, (packets[i].Reached - packets[0].Reached).TotalSeconds,
                (packets[i].Returned - packets[0].Returned).TotalSeconds, (packets[i].Arrived - packets[0].Arrived).TotalSeconds);
        }
        if (Gap(packets, reached, 0) is not { } there || Gap(packets, arrived, 0) is not { } back)
        {
            isTorn = true;
            return null;
        }
        var pause = Math.Max(Pause(packets, reached) / there, Pause(packets, arrived) / back);
        isTorn = pause > MostGaps;
        var first = isTorn ? (int)(packets.Length * Beginning) : 0;
        (there, back) = (Gap(packets, reached, first) ?? there, Gap(packets, arrived, first) ?? back);
        // Sent too slowly to fill the link, overtaken, or held up on its way.
        return there > 0 && back > 0 && IsWhole(packets, reached, there) && IsWhole(packets, arrived, back) && IsFilled(sent, reached, there)
            ? new(train.PacketBytes * 8 / there, train.PacketBytes * 8 / back, IsBackwardBound: back < Narrower * Math.Max(there, Gap(packets, returned, first) ?? there))
            : null;
    }

    /// <summary>In order, and without a pause.</summary>
    private static bool IsWhole(ReadOnlySpan<TrainPacket> packets, double[] times, double gap)
    {
        for (var i = 1; i < times.Length; i++)
        {
            if (times[i] < times[i - 1])
            {
                return false;
            }
        }
        return Pause(packets, times) <= Math.Max(Math.Max(MostGaps * gap, Noise), MostPause * times[^1]);
    }

    /// <summary>The longest time between neighbours; those between which something was lost are none.</summary>
    private static double Pause(ReadOnlySpan<TrainPacket> packets, double[] times)
    {
        var longest = 0.0;
        for (var i = 1; i < times.Length; i++)
        {
            longest = packets[i].Number == packets[i - 1].Number + 1 ? Math.Max(longest, times[i] - times[i - 1]) : longest;
        }
        return longest;
    }

    /// <summary>Whether each packet was sent before the narrowest link was done with the one before: else it measured how fast we send.</summary>
    private static bool IsFilled(double[] sent, double[] reached, double gap)
    {
        for (var i = 1; i < sent.Length; i++)
        {
            if (sent[i] > Math.Max(reached[i], i * gap))
            {
                return false;
            }
        }
        return sent[^1] < 0.7 * reached[^1];
    }

    /// <summary>The time of one packet on the narrowest link by those from <paramref name="first"/> on, seconds; null where too few pairs tell of it.</summary>
    private static double? Gap(ReadOnlySpan<TrainPacket> packets, double[] times, int first)
    {
        var slopes = new List<double>(times.Length * (times.Length - 1) / 2);
        for (var i = first; i < times.Length; i++)
        {
            for (var j = i + 1; j < times.Length && packets[j].Number - packets[i].Number == j - i; j++)
            {
                slopes.Add((times[j] - times[i]) / (j - i));
            }
        }
        slopes.Sort();
        return slopes.Count < LeastPairs ? null : slopes[slopes.Count / 2];
    }
}
