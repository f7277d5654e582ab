namespace Waymark.PathExamination;

/// <summary>
/// Whether a path is up in one family, by rounds of probes to several targets. Before anything is known it counts as up by its link alone, and silence counts only where
/// targets are known to answer: many never do. A dead target among several downs no path.
/// </summary>
/// <param name="settings">First <see cref="Settings"/>.</param>
public sealed class Reachability(ProbeSettings settings)
{
    /// <summary>A link that has just come up may need a moment before anything passes it: neighbours are looked for, addresses are checked for duplicates.</summary>
    internal static readonly TimeSpan LeastFirstSilence = TimeSpan.FromSeconds(3);

    private int streak;
    private DateTimeOffset? first;

    /// <summary>How many rounds in a row it takes, and whether silence counts from the start; may change while what is known stays.</summary>
    public ProbeSettings Settings { get; set; } = settings;

    /// <summary>Whether it is up.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>Whether that rests on the link alone.</summary>
    public bool IsEstimated { get; private set; } = true;

    /// <summary>How many rounds counted.</summary>
    public int Rounds { get; private set; }

    /// <summary>When the newest round was sent; null before the first.</summary>
    public DateTimeOffset? At { get; private set; }

    /// <summary>What measured the newest round.</summary>
    public string Source { get; private set; } = "";

    /// <summary>What was known when it was last examined, before the first round.</summary>
    /// <param name="isUp">Whether it was up.</param>
    /// <param name="at">When the newest round was sent.</param>
    /// <param name="source">What measured it.</param>
    public void Recall(bool isUp, DateTimeOffset at, string source) => (IsUp, IsEstimated, At, Source) = (isUp, false, at, source);

    /// <summary>Says that targets are looked for from now on, though no round can count yet.</summary>
    public void Begin(DateTimeOffset at) => first ??= at;

    /// <summary>Nobody is there any more who could say anything, and not because of a failure: the link's word has to do again.</summary>
    public void Withdraw() => (IsUp, IsEstimated, streak) = (true, true, 0);

    /// <summary>Takes a round in; true where <see cref="IsUp"/> or <see cref="IsEstimated"/> changed.</summary>
    /// <param name="answers">How many targets answered.</param>
    /// <param name="needed">How many have to.</param>
    /// <param name="at">When it was sent.</param>
    /// <param name="source">What measured.</param>
    /// <param name="isConclusive">Whether it settles the matter alone: what told it has waited for repeated silence itself.</param>
    public bool Add(int answers, int needed, DateTimeOffset at, string source, bool isConclusive = false)
    {
        var before = (IsUp, IsEstimated);
        first ??= at;
        (At, Source) = (at > At.GetValueOrDefault() ? at : At, source);
        IsEstimated &= answers == 0;
        if (!IsEstimated || Settings.AreTargetsNamed)
        {
            Rounds = Rounds == int.MaxValue ? Rounds : Rounds + 1;
            var isGood = answers >= needed;
            streak = isGood == IsUp ? 0 : streak + 1;
            if (streak >= (isConclusive ? 1 : IsUp ? Settings.DownAfter : Settings.UpAfter) && (!IsEstimated || at - first >= LeastFirstSilence))
            {
                (IsUp, IsEstimated, streak) = (!IsUp, false, 0);
            }
        }
        return before != (IsUp, IsEstimated);
    }
}
