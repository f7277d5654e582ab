using Waymark.Flows;
using Waymark.Paths;

namespace Waymark.PathExamination;

/// <summary>
/// What a host's own TCP connections tell of the path they are on, without a packet sent for it.
/// <para>
/// Everything behind the path is in it too: the far network, the peer, and what the connection does to itself by filling a queue. So all of it is an estimate, no better than the
/// path, and stands in only where nobody asks the path itself (<see cref="CharacteristicSources"/>): paths are compared with each other, and a path whose users talk with
/// somebody near would look better, one that is used to the full worse, than an idle one that is asked by the same probes. Of the round trips that of the nearest
/// peer counts, which has the least of the far network in it.
/// </para>
/// Memory follows the connections that there are. Not safe for several threads at once.
/// </summary>
public sealed class ConnectionEstimates
{
    /// <summary>As long as probes' answers count at least (<see cref="ProbeSettings.Lifetime"/>).</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>Fewer tell of no ratio below one in a hundred.</summary>
    private const int LeastSegments = 100;

    /// <summary>A rate that was not kept for so long is what a token bucket lets through at once, and no capacity.</summary>
    private const double LeastSecondsAtRate = 0.1;

    private RetransmissionWindow window = new((int)Lifetime.TotalSeconds);
    private readonly Dictionary<ulong, Known> connections = [];

    /// <summary>Takes in the path's connections as they are; those that are no longer there are forgotten.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="present">All connections on the path.</param>
    /// <returns>What they prove at this moment.</returns>
    public ConnectionEvidence Add(DateTimeOffset now, IReadOnlyCollection<TcpConnection> present)
    {
        DateTimeOffset? heard4 = null, heard6 = null;
        double rate = 0;
        foreach (var one in present)
        {
            var to = one.Measurement;
            if (connections.TryGetValue(one.Id, out var known))
            {
                var from = known.Measurement;
                var acknowledged = Growth(from.AcknowledgedBytes, to.AcknowledgedBytes);
                window.Add(now, (long)Growth(from.SentSegments, to.SentSegments), Again(from, to));
                if (acknowledged > 0)
                {
                    // Of the newest segment of this interval; the one that acknowledged more may have come up to an interval before.
                    var at = now - to.SinceAcknowledgement;
                    known = known with { HeardAt = at };
                    if (one.Family == IpFamily.V4)
                    {
                        heard4 = Later(heard4, at);
                    }
                    else
                    {
                        heard6 = Later(heard6, at);
                    }
                    rate = Math.Max(rate, Rate(one, acknowledged));
                }
                connections[one.Id] = known with { Measurement = to, SeenAt = now };
            }
            else
            {
                // What it did before is not of this interval.
                connections.Add(one.Id, new(to, now, null));
            }
        }
        foreach (var gone in connections.Where(one => one.Value.SeenAt != now).Select(one => one.Key).ToList())
        {
            connections.Remove(gone);
        }
        return new(heard4, heard6, rate);
    }

    /// <summary>Forgets everything: the path leads by another network now.</summary>
    public void Clear()
    {
        connections.Clear();
        window = new((int)Lifetime.TotalSeconds);
    }

    /// <summary>What is known at <paramref name="now"/>.</summary>
    public IEnumerable<KeyValuePair<string, Measured>> Values(DateTimeOffset now)
    {
        var fresh = connections.Values.Where(one => one is { HeardAt: not null, Measurement.RoundTrip: not null } && now - one.HeardAt <= Lifetime).ToList();
        if (fresh.Count > 0)
        {
            var nearest = fresh.MinBy(one => one.Measurement.RoundTrip)!;
            var (seconds, deviation) = (nearest.Measurement.RoundTrip!.Value.TotalSeconds, nearest.Measurement.RoundTripVariation.TotalSeconds);
            yield return new("rtt", Estimate(seconds, nearest.HeardAt!.Value, fresh.Count, deviation / 4));
            yield return new("delay", Estimate(seconds / 2, nearest.HeardAt.Value, fresh.Count, deviation / 8));
        }
        var (sent, again) = window.At(now);
        if (sent >= LeastSegments)
        {
            // No more was lost: what is sent again because an acknowledgement was late was not, and not every peer tells that it had it already.
            var ratio = Math.Min(1, again / (double)sent);
            yield return new("loss", Estimate(ratio, now, (int)Math.Min(sent, int.MaxValue), Math.Sqrt(ratio * (1 - ratio) / sent)));
        }
    }

    private static Measured Estimate(double value, DateTimeOffset at, int samples, double error) =>
        new(CharacteristicValue.Of(value), at, samples, CharacteristicSources.Connections) { StandardError = error, IsEstimated = true };

    /// <summary>In the interval; what the other end had already is not counted where it says so.</summary>
    private static long Again(TcpMeasurement from, TcpMeasurement to) =>
        Math.Max(0, (long)Growth(from.Retransmissions, to.Retransmissions) - (long)Growth(from.NeedlessRetransmissions, to.NeedlessRetransmissions));

    /// <summary>On the wire, bit/s: with the headers of IP and TCP, with time stamps (RFC 5136 counts bits of the IP layer).</summary>
    private static double Rate(TcpConnection one, ulong acknowledged)
    {
        if (one.Measurement is not { DeliveryRate: { } rate, IsApplicationLimited: false, SegmentBytes: > 0 and var segment } || acknowledged * 8.0 < rate * LeastSecondsAtRate)
        {
            return 0;
        }
        var headers = (one.Family == IpFamily.V4 ? 20 : 40) + 32;
        return rate * (segment + headers) / segment;
    }

    private static ulong Growth(ulong? from, ulong? to) => to > from ? to.Value - from.Value : 0;

    private static DateTimeOffset Later(DateTimeOffset? a, DateTimeOffset b) => a > b ? a.Value : b;

    private sealed record Known(TcpMeasurement Measurement, DateTimeOffset SeenAt, DateTimeOffset? HeardAt);
}
