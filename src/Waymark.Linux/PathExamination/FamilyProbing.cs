using System.Runtime.ExceptionServices;
using Waymark.Flows;
using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination;

/// <summary>
/// The rounds of probes of one path in one family. A round asks all targets at once; it is good as soon as enough have answered, and silent after as long as answers
/// usually take, so that a failure is told within 3.5 intervals. Answers that come later still count as round trips: a path that became slow is seen to be slow.
/// </summary>
internal sealed class FamilyProbing : IAsyncDisposable
{
    /// <summary>While nothing is known of a target.</summary>
    private static readonly TimeSpan FirstTimeout = TimeSpan.FromSeconds(1);

    /// <summary>What takes longer is lost for good (RFC 6673 section 4: the waiting time is a parameter of the metric).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>What takes less is not lost, however fast the path usually is.</summary>
    private static readonly TimeSpan LeastOverdue = TimeSpan.FromMilliseconds(200);

    private readonly IpFamily family;
    private readonly ProbeSettings settings;
    private readonly ProbeEstimates estimates;
    private readonly IReadOnlyList<AskedTarget> asked;
    private readonly Func<uint> mark;
    private readonly Action changed;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stop = new();
    private readonly Task running;
    private readonly Task watching;

    /// <param name="family">The family.</param>
    /// <param name="settings">How often, and how many have to answer.</param>
    /// <param name="estimates">Where the results go; locked meanwhile.</param>
    /// <param name="asked">Whom a round asks.</param>
    /// <param name="liveness">The conversations beside them; ended with this.</param>
    /// <param name="mark">The firewall mark of the packets.</param>
    /// <param name="changed">Called after each round.</param>
    /// <param name="spread">When the first round is, of an interval: paths that come up together are not probed in step.</param>
    /// <param name="time">The clock.</param>
    public FamilyProbing(
        IpFamily family, ProbeSettings settings, ProbeEstimates estimates, IReadOnlyList<AskedTarget> asked, FamilyLiveness liveness, Func<uint> mark, Action changed, double spread, TimeProvider time)
    {
        (this.family, this.settings, this.estimates, this.asked, this.mark, this.changed, this.time, Liveness) = (family, settings, estimates, asked, mark, changed, time, liveness);
        if (liveness.Count > 0)
        {
            lock (estimates)
            {
                estimates.Begin(family, time.GetUtcNow());
            }
        }
        running = RunAsync(settings.Every * spread);
        watching = WatchAsync();
    }

    /// <summary>The conversations beside the rounds.</summary>
    public FamilyLiveness Liveness { get; }

    /// <summary>Why probes could not be sent in the newest round; null: they could.</summary>
    public string? Fault { get; private set; }

    private IEnumerable<ProbeOpening> Openings => asked.Select(one => one.Opening).Distinct();

    public async ValueTask DisposeAsync()
    {
        // First, and before anything is waited for: conversations with the same targets may be opened anew right after this call.
        Liveness.Dispose();
        await stop.CancelAsync();
        await Task.WhenAll(running, watching);
        foreach (var opening in Openings)
        {
            opening.Dispose();
        }
        stop.Dispose();
    }

