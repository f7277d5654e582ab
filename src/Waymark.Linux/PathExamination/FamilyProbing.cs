using Waymark.Flows;
using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination;

/// <summary>
/// The rounds of probes of one path in one family, each of which asks all targets at once (<see cref="RoundAsking"/>), when it is time for one (<see cref="RoundTiming"/>), and is judged by its answers
/// (<see cref="RoundJudging"/>). One timer, whatever is under way. Everything that changes does so under the lock of the estimates, which both families of a path share.
/// </summary>
internal sealed class FamilyProbing : IAsyncDisposable
{
    private readonly ProbeEstimates estimates;
    private readonly RoundTiming timing;
    private readonly RoundJudging judging;
    private readonly RoundAsking asking;
    private readonly TrainSending? trains;
    private readonly WorkUnderWay work = new();
    private readonly Action<bool> changed;
    private readonly TimeProvider time;
    private readonly ITimer alarm;
    private readonly Action<ProbingRound, int, ProbeResult> take;
    private Telling told;
    private TimeSpan? armedFor;

    /// <param name="family">The family.</param>
    /// <param name="settings">How often, and how many have to answer.</param>
    /// <param name="estimates">Where the results go; locked meanwhile.</param>
    /// <param name="asked">Whom a round asks.</param>
    /// <param name="liveness">The conversations beside them; ended with this.</param>
    /// <param name="mark">The firewall mark of the packets.</param>
    /// <param name="changed">Called after each round; with true where the path came up, went down or was heard for the first time, or there is another <see cref="Fault"/> or <see cref="Finding"/>.</param>
    /// <param name="spread">When the first round is, of an interval: paths that come up together are not probed in step.</param>
    /// <param name="budget">What rounds are paid from; null: they cost nothing. Under the estimates' lock.</param>
    /// <param name="time">The clock, whose timers do not fire two at a time.</param>
    public FamilyProbing(
        IpFamily family, ProbeSettings settings, ProbeEstimates estimates, IReadOnlyList<AskedTarget> asked, FamilyLiveness liveness, Func<uint> mark, Action<bool> changed, double spread, ProbeBudget? budget, TimeProvider time)
    {
        (this.estimates, this.changed, this.time, Liveness, take) = (estimates, changed, time, liveness, Take);
        lock (estimates)
        {
            judging = new(family, settings, estimates, asked, liveness);
            if (liveness.Count > 0)
            {
                judging.State.Begin(Now);
            }
        }
        timing = new(settings, judging.State, budget, asked.Sum(one => one.Bytes), Now + (settings.Every * spread));
        asking = new(asked, liveness, mark, work);
        trains = settings.TrainEvery is null ? null : new(family, estimates, asked, budget, work, time);
        alarm = time.CreateTimer(_ => Tick(), null, settings.Every * spread, Timeout.InfiniteTimeSpan);
        work.Add(liveness.WatchAsync(asked.Count == 0, HoldConclusiveRound, work.Stop));
    }

    /// <summary>The conversations beside the rounds.</summary>
    public FamilyLiveness Liveness { get; }

    /// <summary>Why a target could not be asked when it was last to be; null: all could.</summary>
    public string? Fault => judging.Fault ?? Liveness.Fault;

    /// <summary>What was wrong with the newest answers, and since when; null: they were good, or none came at all.</summary>
    public AnswerFinding? Finding => judging.Finding;

    /// <summary>Rounds are told apart and timed by a clock that no administrator can step.</summary>
    private TimeSpan Now => time.GetElapsedTime(0);

    /// <summary>Life on the path that no probe asked for: real traffic was answered so long ago.</summary>
    public void Hear(TimeSpan age)
    {
        lock (estimates)
        {
            // Whoever stands between answers to real traffic as he does to probes: that is no life of the network behind him.
            if (Finding is null)
            {
                judging.State.Hear(age > TimeSpan.Zero ? Now - age : Now, isTraffic: true);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // First, and before anything is waited for: conversations with the same targets may be opened anew right after this call.
        Liveness.Dispose();
        await work.CancelAsync();
        // Waits for a tick that is sending.
        await alarm.DisposeAsync();
        await work.DisposeAsync();
        asking.Dispose();
    }

    private void Tick()
    {
        ProbingRound? begun = null;
        bool isDecided;
        lock (estimates)
        {
            armedFor = null;
            if (work.Stop.IsCancellationRequested)
            {
                return;
            }
            var now = Now;
            if (timing.Lateness(now) is { } asleep)
            {
                judging.Excuse(asleep);
            }
            isDecided = judging.Review(now);
            if (timing.TryTakeTurn(now))
            {
                begun = Begin(now, isConclusive: false);
            }
        }
        Finish(begun, isDecided);
        if (begun is not null)
        {
            trains?.SendIfDue(Tell);
        }
    }

    /// <summary>At once, whenever a conversation falls silent or begins again.</summary>
    private void HoldConclusiveRound()
    {
        ProbingRound round;
        lock (estimates)
        {
            if (work.Stop.IsCancellationRequested)
            {
                return;
            }
            round = Begin(Now, isConclusive: true);
        }
        Finish(round, isDecided: false);
    }

    private ProbingRound Begin(TimeSpan now, bool isConclusive) => judging.Begin(time.GetUtcNow(), now, timing.Begin(now), isConclusive);

    /// <summary>Sends a round that has begun, sees to what is next, and tells of what is decided: that may be a round by the conversations alone.</summary>
    private void Finish(ProbingRound? begun, bool isDecided)
    {
        if (begun is not null)
        {
            asking.Send(begun, take);
        }
        lock (estimates)
        {
            isDecided |= begun is not null && judging.Close(begun, Now);
            Arm();
        }
        if (isDecided)
        {
            Tell();
        }
    }

    private void Take(ProbingRound round, int which, ProbeResult result)
    {
        bool isDecided;
        lock (estimates)
        {
            if (work.Stop.IsCancellationRequested)
            {
                return;
            }
            isDecided = judging.Take(round, which, result, Now);
            Arm();
        }
        if (isDecided)
        {
            Tell();
        }
    }

    private void Tell()
    {
        bool isUrgent;
        lock (estimates)
        {
            var now = new Telling(judging.State.IsUp, judging.State.IsEstimated, Fault, Finding);
            isUrgent = now != told;
            told = now;
        }
        changed(isUrgent);
    }

    /// <summary>Sets the timer for whatever is next.</summary>
    private void Arm()
    {
        if (work.Stop.IsCancellationRequested)
        {
            return;
        }
        var now = Now;
        var due = timing.Next(judging.NextAt, now);
        // Most answers change nothing about what is next.
        if (armedFor != due)
        {
            armedFor = due;
            alarm.Change(due > now ? due - now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>What is told of at once when it changes.</summary>
    private readonly record struct Telling(bool IsUp, bool IsEstimated, string? Fault, AnswerFinding? Finding);
}
