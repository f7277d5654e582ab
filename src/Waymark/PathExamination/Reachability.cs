namespace Waymark.PathExamination;

/// <summary>
/// Whether a path is up in one family, by rounds of probes to several targets. Until a target has answered for the first time nothing is known and the path counts as up
/// by its link alone: many never answer. A dead target among several downs no path.
/// </summary>
/// <param name="downAfter">First <see cref="DownAfter"/>.</param>
/// <param name="upAfter">First <see cref="UpAfter"/>.</param>
public sealed class Reachability(int downAfter, int upAfter)
{
    private int streak;

    /// <summary>It is down after so many rounds in a row without enough answers, from 1.</summary>
    public int DownAfter { get; set; } = downAfter;

    /// <summary>It is up again after so many rounds in a row with enough, from 1.</summary>
    public int UpAfter { get; set; } = upAfter;

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

    /// <summary>Takes a round in; true where <see cref="IsUp"/> or <see cref="IsEstimated"/> changed.</summary>
    /// <param name="answers">How many targets answered.</param>
    /// <param name="needed">How many have to.</param>
    /// <param name="at">When it was sent.</param>
    /// <param name="source">What measured.</param>
    public bool Add(int answers, int needed, DateTimeOffset at, string source)
    {
        var before = (IsUp, IsEstimated);
        (At, Source) = (at > At.GetValueOrDefault() ? at : At, source);
        if (IsEstimated && answers > 0)
        {
            IsEstimated = false;
        }
        if (!IsEstimated)
        {
            Rounds = Rounds == int.MaxValue ? Rounds : Rounds + 1;
            var isGood = answers >= needed;
            streak = isGood == IsUp ? 0 : streak + 1;
            if (streak >= (IsUp ? DownAfter : UpAfter))
            {
                (IsUp, streak) = (!IsUp, 0);
            }
        }
        return before != (IsUp, IsEstimated);
    }
}
