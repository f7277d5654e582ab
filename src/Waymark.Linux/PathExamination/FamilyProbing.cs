using System.Runtime.ExceptionServices;
using Waymark.Flows;
using Waymark.PathExamination;
using Waymark.PathExamination.Capacity;

namespace Waymark.Linux.PathExamination;

/// <summary>
/// The rounds of probes of one path in one family. A round asks all targets at once; it is good as soon as enough have answered, and silent after as long as answers
/// usually take. Answers that come later still count: a path that became slow is seen to be slow, and not to be dead. One timer, whatever is under way.
/// </summary>
internal sealed class FamilyProbing : IAsyncDisposable
{
    /// <summary>Timers take no longer ones than some weeks.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    /// <summary>What a train takes of the budget, there and back.</summary>
    private const int TrainBytes = 2 * PacketTrain.UsualPackets * PacketTrain.UsualBytes;

    private readonly IpFamily family;
    private readonly ProbeSettings settings;
    private readonly ProbePace pace;
    private readonly ProbeEstimates estimates;
    private readonly IReadOnlyList<AskedTarget> asked;

    /// <summary>By target, and not by round: a round may be decided by one answer before another target is found not to be askable.</summary>
    private readonly string?[] faults;
    private readonly ProbeOpening[] openings;
    private readonly Func<uint> mark;
    private readonly Action<bool> changed;
    private readonly TimeProvider time;
    private readonly ITimer alarm;
    private readonly ProbeBudget? budget;
    private readonly int bytes;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock sending = new();
    private readonly Task watching;
    private readonly List<ProbingRound> rounds = [];
    private Task training = Task.CompletedTask;
    private bool isTicking;
    private (bool IsUp, bool IsEstimated)? told;
    private TimeSpan? lastSent;
    private TimeSpan? lastSample;
    private TimeSpan foundBy;
    private readonly TimeSpan firstAt;
    private TimeSpan due;
    private TimeSpan? armedFor;

    /// <param name="family">The family.</param>
    /// <param name="settings">How often, and how many have to answer.</param>
    /// <param name="estimates">Where the results go; locked meanwhile.</param>
    /// <param name="asked">Whom a round asks.</param>
    /// <param name="liveness">The conversations beside them; ended with this.</param>
    /// <param name="mark">The firewall mark of the packets.</param>
    /// <param name="changed">Called after each round; with true where the path came up, went down or was heard for the first time.</param>
    /// <param name="spread">When the first round is, of an interval: paths that come up together are not probed in step.</param>
    /// <param name="budget">What rounds are paid from; null: they cost nothing. Under the estimates' lock.</param>
    /// <param name="time">The clock.</param>
    public FamilyProbing(
        IpFamily family, ProbeSettings settings, ProbeEstimates estimates, IReadOnlyList<AskedTarget> asked, FamilyLiveness liveness, Func<uint> mark, Action<bool> changed, double spread, ProbeBudget? budget, TimeProvider time)
    {
        this.budget = budget;
        (this.family, this.settings, this.estimates, this.asked, this.mark, this.changed, this.time, Liveness) = (family, settings, estimates, asked, mark, changed, time, liveness);
        faults = new string?[asked.Count];
        (pace, openings, bytes) = (new(settings), [.. asked.Select(one => one.Opening).Distinct()], asked.Sum(one => one.Bytes));
        firstAt = due = Now + (settings.Every * spread);
        if (liveness.Count > 0)
        {
            lock (estimates)
            {
                estimates.Of(family).Begin(Now);
            }
        }
        alarm = time.CreateTimer(_ => Tick(), null, settings.Every * spread, Timeout.InfiniteTimeSpan);
        watching = WatchAsync();
    }

    /// <summary>The conversations beside the rounds.</summary>
    public FamilyLiveness Liveness { get; }

    /// <summary>Why a target could not be asked when it was last to be; null: all could.</summary>
    public string? Fault => faults.FirstOrDefault(fault => fault is not null) ?? Liveness.Fault;

