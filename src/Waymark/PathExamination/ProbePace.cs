namespace Waymark.PathExamination;

/// <summary>
/// When probes are sent, and how long their answers are waited for. A path at rest is asked once an interval; one that has fallen silent several times within it, so that what is
/// decided by the same time rests on more evidence; and one that comes back so that it need not wait for long.
/// </summary>
/// <param name="settings">How often, at rest.</param>
public sealed class ProbePace(ProbeSettings settings)
{
    /// <summary>Rounds an interval while a path is silent: more of them would mostly ask the same moment again, fewer would mistake two losses for a silence.</summary>
    public const int Quick = 4;

    /// <summary>Rounds an interval while a path that was down answers.</summary>
    private const int Returning = 2;

    /// <summary>Intervals without a probe while real traffic is answered: round trip and loss still want a sample now and then.</summary>
    private const int Busy = 5;

    /// <summary>What takes longer is lost for good (RFC 6673 section 4: the waiting time is a parameter of the metric).</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(3);

    /// <summary>What takes less is not lost, however fast the path usually is.</summary>
    public static TimeSpan LeastOverdue { get; } = TimeSpan.FromMilliseconds(200);

    /// <summary>While nothing is known of a target.</summary>
    public static TimeSpan FirstTimeout { get; } = TimeSpan.FromSeconds(1);

    private TimeSpan AtRest => settings.AtRest ?? settings.Every;

    /// <summary>Within what time of its last answer a path that dies is told to be down, at most; longer only where its answers take longer.</summary>
    public TimeSpan Detection => AtRest + (Step(settings.Every) * 2 * settings.DownAfter);

    /// <summary>Whether a round counts for loss: it was due anyhow, and not sent because of what the path does.</summary>
    /// <param name="lastSample">When the last one was sent that counts; null: none.</param>
    /// <param name="now">When this one is sent.</param>
    public bool IsSample(TimeSpan? lastSample, TimeSpan now) => lastSample is not { } last || now >= last + (AtRest * 0.9);

    /// <summary>When the next round is due, by the clock of <paramref name="last"/>.</summary>
    /// <param name="state">Of the family that is probed.</param>
    /// <param name="last">When the last round was sent.</param>
    public TimeSpan Next(Reachability state, TimeSpan last)
    {
        if (state.SilentSince is not null)
        {
            return last + Step(settings.Every);
        }
        if (state.IsReturning)
        {
            return last + (settings.Every / Returning);
        }
        // Answers to real traffic are worth as much as those to probes: the next one is due an interval after the newest of either.
        return state.LastHeard is { } heard && heard > last ? Least(heard + AtRest, last + (AtRest * Busy)) : last + AtRest;
    }

    /// <summary>The time between rounds while a path is silent, of an interval <paramref name="every"/>.</summary>
    public static TimeSpan Step(TimeSpan every) => Most(every / Quick, ProbeSettings.LeastEvery);

    /// <summary>How long to wait for a round's answers until it is silent: what answers usually take, but not less than a step, for sooner nothing would be done about it.</summary>
    /// <param name="usual">What answers take, <see cref="ProbeEstimates.Timeout"/>; null: nothing is known.</param>
    public TimeSpan Wait(TimeSpan? usual) => Least(Most(usual ?? FirstTimeout, Step(settings.Every)), Patience);

    /// <summary>After what time a probe counts as lost until its answer comes.</summary>
    /// <param name="usual">What answers take, <see cref="ProbeEstimates.Timeout"/>; null: nothing is known.</param>
    public static TimeSpan Overdue(TimeSpan? usual) => Least(Most(4 * (usual ?? FirstTimeout), LeastOverdue), Patience);

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Most(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
