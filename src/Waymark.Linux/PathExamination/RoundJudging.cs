using Waymark.Flows;
using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination;

/// <summary>
/// Makes of the answers to rounds what is known of one path in one family. A round is good as soon as enough have answered, and silent after as long as answers usually take. Answers that come later still
/// count: a path that became slow is seen to be slow, and not to be dead. Not safe for several threads at once: <see cref="FamilyProbing"/> holds the estimates' lock.
/// </summary>
/// <param name="family">The family.</param>
/// <param name="settings">How long answers are waited for, and how many are needed.</param>
/// <param name="estimates">Where what is measured goes.</param>
/// <param name="asked">Whom a round asks.</param>
/// <param name="liveness">The conversations beside them.</param>
internal sealed class RoundJudging(IpFamily family, ProbeSettings settings, ProbeEstimates estimates, IReadOnlyList<AskedTarget> asked, FamilyLiveness liveness)
{
    private readonly ProbePace pace = new(settings);
    private readonly Reachability state = estimates.Of(family);
    private readonly List<ProbingRound> rounds = [];

    /// <summary>By target, and not by round: a round may be decided by one answer before another target is found not to be askable.</summary>
    private readonly string?[] faults = new string?[asked.Count];

    private TimeSpan foundBy;

    /// <summary>Whether the path is up.</summary>
    public Reachability State => state;

    /// <summary>Why a target could not be asked when it was last to be; null: all could.</summary>
    public string? Fault { get; private set; }

    /// <summary>What was wrong with the newest answers, and since when; null: they were good, or none came at all.</summary>
    public AnswerFinding? Finding { get; private set; }

    /// <summary>When a round has to be looked at again; <see cref="TimeSpan.MaxValue"/>: none has.</summary>
    public TimeSpan NextAt
    {
        get
        {
            var next = TimeSpan.MaxValue;
            foreach (var round in rounds)
            {
                next = !round.IsDecided && round.DecideAt < next ? round.DecideAt : next;
                next = round.OverdueAt < next ? round.OverdueAt : next;
            }
            return next;
        }
    }

    /// <summary>Begins a round.</summary>
    /// <param name="at">The moment, by the wall clock.</param>
    /// <param name="now">The same by the clock that never steps.</param>
    /// <param name="isSample">Whether it counts for loss.</param>
    /// <param name="isConclusive">Whether it settles the matter where nobody is asked, or too few answer.</param>
    public ProbingRound Begin(DateTimeOffset at, TimeSpan now, bool isSample, bool isConclusive)
    {
        var (alive, told) = liveness.Ask();
        var usual = estimates.Timeout;
        // One that settles the matter alone gives every answer the time in which none is lost.
        var wait = pace.Wait(usual);
        var round = new ProbingRound(at, now, Math.Min(settings.Need, asked.Count + told), asked.Count, isSample, alive, told)
        {
            IsConclusive = isConclusive,
            DecideAt = now + (isConclusive && wait < ProbePace.LeastOverdue ? ProbePace.LeastOverdue : wait),
            OverdueAt = now + ProbePace.Overdue(usual),
        };
        rounds.Add(round);
        return round;
    }

    /// <summary>Takes an answer in, or that there is none; true where the round is decided by it.</summary>
    public bool Take(ProbingRound round, int which, ProbeResult result, TimeSpan now)
    {
        estimates.Add(family, asked[which].Name, asked[which].Opening.Source, result, round.Overdue[which], round.IsSample);
        round.Take(which, result);
        if (faults[which] != result.Fault)
        {
            faults[which] = result.Fault;
            Fault = Array.Find(faults, fault => fault is not null);
        }
        Find(round);
        if (round.IsDecided && result.IsAnswered && round.Answers == round.Needed)
        {
            // Too late for its own round, but life.
            state.Hear(now, isTraffic: false);
            Close(round, now);
            return true;
        }
        return Close(round, now);
    }

    /// <summary>Decides a round that has been sent where it can be, and forgets one of which nothing can come any more; true where it is decided by that.</summary>
    public bool Close(ProbingRound round, TimeSpan now)
    {
        var isDecided = !round.IsDecided && (round.Answers >= round.Needed || round.Ended == asked.Count);
        if (isDecided)
        {
            Decide(round, now);
        }
        if (round.Ended == asked.Count)
        {
            rounds.Remove(round);
        }
        return isDecided;
    }

    /// <summary>Looks at what time alone decides; true where it has.</summary>
    public bool Review(TimeSpan now)
    {
        var isDecided = false;
        foreach (var round in rounds)
        {
            if (now >= round.DecideAt && !round.IsDecided)
            {
                Decide(round, now);
                isDecided = true;
            }
            if (now >= round.OverdueAt)
            {
                CountOverdue(round);
            }
        }
        return state.Review(now) || isDecided;
    }

    /// <summary>This process got no processor for a while: what has come meanwhile has not been looked at, and is given the time for it.</summary>
    public void Excuse(TimeSpan asleep)
    {
        state.Excuse(asleep);
        foreach (var round in rounds)
        {
            round.DecideAt += round.IsDecided ? TimeSpan.Zero : asleep;
        }
    }

    private void Decide(ProbingRound round, TimeSpan now)
    {
        round.IsDecided = true;
        // What could not be asked cannot be missed.
        if (asked.Count - round.Faults + round.Told is > 0 and var reached)
        {
            var needed = Math.Min(round.Needed, reached);
            var source = asked.Count > 0 ? asked[0].Opening.Source : liveness.Source!;
            state.Add(new(round.At, round.Sent, round.Answers, needed, source), now, round.IsConclusive && (asked.Count == 0 || round.Answers < needed));
        }
        else if (asked.Count == 0 && liveness.IsWithdrawn)
        {
            state.Withdraw();
        }
    }

    /// <summary>Takes in what a round says of its answers, unless a newer one has said something.</summary>
    private void Find(ProbingRound round)
    {
        var isGood = round.Answers >= round.Needed;
        if (round.Sent < foundBy || (!isGood && round.Finding is null && round.Ended < asked.Count))
        {
            return;
        }
        foundBy = round.Sent;
        var text = isGood ? null : round.Finding;
        Finding = text is null ? null : text == Finding?.Text ? Finding : new(text, round.At);
    }

    private void CountOverdue(ProbingRound round)
    {
        for (var i = 0; round.IsSample && i < asked.Count; i++)
        {
            if (!round.HasEnded[i])
            {
                round.Overdue[i] = estimates.AddOverdue(family, asked[i].Name, asked[i].Opening.Source, round.At);
            }
        }
        round.OverdueAt = TimeSpan.MaxValue;
    }
}
