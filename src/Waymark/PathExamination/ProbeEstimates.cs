using Waymark.Flows;
using Waymark.Paths;

namespace Waymark.PathExamination;

/// <summary>
/// All that probes tell of one path, as the language's characteristics: <c>up</c> per family, <c>rtt</c>, <c>delay</c>, <c>jitter</c>, <c>loss</c>, percentiles.
/// Round trips are those of the target with the least: the path's own share is common to all targets, and that one has the least of the network behind it. Loss is that of
/// all targets that still answer. Not safe for several threads at once.
/// </summary>
/// <param name="settings">First <see cref="Settings"/>.</param>
public sealed class ProbeEstimates(ProbeSettings settings)
{
    private readonly SortedDictionary<IpFamily, Reachability> families = [];
    private readonly SortedDictionary<string, ProbeStream> streams = new(StringComparer.Ordinal);

    /// <summary>How long to wait for answers before a round counts as silent: what the slowest target that answers needs; null while nothing is known.</summary>
    public TimeSpan? Timeout => Living() is { Count: > 0 } living ? TimeSpan.FromSeconds(living.Max(stream => stream.RoundTrip.Timeout)) : null;

    /// <summary>How the path is probed; may change while what is known stays.</summary>
    public ProbeSettings Settings
    {
        get => settings;
        set
        {
            settings = value;
            foreach (var state in families.Values)
            {
                state.Settings = value;
            }
        }
    }

    /// <summary>Takes one probe in; one that could not be sent is no loss and counts for nothing.</summary>
    /// <param name="family">Of its packets; null where the samples are not of one family.</param>
    /// <param name="target">Who was asked; each on its own.</param>
    /// <param name="source">What measures: <c>icmp</c>.</param>
    /// <param name="result">What came of it.</param>
    /// <param name="overdue">What <see cref="AddOverdue"/> gave for it, or null.</param>
    public void Add(IpFamily? family, string target, string source, ProbeResult result, long? overdue = null)
    {
        if (result.Fault is null)
        {
            Stream(family, target, source).Add(result, overdue);
        }
    }

    /// <summary>
    /// Counts a probe as lost that has not been answered for longer than usual; an answer that comes after all takes that back. Gives what <see cref="Add"/> needs for it.
    /// </summary>
    /// <param name="family">Of its packets; null where the samples are not of one family.</param>
    /// <param name="target">Who was asked.</param>
    /// <param name="source">What measures.</param>
    /// <param name="sentAt">When it was sent.</param>
    public long? AddOverdue(IpFamily? family, string target, string source, DateTimeOffset sentAt) => Stream(family, target, source).AddOverdue(sentAt);

    /// <summary>Takes a round of probes in; true where reachability changed.</summary>
    /// <param name="family">Of its packets.</param>
    /// <param name="source">What measures: <c>icmp</c>.</param>
    /// <param name="answers">How many targets answered.</param>
    /// <param name="needed">How many have to.</param>
    /// <param name="at">When it was sent.</param>
    public bool AddRound(IpFamily family, string source, int answers, int needed, DateTimeOffset at) => Family(family).Add(answers, needed, at, source);

    /// <summary>What was known of a family when it was last examined, before the first round.</summary>
    /// <param name="known">What was known.</param>
    public void Recall(KnownReachability known) => Family(known.Family).Recall(known.IsUp, known.At, known.Source);

    /// <summary>Forgets all of a family: the path lost it, or it leads by another network now.</summary>
    public void Forget(IpFamily family)
    {
        families.Remove(family);
        foreach (var target in streams.Where(one => one.Value.Family == family).Select(one => one.Key).ToList())
        {
            streams.Remove(target);
        }
    }

    /// <summary>What is known at <paramref name="now"/>.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="ranks">The percentiles that are wanted, each 1 to 99.</param>
    public IEnumerable<KeyValuePair<string, Measured>> Values(DateTimeOffset now, IEnumerable<int> ranks)
    {
        foreach (var (family, state) in families)
        {
            if (state.At is { } at)
            {
                yield return new(PathCharacteristics.Up(family), new(CharacteristicValue.Of(state.IsUp), at, state.Rounds, state.Source)
                {
                    // An old "up" is no better than the link's word; a path that fell silent and cannot be asked any more stays down.
                    IsEstimated = state.IsEstimated || (state.IsUp && now - at > settings.Lifetime),
                });
            }
        }
        if (Loss(now) is { } loss)
        {
            yield return new("loss", loss);
        }
        if (Nearest(now) is not { } nearest)
        {
            yield break;
        }
        var (window, roundTrip) = (nearest.Window, nearest.RoundTrip);
        var error = window.RoundTripError;
        yield return Number("rtt", roundTrip.Smoothed, error, isEstimated: false);
        yield return Number("delay", roundTrip.Smoothed / 2, error / 2, isEstimated: true);
        if (roundTrip.Samples > 1)
        {
            // One end cannot tell the ways apart: it is the jitter of the round trip.
            yield return Number("jitter", roundTrip.Jitter, roundTrip.Variation / Math.Sqrt(Math.Min(roundTrip.Samples, 16)), isEstimated: true);
        }
        var percentiles = window.Percentiles();
        foreach (var rank in ranks)
        {
            if (percentiles.Of(rank) is { } percentile)
            {
                yield return Number($"rtt.p{rank}", percentile, error, isEstimated: false);
                yield return Number($"delay.p{rank}", percentile / 2, error / 2, isEstimated: true);
            }
        }

        KeyValuePair<string, Measured> Number(string name, double value, double error, bool isEstimated) =>
            new(name, new(CharacteristicValue.Of(value), nearest.LastAnswer, window.Answered, nearest.Source) { StandardError = error, IsEstimated = isEstimated });
    }

    private Reachability Family(IpFamily family)
    {
        if (!families.TryGetValue(family, out var state))
        {
            families.Add(family, state = new(settings));
        }
        return state;
    }

    private ProbeStream Stream(IpFamily? family, string target, string source)
    {
        if (!streams.TryGetValue(target, out var stream))
        {
            streams.Add(target, stream = new(family, source));
        }
        return stream;
    }

    private Measured? Loss(DateTimeOffset now)
    {
        var heard = streams.Values.Where(stream => stream.HasAnswered && now - stream.LastProbe <= settings.Lifetime).ToList();
        var living = heard.Where(stream => !stream.IsSilent).ToList();
        var counted = living.Count > 0 ? living : heard;
        var sent = counted.Sum(stream => stream.Window.Count);
        if (sent == 0)
        {
            return null;
        }
        var loss = (sent - counted.Sum(stream => stream.Window.Answered)) / (double)sent;
        return new(CharacteristicValue.Of(loss), counted.Max(stream => stream.LastProbe), sent, counted[0].Source) { StandardError = Math.Sqrt(loss * (1 - loss) / sent) };
    }

    private ProbeStream? Nearest(DateTimeOffset now) => streams.Values
        .Where(stream => stream.HasAnswered && now - stream.LastAnswer <= settings.Lifetime)
        .OrderBy(stream => stream.IsSilent)
        .ThenBy(stream => stream.RoundTrip.Smoothed)
        .FirstOrDefault();

    private List<ProbeStream> Living() => [.. streams.Values.Where(stream => stream.HasAnswered && !stream.IsSilent)];
}
