using Waymark.Flows;
using Waymark.Paths;

namespace Waymark.PathExamination;

/// <summary>
/// All that probes tell of one path, as the language's characteristics: <c>up</c> per family, <c>rtt</c>, <c>delay</c>, <c>jitter</c>, <c>loss</c>, percentiles. Not safe for
/// several threads at once.
/// </summary>
/// <param name="source">What measures: <c>icmp</c>.</param>
/// <param name="downAfter">Rounds, see <see cref="Reachability"/>.</param>
/// <param name="upAfter">Rounds, see <see cref="Reachability"/>.</param>
/// <param name="lifetime">What is older is unknown again.</param>
public sealed class ProbeEstimates(string source, int downAfter, int upAfter, TimeSpan lifetime)
{
    private static readonly int[] Ranks = [50, 90, 95, 99];

    private readonly Dictionary<IpFamily, Reachability> families = [];
    private readonly RoundTripEstimator roundTrip = new();
    private readonly ProbeWindow window = new();
    private DateTimeOffset lastProbe;
    private DateTimeOffset lastAnswer;

    /// <summary>How long to wait for an answer before it counts as lost; null while nothing is known.</summary>
    public TimeSpan? Timeout => roundTrip.Samples == 0 ? null : TimeSpan.FromSeconds(roundTrip.Timeout);

    /// <summary>Takes one probe in; one that could not be sent is no loss and counts for nothing.</summary>
    public void Add(ProbeResult result)
    {
        if (result.Fault is not null)
        {
            return;
        }
        // What was never answered may not be listening: until the first answer there is no loss.
        if (result.RoundTrip is not { } time)
        {
            if (roundTrip.Samples > 0)
            {
                window.Add(null);
                lastProbe = Later(lastProbe, result.SentAt);
            }
            return;
        }
        window.Add(time);
        roundTrip.Add(time);
        lastProbe = Later(lastProbe, result.SentAt);
        lastAnswer = Later(lastAnswer, result.SentAt + time);
    }

    /// <summary>Takes a round in; true where reachability changed.</summary>
    public bool AddRound(IpFamily family, int answers, int needed) => Family(family).Add(answers, needed);

    /// <summary>What is known at <paramref name="now"/>.</summary>
    public IEnumerable<KeyValuePair<string, Measured>> Values(DateTimeOffset now)
    {
        foreach (var (family, state) in families.OrderBy(one => one.Key))
        {
            yield return new(PathCharacteristics.Up(family),
                new(CharacteristicValue.Of(state.IsUp), lastProbe == default ? now : lastProbe, state.Rounds, source) { IsEstimated = state.IsEstimated });
        }
        if (window.Loss is { } loss && now - lastProbe <= lifetime)
        {
            yield return Number("loss", loss, lastProbe, window.LossError, isEstimated: false);
        }
        if (roundTrip.Samples == 0 || now - lastAnswer > lifetime)
        {
            yield break;
        }
        var error = window.RoundTripError;
        yield return Number("rtt", roundTrip.Smoothed, lastAnswer, error, isEstimated: false);
        yield return Number("delay", roundTrip.Smoothed / 2, lastAnswer, error / 2, isEstimated: true);
        if (roundTrip.Samples > 1)
        {
            yield return Number("jitter", roundTrip.Jitter, lastAnswer, roundTrip.Variation / Math.Sqrt(Math.Min(roundTrip.Samples, 16)), isEstimated: true);
        }
        foreach (var rank in Ranks)
        {
            if (window.Percentile(rank) is { } percentile)
            {
                yield return Number($"rtt.p{rank}", percentile, lastAnswer, error, isEstimated: false);
                yield return Number($"delay.p{rank}", percentile / 2, lastAnswer, error / 2, isEstimated: true);
            }
        }
    }

    private KeyValuePair<string, Measured> Number(string name, double value, DateTimeOffset at, double error, bool isEstimated) =>
        new(name, new(CharacteristicValue.Of(value), at, window.Count, source) { StandardError = error, IsEstimated = isEstimated });

    private Reachability Family(IpFamily family)
    {
        if (!families.TryGetValue(family, out var state))
        {
            families.Add(family, state = new(downAfter, upAfter));
        }
        return state;
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
