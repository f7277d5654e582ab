namespace Waymark.PathExamination;

/// <summary>
/// Whether a path is up in one family, by rounds of probes to several targets. Before anything is known it counts as up by its link alone, and silence counts only where
/// targets are known to answer: many never do. A dead target among several downs no path. Not safe for several threads at once.
/// </summary>
/// <remarks>
/// <code>
///              too few answer                silent for longer than its own losses explain,
///       up  ------------------------>  silent    and for "down after" rounds at least
///       ^  ^                              |  |
///       |  +------------------------------+  +-->  down
///       |     an answer, however late                |
///       +--------------------------------------------+
///                "up after": so many good rounds in a row
/// </code>
/// A silence is counted from when the first unanswered round was sent. How long it has to last is a sequential test against what the path has done before
/// (<see cref="SilenceHistory"/>), between N and 2 N steps of a quarter interval (<see cref="ProbePace.Step"/>) for <c>down after N</c>: a path that failed right behind a good
/// round is down within 1 + N / 2 intervals, 2.5 of them for 3, unless its answers themselves take longer.
/// </remarks>
/// <param name="settings">First <see cref="Settings"/>.</param>
public sealed class Reachability(ProbeSettings settings)
{
    /// <summary>A link that has just come up may need a moment before anything passes it: neighbours are looked for, addresses are checked for duplicates.</summary>
    internal static readonly TimeSpan LeastFirstSilence = TimeSpan.FromSeconds(3);

    private readonly SilenceHistory history = new();
    private int silentRounds;
    private int goodRounds;
    private TimeSpan patience;
    private TimeSpan excused;
    private TimeSpan? first;
    private TimeSpan? newestGood;

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

    /// <summary>Since when an up path is silent, by the clock of <see cref="ProbeRound.Sent"/>; null: it is not, or it is down.</summary>
    public TimeSpan? SilentSince { get; private set; }

    /// <summary>Whether a path that is down has begun to answer.</summary>
    public bool IsReturning => !IsUp && goodRounds > 0;

    /// <summary>When life was last heard that was no answer to a probe, by the clock of <see cref="ProbeRound.Sent"/>; null: never.</summary>
    public TimeSpan? LastHeard { get; private set; }

    /// <summary>When time alone may change the answer: <see cref="Review"/> then. Null: never.</summary>
    public TimeSpan? ReviewAt
    {
        get
        {
            if (SilentSince is not { } since || silentRounds < Settings.DownAfter)
            {
                return null;
            }
            var earliest = IsEstimated && first is { } start ? start + LeastFirstSilence : since;
            return since + patience + excused > earliest ? since + patience + excused : earliest;
        }
    }

    /// <summary>What was known when it was last examined, before the first round.</summary>
    /// <param name="isUp">Whether it was up.</param>
    /// <param name="at">When the newest round was sent.</param>
    /// <param name="source">What measured it.</param>
    public void Recall(bool isUp, DateTimeOffset at, string source) => (IsUp, IsEstimated, At, Source) = (isUp, false, at, source);

    /// <summary>Says that targets are looked for from now on, though no round can count yet.</summary>
    /// <param name="now">The moment, by the clock of <see cref="ProbeRound.Sent"/>.</param>
    public void Begin(TimeSpan now) => first ??= now;

    /// <summary>Nobody is there any more who could say anything, and not because of a failure: the link's word has to do again.</summary>
    public void Withdraw() => (IsUp, IsEstimated, goodRounds, SilentSince, silentRounds) = (true, true, 0, null, 0);

    /// <summary>Takes in a round that is decided, each once; true where <see cref="IsUp"/> or <see cref="IsEstimated"/> changed.</summary>
    /// <param name="round">The round.</param>
    /// <param name="now">The moment, by the clock of <see cref="ProbeRound.Sent"/>.</param>
    /// <param name="isConclusive">Whether it settles the matter alone: what told it has waited for repeated silence itself.</param>
    public bool Add(ProbeRound round, TimeSpan now, bool isConclusive = false)
    {
        var before = (IsUp, IsEstimated);
        first ??= round.Sent;
        (At, Source) = (round.At > At.GetValueOrDefault() ? round.At : At, round.Source);
        IsEstimated &= round.Answers == 0;
        if (!IsEstimated || Settings.AreTargetsNamed)
        {
            Rounds = Rounds == int.MaxValue ? Rounds : Rounds + 1;
            if (round.IsGood)
            {
                newestGood = newestGood > round.Sent ? newestGood : round.Sent;
                AddGood(now, isConclusive);
            }
            else if (newestGood is null || round.Sent > newestGood)
            {
                // One that was overtaken by a good one says nothing of now.
                AddSilent(round.Sent, now);
                if (isConclusive && IsUp && !IsFirstSilence(now))
                {
                    FallDown(now);
                }
            }
        }
        Review(now);
        return before != (IsUp, IsEstimated);
    }

    /// <summary>Life on the path that was no round: an answer too late for its own, or to real traffic. It ends a silence that began before it; it does not bring up a path that is down.</summary>
    /// <param name="now">The moment, by the clock of <see cref="ProbeRound.Sent"/>.</param>
    /// <param name="isTraffic">Whether it was real traffic's.</param>
    public void Hear(TimeSpan now, bool isTraffic)
    {
        if (isTraffic)
        {
            LastHeard = LastHeard > now ? LastHeard : now;
        }
        if (IsUp && !(SilentSince > now))
        {
            EndSilence(now);
        }
    }

    /// <summary>
    /// Time in which this machine did not get to look at what came is no silence of the path: a silence has to last so much longer, but never more than twice as long as without.
    /// </summary>
    public void Excuse(TimeSpan asleep) => excused = excused + asleep < patience ? excused + asleep : patience;

    /// <summary>Decides anew at <paramref name="now"/>; true where <see cref="IsUp"/> changed.</summary>
    public bool Review(TimeSpan now)
    {
        if (ReviewAt is not { } due || now < due)
        {
            return false;
        }
        FallDown(now);
        return true;
    }

    private bool IsFirstSilence(TimeSpan now) => IsEstimated && now - first < LeastFirstSilence;

    private void FallDown(TimeSpan now)
    {
        (IsUp, IsEstimated, goodRounds) = (false, false, 0);
        // How long it lasts from now on is the outage's, and says nothing of how long silences last that end by themselves.
        EndSilence(now);
    }

    private void AddGood(TimeSpan now, bool isConclusive)
    {
        if (IsUp)
        {
            if (SilentSince is null)
            {
                history.Add(isSilence: false, now);
            }
            EndSilence(now);
            return;
        }
        if (isConclusive || ++goodRounds >= Settings.UpAfter)
        {
            (IsUp, goodRounds) = (true, 0);
        }
    }

    private void AddSilent(TimeSpan sent, TimeSpan now)
    {
        if (!IsUp)
        {
            goodRounds = 0;
            return;
        }
        if (SilentSince is not { } since)
        {
            history.Add(isSilence: true, now);
            (SilentSince, silentRounds, excused) = (sent, 0, TimeSpan.Zero);
            patience = ProbePace.Step(Settings.Every) * Math.Clamp(history.Steps, Settings.DownAfter, 2.0 * Settings.DownAfter);
        }
        else if (sent < since)
        {
            SilentSince = sent;
        }
        silentRounds++;
    }

    private void EndSilence(TimeSpan now)
    {
        if (SilentSince is { } since)
        {
            history.AddEnd((now - since) / ProbePace.Step(Settings.Every), now);
            (SilentSince, silentRounds) = (null, 0);
        }
    }
}