    /// <summary>What was wrong with the newest answers, and since when; null: they were good, or none came at all.</summary>
    public AnswerFinding? Finding { get; private set; }

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
                estimates.Of(family).Hear(age > TimeSpan.Zero ? Now - age : Now, isTraffic: true);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // First, and before anything is waited for: conversations with the same targets may be opened anew right after this call.
        Liveness.Dispose();
        await stop.CancelAsync();
        // Waits for a tick that is sending.
        await alarm.DisposeAsync();
        await watching;
        Task[] asking;
        lock (estimates)
        {
            asking = [.. rounds.SelectMany(round => round.Asking)];
        }
        await Task.WhenAll(asking);
        await training;
        foreach (var opening in openings)
        {
            opening.Dispose();
        }
        stop.Dispose();
    }

    private void Tick()
    {
        ProbingRound? begun = null;
        var isDecided = false;
        lock (estimates)
        {
            armedFor = null;
            if (stop.IsCancellationRequested || isTicking)
            {
                return;
            }
            isTicking = true;
            var now = Now;
            if (now - due > ProbePace.Step(settings.Every))
            {
                Excuse(now - due);
            }
            foreach (var round in rounds)
            {
                isDecided |= now >= round.DecideAt && Decide(round, now);
                if (now >= round.OverdueAt)
                {
                    CountOverdue(round);
                }
            }
            isDecided |= estimates.Of(family).Review(now);
            if (now >= NextRoundAt(now) && budget?.TryTake(bytes, now) != false)
            {
                begun = Begin(now, isConclusive: false);
            }
        }
        if (begun is not null)
        {
            isDecided |= Send(begun);
            if (asked.FirstOrDefault(one => one.Opening.SendsTrains) is { } reflector && IsTrainDue())
            {
                training = TrainAsync(reflector);
            }
        }
        lock (estimates)
        {
            isTicking = false;
            Arm();
        }
        if (isDecided)
        {
            Tell();
        }
    }

    /// <summary>Holds a round at once whenever a conversation falls silent or begins again.</summary>
    private async Task WatchAsync()
    {
        try
        {
            await Liveness.WatchAsync(asked.Count == 0, () =>
            {
                ProbingRound round;
                lock (estimates)
                {
                    if (stop.IsCancellationRequested)
                    {
                        return;
                    }
                    round = Begin(Now, isConclusive: true);
                }
                var isDecided = Send(round);
                lock (estimates)
                {
                    Arm();
                }
                if (isDecided)
                {
                    Tell();
                }
            }, stop.Token);
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
        catch (Exception defect)
        {
            EndProcess(defect);
        }
    }

    /// <summary>A path that nobody probes any more would count as up for ever: the process has to end, and its supervisor starts it again.</summary>
    private static void EndProcess(Exception defect) => ThreadPool.QueueUserWorkItem(_ => ExceptionDispatchInfo.Throw(defect));

    private void Tell()
    {
        bool isUrgent;
        lock (estimates)
        {
            var now = (estimates.Of(family).IsUp, estimates.Of(family).IsEstimated);
            isUrgent = now != told;
            told = now;
        }
        changed(isUrgent);
    }

    /// <summary>This process got no processor for a while: what has come meanwhile has not been looked at, and is given the time for it.</summary>
    private void Excuse(TimeSpan asleep)
    {
        estimates.Of(family).Excuse(asleep);
        foreach (var round in rounds.Where(round => !round.IsDecided))
        {
            round.DecideAt += asleep;
        }
    }

    /// <summary>Begins a round; one that <paramref name="isConclusive"/> settles the matter where nobody is asked, or too few answer.</summary>
    private ProbingRound Begin(TimeSpan now, bool isConclusive)
    {
        var (alive, told) = Liveness.Ask();
        var usual = estimates.Timeout;
        // Those between the regular ones are sent because the path is silent: in the loss they would count the worst moments several times (RFC 7680 section 4.3).
        var isSample = pace.IsSample(lastSample, now);
        lastSent = now;
        lastSample = isSample ? now : lastSample;
        // One that settles the matter alone gives every answer the time in which none is lost.
        var wait = pace.Wait(usual);
        var round = new ProbingRound(time.GetUtcNow(), now, Math.Min(settings.Need, asked.Count + told), asked.Count, isSample, alive, told)
        {
            IsConclusive = isConclusive,
            DecideAt = now + (isConclusive && wait < ProbePace.LeastOverdue ? ProbePace.LeastOverdue : wait),
            OverdueAt = now + ProbePace.Overdue(usual),
        };
        rounds.Add(round);
        return round;
    }

    /// <summary>Sends a round's probes; true where it is decided by the conversations alone.</summary>
    private bool Send(ProbingRound round)
    {
        lock (sending)
        {
            foreach (var opening in openings)
            {
                opening.Open(mark());
            }
            Liveness.Open(mark());
        }
        for (var i = 0; i < asked.Count; i++)
        {
            round.Asking[i] = AskAsync(i, round);
        }
        lock (estimates)
        {
            var isDecided = (round.Answers >= round.Needed || round.Ended == asked.Count) && Decide(round, Now);
            if (round.Ended == asked.Count)
            {
                rounds.Remove(round);
            }
            return isDecided;
        }
    }

    private async Task AskAsync(int which, ProbingRound round)
    {
        var one = asked[which];
        try
        {
            var result = await one.Opening.AskAsync(one.Target, round.At, ProbePace.Patience, stop.Token);
            if (Take(which, round, result))
            {
                Tell();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped in the middle of a round: it counts for nothing.
        }
        catch (Exception defect)
        {
            EndProcess(defect);
        }
    }

    private bool IsTrainDue()
    {
        lock (estimates)
        {
            return estimates.IsTrainDue(time.GetUtcNow()) && budget?.TryTake(TrainBytes, Now) != false && estimates.TryBeginTrain(time.GetUtcNow());
        }
    }

    private async Task TrainAsync(AskedTarget reflector)
    {
        var at = time.GetUtcNow();
        try
        {
            if (await reflector.Opening.SendTrainAsync(reflector.Target, ProbePace.Patience, stop.Token) is { } train)
            {
                lock (estimates)
                {
                    estimates.AddTrain(family, train, at);
                }
                Tell();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
        catch (Exception defect)
        {
            EndProcess(defect);
        }
    }

    /// <summary>Takes an answer in, or that there is none; true where the round is decided by it.</summary>
    private bool Take(int which, ProbingRound round, ProbeResult result)
    {
        lock (estimates)
        {
            if (stop.IsCancellationRequested)
            {
                return false;
            }
            var now = Now;
            estimates.Add(family, asked[which].Name, asked[which].Opening.Source, result, round.Overdue[which], round.IsSample);
            round.Take(which, result);
            faults[which] = result.Fault;
            Find(round);
            var isDecided = false;
            if (!round.IsDecided)
            {
                isDecided = (round.Answers >= round.Needed || round.Ended == asked.Count) && Decide(round, now);
            }
            else if (result.IsAnswered && round.Answers == round.Needed)
            {
                estimates.Of(family).Hear(now, isTraffic: false);
                isDecided = true;
            }
            if (round.Ended == asked.Count)
            {
                rounds.Remove(round);
            }
            if (!isTicking)
            {
                Arm();
            }
            return isDecided;
        }
    }

    private bool Decide(ProbingRound round, TimeSpan now)
    {
        if (round.IsDecided)
        {
            return false;
        }
        round.IsDecided = true;
        // What could not be asked cannot be missed.
        if (asked.Count - round.Faults + round.Told is > 0 and var reached)
        {
            var needed = Math.Min(round.Needed, reached);
            var source = asked.Count > 0 ? openings[0].Source : Liveness.Source!;
            estimates.Of(family).Add(new(round.At, round.Sent, round.Answers, needed, source), now, round.IsConclusive && (asked.Count == 0 || round.Answers < needed));
        }
        else if (asked.Count == 0 && Liveness.IsWithdrawn)
        {
            estimates.Of(family).Withdraw();
        }
        return true;
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

    private TimeSpan NextRoundAt(TimeSpan now)
    {
        var wanted = lastSent is { } last ? pace.Next(estimates.Of(family), last) : firstAt;
        return budget?.AffordableAt(bytes, now) is { } affordable && affordable > wanted ? affordable : wanted;
    }

    /// <summary>Sets the timer for whatever is next.</summary>
    private void Arm()
    {
        if (stop.IsCancellationRequested)
        {
            return;
        }
        var now = Now;
        var next = NextRoundAt(now);
        if (estimates.Of(family).ReviewAt is { } review && review < next)
        {
            next = review;
        }
        foreach (var round in rounds)
        {
            next = !round.IsDecided && round.DecideAt < next ? round.DecideAt : next;
            next = round.OverdueAt < next ? round.OverdueAt : next;
        }
        // On a grid that all paths share: what is due at about the same time wakes this process once.
        var grid = ProbePace.Step(settings.Every) / 4;
        due = next < LongestWait + now ? new(((next.Ticks + grid.Ticks - 1) / grid.Ticks) * grid.Ticks) : now + LongestWait;
        // Most answers change nothing about what is next.
        if (armedFor != due)
        {
            armedFor = due;
            alarm.Change(due > now ? due - now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
