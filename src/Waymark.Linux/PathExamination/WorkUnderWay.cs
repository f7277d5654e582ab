using System.Runtime.ExceptionServices;

namespace Waymark.Linux.PathExamination;

/// <summary>Tasks that end with their owner. A defect in one ends the process: a path that nobody probes any more would count as up for ever; the supervisor starts the process again. Safe for several threads at once.</summary>
internal sealed class WorkUnderWay : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many have not ended; one more until no others can be added.</summary>
    private int count = 1;

    public WorkUnderWay() => Stop = stop.Token;

    /// <summary>Cancelled when the owner ends.</summary>
    public CancellationToken Stop { get; }

    /// <summary>Has a task be waited for at the end; its being cancelled is no defect. After <see cref="DisposeAsync"/> only from within a task that is under way.</summary>
    public void Add(Task task)
    {
        if (!task.IsCompletedSuccessfully)
        {
            Interlocked.Increment(ref count);
            _ = ObserveAsync(task);
        }
    }

    /// <summary>Stops all.</summary>
    public Task CancelAsync() => stop.CancelAsync();

    /// <summary>Ends when all have, after <see cref="CancelAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        EndOne();
        await ended.Task;
        stop.Dispose();
    }

    private async Task ObserveAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
            // Stopped in the middle: it counts for nothing.
        }
        catch (Exception defect)
        {
            ThreadPool.QueueUserWorkItem(_ => ExceptionDispatchInfo.Throw(defect));
        }
        finally
        {
            EndOne();
        }
    }

    private void EndOne()
    {
        if (Interlocked.Decrement(ref count) == 0)
        {
            ended.SetResult();
        }
    }
}