    private async Task RunAsync(TimeSpan first)
    {
        var rounds = new HashSet<Task>();
        try
        {
            await Task.Delay(first, time, stop.Token);
            using var timer = new PeriodicTimer(settings.Every, time);
            do
            {
                foreach (var opening in Openings)
                {
                    opening.Open(mark());
                }
                Liveness.Open(mark());
                foreach (var ended in rounds.Where(round => round.IsCompleted).ToList())
                {
                    rounds.Remove(ended);
                    await ended;
                }
                // A round may take longer than the time to the next one: they overlap.
                rounds.Add(RoundAsync(isConclusive: false));
                if (asked.FirstOrDefault(one => one.Opening.SendsTrains) is { } reflector && IsTrainDue())
                {
                    rounds.Add(TrainAsync(reflector));
                }
            }
            while (await timer.WaitForNextTickAsync(stop.Token));
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
        catch (Exception defect)
        {
            EndProcess(defect);
        }
        await Task.WhenAll(rounds);
    }

    private async Task WatchAsync()
    {
        var rounds = new List<Task>();
        try
        {
            await Liveness.WatchAsync(asked.Count == 0, () =>
            {
                rounds.RemoveAll(round => round.IsCompletedSuccessfully);
                rounds.Add(RoundAsync(isConclusive: true));
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
        await Task.WhenAll(rounds);
    }

    /// <summary>A path that nobody probes any more would count as up for ever: the process has to end, and its supervisor starts it again.</summary>
    private static void EndProcess(Exception defect) => ThreadPool.QueueUserWorkItem(_ => ExceptionDispatchInfo.Throw(defect));

    /// <summary>Holds a round; one that <paramref name="isConclusive"/> settles the matter where nobody is asked, or too few answer.</summary>
    private async Task RoundAsync(bool isConclusive)
    {
        var (alive, told) = Liveness.Ask();
        var round = new Round(time.GetUtcNow(), Math.Min(settings.Need, asked.Count + told), alive);
        var (timeout, overdue) = Waits(isConclusive);
        var all = Task.WhenAll(asked.Select(one => AskAsync(one, round, overdue)));
        try
        {
            await Task.WhenAny(all, round.Enough.Task).WaitAsync(timeout, time, stop.Token);
        }
        catch (TimeoutException)
        {
            // Too few answers in time.
        }
        catch (OperationCanceledException)
        {
            // Stopped in the middle of a round: it counts for nothing.
        }
        if (!stop.IsCancellationRequested)
        {
            lock (estimates)
            {
                Fault = round.Fault ?? Liveness.Fault;
                // What could not be asked cannot be missed.
                if (asked.Count - round.Faults + told is > 0 and var reached)
                {
                    var needed = Math.Min(round.Needed, reached);
                    var source = asked.Count > 0 ? asked[0].Opening.Source : Liveness.Source!;
                    estimates.AddRound(family, source, round.Answers, needed, round.At, isConclusive && (asked.Count == 0 || round.Answers < needed));
                }
                else if (asked.Count == 0 && Liveness.IsWithdrawn)
                {
                    estimates.Withdraw(family);
                }
            }
            changed();
        }
        try
        {
            await all;
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private bool IsTrainDue()
    {
        lock (estimates)
        {
            return estimates.TryBeginTrain(time.GetUtcNow());
        }
    }

    private async Task TrainAsync(AskedTarget reflector)
    {
        var at = time.GetUtcNow();
        try
        {
            if (await reflector.Opening.SendTrainAsync(reflector.Target, Patience, stop.Token) is { } train)
            {
                lock (estimates)
                {
                    estimates.AddTrain(family, train, at);
                }
                changed();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task AskAsync(AskedTarget one, Round round, TimeSpan overdue)
    {
        var (target, source) = (one.Target.ToString(), one.Opening.Source);
        var asking = one.Opening.AskAsync(one.Target, round.At, Patience, stop.Token);
        long? counted = null;
        try
        {
            await asking.WaitAsync(overdue, time, stop.Token);
        }
        catch (TimeoutException)
        {
            lock (estimates)
            {
                counted = estimates.AddOverdue(family, target, source, round.At);
            }
        }
        var result = await asking;
        lock (estimates)
        {
            estimates.Add(family, target, source, result, counted);
            round.Take(result);
        }
    }

    /// <summary>How long to wait for a round's answers, and after what time a probe counts as lost until its answer comes.</summary>
    private (TimeSpan Timeout, TimeSpan Overdue) Waits(bool isConclusive)
    {
        TimeSpan usual;
        lock (estimates)
        {
            usual = estimates.Timeout ?? FirstTimeout;
        }
        // Half an interval, so that three silent rounds are told within 3.5 intervals; more only where the path itself is slower.
        // A round that settles the matter alone gives every answer the time in which none is lost.
        var pace = isConclusive ? LeastOverdue : settings.Every / 2;
        return (Least(Most(usual, pace), Patience), Least(Most(4 * usual, LeastOverdue), Patience));
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Most(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>What has come of a round so far; the estimates' lock is this one's too.</summary>
    private sealed class Round
    {
        public Round(DateTimeOffset at, int needed, int answers)
        {
            (At, Needed, Answers) = (at, needed, answers);
            TellIfEnough();
        }

        public DateTimeOffset At { get; }

        public int Needed { get; }

        public int Answers { get; private set; }

        public int Faults { get; private set; }

        public string? Fault { get; private set; }

        public TaskCompletionSource Enough { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Take(ProbeResult result)
        {
            Answers += result.IsAnswered ? 1 : 0;
            Faults += result.Fault is null ? 0 : 1;
            Fault = result.Fault ?? Fault;
            TellIfEnough();
        }

        private void TellIfEnough()
        {
            if (Answers >= Needed)
            {
                Enough.TrySetResult();
            }
        }
    }
}
