using System.Runtime.ExceptionServices;
using Waymark.Linux.Netlink;
using Waymark.Paths;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>A path that somebody waits for to be closed, by himself or by whoever has the kernel at the moment.</summary>
/// <param name="path">The path.</param>
/// <param name="loss">The number of the loss.</param>
internal sealed class LostPath(PathId path, ulong loss)
{
    private volatile bool isDone;
    private ExceptionDispatchInfo? failure;

    /// <summary>The path.</summary>
    public PathId Path { get; } = path;

    /// <summary>The number of the loss: what was decided before it knows nothing of it.</summary>
    public ulong Loss { get; } = loss;

    /// <summary>Whether it has been closed, or could not be; throws what the kernel said then.</summary>
    public bool IsDone
    {
        get
        {
            if (isDone)
            {
                failure?.Throw();
            }
            return isDone;
        }
    }

    /// <summary>Closes it by <paramref name="close"/>.</summary>
    public void Close(Action<PathId> close)
    {
        try
        {
            close(Path);
        }
        catch (NetlinkException refused)
        {
            // Belongs to the one who asked, not to the one who is installing.
            failure = ExceptionDispatchInfo.Capture(refused);
        }
        isDone = true;
    }
}
