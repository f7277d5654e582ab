using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination;

/// <summary>When rounds of one path in one family are sent: as the pace has it, and as the budget allows. Not safe for several threads at once: <see cref="FamilyProbing"/> holds the estimates' lock.</summary>
/// <param name="settings">How often.</param>
/// <param name="state">What is known of the path, which says whether it is asked more often.</param>
/// <param name="budget">What rounds are paid from; null: they cost nothing.</param>
/// <param name="bytes">What a round costs.</param>
/// <param name="firstAt">When the first one is due.</param>
internal sealed class RoundTiming(ProbeSettings settings, Reachability state, ProbeBudget? budget, int bytes, TimeSpan firstAt)
{
    /// <summary>Timers take no longer ones than some weeks.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly ProbePace pace = new(settings);

    /// <summary>On a grid that all paths share: what is due at about the same time wakes this process once.</summary>
    private readonly TimeSpan grid = ProbePace.Step(settings.Every) / 4;

    private readonly TimeSpan first = firstAt;
    private TimeSpan? lastSent;
    private TimeSpan? lastSample;

    /// <summary>When something is to be done next.</summary>
    public TimeSpan Due { get; private set; } = firstAt;

    /// <summary>For how long this process got no processor, where that is longer than it takes to notice.</summary>
    public TimeSpan? Lateness(TimeSpan now) => now - Due > ProbePace.Step(settings.Every) ? now - Due : null;

    /// <summary>Whether a round is due and can be paid; then it is.</summary>
    public bool TryTakeTurn(TimeSpan now) => now >= NextRoundAt(now) && budget?.TryTake(bytes, now) != false;

    /// <summary>
    /// A round is sent now. Gives whether it counts for loss: those between the regular ones are sent because the path is silent, and would count the worst moments several times (RFC 7680 section 4.3).
    /// </summary>
    public bool Begin(TimeSpan now)
    {
        var isSample = pace.IsSample(lastSample, now);
        lastSent = now;
        lastSample = isSample ? now : lastSample;
        return isSample;
    }

    /// <summary>Takes in what else is next; gives when something is to be done, on the grid.</summary>
    /// <param name="other">When a round under way has to be looked at.</param>
    /// <param name="now">The moment.</param>
    public TimeSpan Next(TimeSpan other, TimeSpan now)
    {
        var next = NextRoundAt(now);
        next = state.ReviewAt is { } review && review < next ? review : next;
        next = other < next ? other : next;
        return Due = next < LongestWait + now ? new(((next.Ticks + grid.Ticks - 1) / grid.Ticks) * grid.Ticks) : now + LongestWait;
    }

    private TimeSpan NextRoundAt(TimeSpan now)
    {
        var wanted = lastSent is { } last ? pace.Next(state, last) : first;
        return budget?.AffordableAt(bytes, now) is { } affordable && affordable > wanted ? affordable : wanted;
    }
}
