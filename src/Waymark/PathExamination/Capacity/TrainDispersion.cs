namespace Waymark.PathExamination.Capacity;

/// <summary>
/// The capacity of a path (RFC 5136 section 2.3.2) by the dispersion of a train of packets: what is sent faster than the narrowest link can carry leaves that link with gaps of one packet's time on
/// it, and keeps them. A gap is the median of the slopes between all pairs of packets (Theil and Sen), which a few packets that were late do not move.
/// </summary>
/// <param name="Forward">From this node, bit/s.</param>
/// <param name="Backward">To this node, bit/s.</param>
/// <param name="IsBackwardBound">Whether the way back may carry more: replies come no faster than the way there let the requests through.</param>
public sealed record TrainDispersion(double Forward, double Backward, bool IsBackwardBound)
{
    /// <summary>Fewer gaps than that tell little.</summary>
    private const int LeastPackets = 5;

    /// <summary>Replies that spread by more than that beyond the requests have met a narrower link on the way back.</summary>
    private const double Narrower = 1.15;

    /// <summary>A pair of neighbours this many gaps apart was parted by other traffic, or the link slept in between.</summary>
    private const double MostGaps = 4;

    /// <summary>What a train tells; null for one that was disturbed: sent too slowly to fill the link, overtaken, or held up on its way.</summary>
    public static TrainDispersion? Of(PacketTrain train)
    {
        var packets = train.Packets.AsSpan();
        if (packets.Length < LeastPackets)
        {
            return null;
        }
        double[] sent = new double[packets.Length], reached = new double[packets.Length], returned = new double[packets.Length], arrived = new double[packets.Length];
        for (var i = 0; i < packets.Length; i++)
        {
            (sent[i], reached[i], returned[i], arrived[i]) = ((packets[i].Sent - packets[0].Sent).TotalSeconds, (packets[i].Reached - packets[0].Reached).TotalSeconds,
                (packets[i].Returned - packets[0].Returned).TotalSeconds, (packets[i].Arrived - packets[0].Arrived).TotalSeconds);
        }
        if (!IsWhole(reached) || !IsWhole(arrived) || Gap(reached) is not (> 0 and var there) || Gap(arrived) is not (> 0 and var back) || !IsFilled(sent, reached, there))
        {
            return null;
        }
        var bits = train.PacketBytes * 8.0;
        return new(bits / there, bits / back, IsBackwardBound: back < Narrower * Math.Max(there, Gap(returned)));
    }

    /// <summary>In order, and without a pause.</summary>
    private static bool IsWhole(double[] times)
    {
        var gap = Gap(times);
        for (var i = 1; i < times.Length; i++)
        {
            if (times[i] < times[i - 1] || times[i] - times[i - 1] > Math.Max(MostGaps * gap, Noise))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Kernels on a busy machine are late by that without the path's doing.</summary>
    private const double Noise = 0.001;

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

    private static double Gap(double[] times)
    {
        var slopes = new List<double>(times.Length * (times.Length - 1) / 2);
        for (var i = 0; i < times.Length; i++)
        {
            for (var j = i + 1; j < times.Length; j++)
            {
                slopes.Add((times[j] - times[i]) / (j - i));
            }
        }
        slopes.Sort();
        return slopes[slopes.Count / 2];
    }
}
