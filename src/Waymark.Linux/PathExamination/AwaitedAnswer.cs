namespace Waymark.Linux.PathExamination;

/// <summary>An answer that may never come.</summary>
internal abstract class AwaitedAnswer
{
    /// <summary>When it is waited for no longer, by the monotonic clock.</summary>
    public long Deadline { get; set; }

    /// <summary>Whether it came, or nobody waits for it any more.</summary>
    public abstract bool IsOver { get; }

    /// <summary>It is waited for no longer.</summary>
    public abstract void GiveUp();
}

/// <summary>An answer of a kind.</summary>
internal sealed class AwaitedAnswer<T> : AwaitedAnswer
    where T : struct
{
    // Whoever waits goes on at once, on the thread that read the answer: to hand it to another one costs more than what is left to do.
    private readonly TaskCompletionSource<T?> source = new();

    /// <summary>The answer; null where none came in time.</summary>
    public Task<T?> Task => source.Task;

    /// <inheritdoc/>
    public override bool IsOver => source.Task.IsCompleted;

    /// <summary>It came. Only the first counts.</summary>
    public void Take(T answer) => source.TrySetResult(answer);

    /// <inheritdoc/>
    public override void GiveUp() => source.TrySetResult(null);
}
