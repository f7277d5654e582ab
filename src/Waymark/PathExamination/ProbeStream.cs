using Waymark.Flows;

namespace Waymark.PathExamination;

/// <summary>
/// What the answers of one target by one path tell. Targets are kept apart: differences between them are no jitter, and a target that died is no loss of the path.
/// Constant memory. Not safe for several threads at once.
/// </summary>
/// <param name="family">Of the packets; null where the samples are not of one family.</param>
/// <param name="source">What measures: <c>icmp</c>.</param>
internal sealed class ProbeStream(IpFamily? family, string source)
{
    /// <summary>A target that was silent so often in a row, while another answered, is itself what is dead: at half of all packets lost that is one case in a thousand.</summary>
    private const int SilentAfter = 10;

    private int unanswered;

    public IpFamily? Family { get; } = family;

    public string Source { get; } = source;

    public RoundTripEstimator RoundTrip { get; } = new();

    /// <summary>How long answers take, which is what they are waited for.</summary>
    public RoundTripEstimator Answering { get; } = new();

    public ProbeWindow Window { get; } = new();

    public OneWayEstimator OneWay { get; } = new();

    /// <summary>The newest word on which way packets were lost; null: there was none.</summary>
    public DirectionalLoss? Losses { get; private set; }

    /// <summary>When the newest probe was sent that counted.</summary>
    public DateTimeOffset LastProbe { get; private set; }

    /// <summary>When the newest answer came.</summary>
    public DateTimeOffset LastAnswer { get; private set; }

    public bool HasAnswered => RoundTrip.Samples > 0;

    public bool IsSilent => unanswered >= SilentAfter;

    /// <summary>Takes one in; what was never answered may not be listening, so until the first answer there is no loss.</summary>
    /// <param name="result">What came of it.</param>
    /// <param name="overdue">What <see cref="AddOverdue"/> gave for it, or null.</param>
    /// <param name="isSample">Whether it counts for loss and percentiles.</param>
    public void Add(ProbeResult result, long? overdue, bool isSample)
    {
        if (result.RoundTrip is not { } time)
        {
            if (overdue is null && isSample)
            {
                AddOverdue(result.SentAt);
            }
            return;
        }
        unanswered = 0;
        RoundTrip.Add(time);
        Answering.Add(result.Taken ?? time);
        if (result.OneWay is { } ways)
        {
            OneWay.Add(ways, time);
        }
        Losses = result.Losses;
        LastAnswer = Later(LastAnswer, result.SentAt + (result.Taken ?? time));
        LastProbe = Later(LastProbe, result.SentAt);
        if (overdue is { } number)
        {
            Window.Amend(number, time);
        }
        else if (isSample || Window.Count == 0)
        {
            // The first answer always: a path with a round trip has percentiles.
            Window.Add(time);
        }
    }

    /// <summary>Counts a probe as lost that is not answered yet; gives what amends it, or null where it does not count.</summary>
    public long? AddOverdue(DateTimeOffset sentAt)
    {
        if (!HasAnswered)
        {
            return null;
        }
        unanswered++;
        LastProbe = Later(LastProbe, sentAt);
        return Window.Add(null);
    }

    /// <summary>Answers overtake each other.</summary>
    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
