namespace Waymark.Daemon.Activities;

/// <summary>Something that the daemon does as long as it runs, beside the others; the first that fails ends them all, for without it they would only look alive.</summary>
internal interface IActivity
{
    /// <summary>Goes on until cancelled; what it throws else is not something that can be gone on from.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
