namespace Waymark.Linux.PathExamination;

/// <summary>Gives up what has been waited for too long. One timer, whatever is under way: one for each packet costs more than the packet. Safe for several threads at once.</summary>
internal sealed class AnswerDeadlines : IDisposable
{
    private readonly TimeProvider time;
    private readonly ITimer alarm;
    private readonly Lock gate = new();
    private readonly Queue<AwaitedAnswer> waiting = [];
    private bool isDisposed;

    public AnswerDeadlines(TimeProvider time)
    {
        this.time = time;
        alarm = time.CreateTimer(_ => GiveUp(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The answer; null where none came. Throws <see cref="OperationCanceledException"/>.</summary>
    /// <param name="answer">What is waited for.</param>
    /// <param name="patience">How long; hardly ever less than for those before it, which are given up first.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<T?> WaitAsync<T>(AwaitedAnswer<T> answer, TimeSpan patience, CancellationToken cancellationToken)
        where T : struct
    {
        if (!answer.IsOver)
        {
            answer.Deadline = time.GetTimestamp() + (long)(patience.TotalSeconds * time.TimestampFrequency);
            lock (gate)
            {
                if (isDisposed)
                {
                    return null;
                }
                waiting.Enqueue(answer);
                if (waiting.Count == 1)
                {
                    alarm.Change(patience, Timeout.InfiniteTimeSpan);
                }
            }
        }
        await using var registration = cancellationToken.UnsafeRegister(static one => ((AwaitedAnswer)one!).GiveUp(), answer);
        var found = await answer.Task;
        cancellationToken.ThrowIfCancellationRequested();
        return found;
    }

    /// <summary>Nobody waits any longer: what has not come does not come.</summary>
    public void Dispose()
    {
        AwaitedAnswer[] left;
        lock (gate)
        {
            isDisposed = true;
            left = [.. waiting];
            waiting.Clear();
        }
        alarm.Dispose();
        Array.ForEach(left, one => one.GiveUp());
    }

    private void GiveUp()
    {
        var late = new List<AwaitedAnswer>();
        lock (gate)
        {
            var now = time.GetTimestamp();
            while (waiting.TryPeek(out var first) && (first.IsOver || first.Deadline <= now))
            {
                late.Add(waiting.Dequeue());
            }
            if (waiting.TryPeek(out var next))
            {
                var left = (next.Deadline - now) / (double)time.TimestampFrequency;
                // Not a moment too early: timers count whole milliseconds.
                alarm.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left * 1000)), Timeout.InfiniteTimeSpan);
            }
        }
        late.ForEach(one => one.GiveUp());
    }
}
