namespace Waymark.Paths;

/// <summary>
/// What a multihoming protocol brings to be known here (module A): its paths as whole snapshots. A maintainer re-reads the state of its protocol when something
/// hints at a change; it never sends differences. Samples that it has for free go to the examiner.
/// </summary>
public interface IPathMaintainer
{
    /// <summary>The protocol part of its paths' ids, for example <c>ip</c>.</summary>
    string Protocol { get; }

    /// <summary>Yields the paths at once and again after every change, never two equal sets in a row, until cancelled.</summary>
    IAsyncEnumerable<PathSet> WatchAsync(CancellationToken cancellationToken);
}
