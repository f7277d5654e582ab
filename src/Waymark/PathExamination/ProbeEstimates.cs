using Waymark.Flows;
using Waymark.PathExamination.Capacity;
using Waymark.Paths;

namespace Waymark.PathExamination;

/// <summary>
/// All that probes tell of one path, as the language's characteristics: <c>up</c> per family, <c>rtt</c>, <c>delay</c>, <c>jitter</c>, <c>loss</c>, <c>mos</c>, percentiles, <c>bandwidth</c>.
/// Round trips are those of the target with the least: the path's own share is common to all targets, and that one has the least of the network behind it. Loss is that of
/// all targets that still answer. The delay from this node and its jitter are those of the nearest target that can tell the ways apart; where none can, half the round trip stands for the
/// delay, marked as an estimate. Not safe for several threads at once.
/// </summary>
/// <param name="settings">First <see cref="Settings"/>.</param>
public sealed class ProbeEstimates(ProbeSettings settings)
{
    /// <summary>A capacity counts until three trains in a row told nothing.</summary>
    private const int CapacityLifetime = 4;

    private readonly SortedDictionary<IpFamily, Reachability> families = [];
    private readonly SortedDictionary<string, ProbeStream> streams = new(StringComparer.Ordinal);
    private readonly SortedDictionary<IpFamily, CapacityEstimator> capacities = [];
    private DateTimeOffset? lastTrain;

    /// <summary>How long to wait for answers before a round counts as silent: what the slowest target that answers needs; null while nothing is known.</summary>
    public TimeSpan? Timeout
    {
        get
        {
            double? most = null;
            // In a loop of its own: each round asks for it.
            foreach (var stream in streams.Values)
            {
                if (stream.HasAnswered && !stream.IsSilent && !(stream.Answering.Timeout <= most))
                {
                    most = stream.Answering.Timeout;
                }
            }
            return most is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        }
    }

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

