using Waymark.Linux.FilterRuleEncoding;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>
/// Counts the flows on each path: the entries of connection tracking that are pinned to it. With a socket of its own, so that nobody who changes the kernel waits for
/// it; one caller at a time.
/// </summary>
internal sealed class FlowCount(Territory territory) : IDisposable
{
    private readonly ConnectionTracking tracking = new();

    /// <summary>By number of path.</summary>
    public IReadOnlyDictionary<int, int> ByPath() =>
        tracking.Marks(territory.CtPathMask).CountBy(mark => (int)((mark & territory.CtPathMask) / territory.CtPath(1))).ToDictionary();

    /// <inheritdoc/>
    public void Dispose() => tracking.Dispose();
}
