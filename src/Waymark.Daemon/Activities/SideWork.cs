namespace Waymark.Daemon.Activities;

/// <summary>Work that goes on beside other work and has ended when it is disposed of.</summary>
internal sealed class SideWork : IAsyncDisposable
{
    private readonly CancellationTokenSource stop;

    /// <summary>Starts it.</summary>
    /// <param name="work">The work, until its token is cancelled.</param>
    /// <param name="cancellationToken">Ends it too.</param>
    public SideWork(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Ended = Task.Run(() => work(stop.Token), stop.Token);
    }

    /// <summary>Ends with it: whoever goes on meanwhile waits for this too, for work that failed is not done.</summary>
    public Task Ended { get; }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }
}