    /// <summary>Takes one probe in; one that could not be sent is no loss and counts for nothing, and neither does one that somebody answered wrongly: its packets were carried.</summary>
    /// <param name="family">Of its packets; null where the samples are not of one family.</param>
    /// <param name="target">Who was asked; each on its own.</param>
    /// <param name="source">What measures: <c>icmp</c>.</param>
    /// <param name="result">What came of it.</param>
    /// <param name="overdue">What <see cref="AddOverdue"/> gave for it, or null.</param>
    /// <param name="isSample">Whether it was sent whatever the path did; one that was sent because of what it did would count such moments more often than others.</param>
    public void Add(IpFamily? family, string target, string source, ProbeResult result, long? overdue = null, bool isSample = true)
    {
        if (result is { Fault: null, Finding: null })
        {
            Stream(family, target, source).Add(result, overdue, isSample);
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

    /// <summary>Whether the path is up in a family, by rounds of probes.</summary>
    /// <param name="family">The family.</param>
    public Reachability Of(IpFamily family)
    {
        if (!families.TryGetValue(family, out var state))
        {
            families.Add(family, state = new(settings));
        }
        return state;
    }

    /// <summary>Whether a train may be sent now, which then counts as sent: one at a time for the whole path, whatever comes of it.</summary>
    public bool TryBeginTrain(DateTimeOffset now)
    {
        if (!IsTrainDue(now))
        {
            return false;
        }
        lastTrain = now;
        return true;
    }

    /// <summary>Whether <see cref="TryBeginTrain"/> would let one be sent.</summary>
    public bool IsTrainDue(DateTimeOffset now) => settings.TrainEvery is { } every && !(now - lastTrain < every);

    /// <summary>How many packets the next train of a family should have.</summary>
    public int TrainPackets(IpFamily family) => capacities.TryGetValue(family, out var capacity) ? capacity.NextPackets : PacketTrain.UsualPackets;

    /// <summary>Takes a train in.</summary>
    /// <param name="family">Of its packets.</param>
    /// <param name="train">The train.</param>
    /// <param name="at">When its replies had come.</param>
    public void AddTrain(IpFamily family, PacketTrain train, DateTimeOffset at)
    {
        if (!capacities.TryGetValue(family, out var capacity))
        {
            capacities.Add(family, capacity = new());
        }
        capacity.Add(train, at);
    }

    /// <summary>What was known of a family when it was last examined, before the first round.</summary>
    /// <param name="known">What was known.</param>
    public void Recall(KnownReachability known) => Of(known.Family).Recall(known.IsUp, known.At, known.Source);

    /// <summary>Forgets all of a family: the path lost it, or it leads by another network now.</summary>
    public void Forget(IpFamily family)
    {
        families.Remove(family);
        capacities.Remove(family);
        foreach (var target in streams.Where(one => one.Value.Family == family).Select(one => one.Key).ToList())
        {
            streams.Remove(target);
        }
    }

    /// <summary>What <see cref="Values"/> are at <paramref name="now"/>, at a glance.</summary>
    public ProbeImpression Impression(DateTimeOffset now)
    {
        var nearest = Nearest(now, _ => true);
        DateTimeOffset? trained = null;
        foreach (var capacity in capacities.Values)
        {
            trained = trained > capacity.At ? trained : capacity.At;
        }
        return new(nearest?.RoundTrip.Smoothed, nearest?.RoundTrip.Jitter, Loss(now)?.Value.Number, trained);
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
        if (settings.TrainEvery is { } every && capacities.Values.Where(one => now - one.At <= every * CapacityLifetime).MaxBy(one => one.At) is { } capacity)
        {
            foreach (var value in capacity.Values())
            {
                yield return value;
            }
        }
        var lost = Loss(now);
        if (lost is { } loss)
        {
            yield return new("loss", loss);
        }
        if (Nearest(now, _ => true) is not { } nearest)
        {
            yield break;
        }
        var (error, percentiles) = (nearest.Window.RoundTripError, nearest.Window.Percentiles());
        yield return Number(nearest, "rtt", nearest.RoundTrip.Smoothed, error, nearest.Window.Answered);
        foreach (var rank in ranks)
        {
            if (percentiles.Of(rank) is { } percentile)
            {
                yield return Number(nearest, $"rtt.p{rank}", percentile, error, nearest.Window.Answered);
            }
        }
        foreach (var value in Delay(nearest, error, percentiles, now, ranks).Append(Jitter(nearest, now)).OfType<KeyValuePair<string, Measured>>().Concat(Losses(now)))
        {
            yield return value;
        }
        if (lost is not null)
        {
            yield return Opinion(nearest, lost, error / 2, now);
        }
    }

    /// <summary>How a call would sound; by half of the round trip and of its jitter where no target tells the ways apart.</summary>
    private KeyValuePair<string, Measured> Opinion(ProbeStream nearest, Measured lost, double delayError, DateTimeOffset now)
    {
        var measured = Nearest(now, stream => stream.OneWay.IsMeasured);
        var delay = measured?.OneWay.Smoothed ?? (nearest.RoundTrip.Smoothed / 2);
        var jitter = Nearest(now, stream => stream.OneWay.Differences > 0)?.OneWay.Jitter ?? (nearest.RoundTrip.Jitter / 2);
        var (share, most) = (lost.Value.Number, lost.StandardError ?? 0);
        var byLoss = Score(delay, share - most) - Score(delay, share + most);
        var byDelay = Score(delay - delayError, share) - Score(delay + delayError, share);
        return Number(nearest, "mos", Score(delay, share), Math.Sqrt((byLoss * byLoss) + (byDelay * byDelay)) / 2, nearest.Window.Answered, isEstimated: measured is null);

        double Score(double seconds, double loss) => SpeechQuality.Score(SpeechQuality.Rating(Math.Max(0, seconds), jitter, Math.Clamp(loss, 0, 1)));
    }

    private static KeyValuePair<string, Measured> Number(ProbeStream stream, string name, double value, double error, int samples, bool isEstimated = false) =>
        new(name, new(CharacteristicValue.Of(value), stream.LastAnswer, samples, stream.Source) { StandardError = error, IsEstimated = isEstimated });

    private IEnumerable<KeyValuePair<string, Measured>?> Delay(
        ProbeStream nearest, double error, RoundTripPercentiles percentiles, DateTimeOffset now, IEnumerable<int> ranks)
    {
        var measured = Nearest(now, stream => stream.OneWay.IsMeasured);
        var stream = measured ?? nearest;
        var window = measured?.OneWay.Window ?? stream.Window;
        var share = measured is null ? 0.5 : 1;
        if (measured is not null)
        {
            (error, percentiles) = (window.RoundTripError, window.Percentiles());
        }
        yield return Delay("delay", measured?.OneWay.Smoothed ?? stream.RoundTrip.Smoothed);
        foreach (var rank in ranks)
        {
            if (percentiles.Of(rank) is { } percentile)
            {
                yield return Delay($"delay.p{rank}", percentile);
            }
        }

        KeyValuePair<string, Measured> Delay(string name, double value) => Number(stream, name, value * share, error * share, window.Answered, isEstimated: measured is null);
    }

    private KeyValuePair<string, Measured>? Jitter(ProbeStream nearest, DateTimeOffset now)
    {
        if (Nearest(now, stream => stream.OneWay.Differences > 0) is { OneWay: var oneWay } telling)
        {
            return Number(telling, "jitter", oneWay.Jitter, oneWay.Variation / Math.Sqrt(Math.Min(oneWay.Differences, 16)), telling.Window.Answered);
        }
        var roundTrip = nearest.RoundTrip;
        // One end cannot tell the ways apart: it is the jitter of the round trip.
        return roundTrip.Samples < 2 ? null : Number(nearest, "jitter", roundTrip.Jitter, roundTrip.Variation / Math.Sqrt(Math.Min(roundTrip.Samples, 16)), nearest.Window.Answered, isEstimated: true);
    }

    private IEnumerable<KeyValuePair<string, Measured>> Losses(DateTimeOffset now)
    {
        if (Nearest(now, stream => stream.Losses is not null) is { Losses: { } losses } telling)
        {
            yield return Way("loss.up", losses.Forward);
            yield return Way("loss.down", losses.Backward);

            KeyValuePair<string, Measured> Way(string name, double loss) => Number(telling, name, loss, Math.Sqrt(loss * (1 - loss) / losses.Samples), losses.Samples);
        }
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
        var (living, all) = (new Tally(), new Tally());
        foreach (var stream in streams.Values)
        {
            if (stream.HasAnswered && now - stream.LastProbe <= settings.Lifetime)
            {
                all.Add(stream);
                if (!stream.IsSilent)
                {
                    living.Add(stream);
                }
            }
        }
        var counted = living.Source is null ? all : living;
        if (counted.Sent == 0)
        {
            return null;
        }
        var loss = (counted.Sent - counted.Answered) / (double)counted.Sent;
        return new(CharacteristicValue.Of(loss), counted.Newest, counted.Sent, counted.Source!) { StandardError = Math.Sqrt(loss * (1 - loss) / counted.Sent) };
    }

    /// <summary>The target with the least round trip, of those that still answer if there are any. In a loop of its own: it is asked several times for each path whenever anything is told.</summary>
    private ProbeStream? Nearest(DateTimeOffset now, Func<ProbeStream, bool> fits)
    {
        ProbeStream? nearest = null;
        foreach (var stream in streams.Values)
        {
            if (stream.HasAnswered && now - stream.LastAnswer <= settings.Lifetime && fits(stream)
                && (nearest is null || (stream.IsSilent, stream.RoundTrip.Smoothed).CompareTo((nearest.IsSilent, nearest.RoundTrip.Smoothed)) < 0))
            {
                nearest = stream;
            }
        }
        return nearest;
    }

    /// <summary>Probes of several targets together.</summary>
    private struct Tally
    {
        public int Sent { get; private set; }

        public int Answered { get; private set; }

        public DateTimeOffset Newest { get; private set; }

        /// <summary>Of the first target; null: there is none.</summary>
        public string? Source { get; private set; }

        public void Add(ProbeStream stream)
        {
            (Sent, Answered) = (Sent + stream.Window.Count, Answered + stream.Window.Answered);
            Newest = Newest > stream.LastProbe ? Newest : stream.LastProbe;
            Source ??= stream.Source;
        }
    }
}
