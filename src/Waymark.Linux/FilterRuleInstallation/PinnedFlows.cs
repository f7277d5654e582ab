using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.SocketDiagnosis;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>
/// Which path flows are pinned to, by the marks of connection tracking. With a socket of its own, so that nobody who changes the kernel waits for it; one caller at a
/// time.
/// </summary>
internal sealed class PinnedFlows(Territory territory) : IDisposable
{
    private readonly ConnectionTracking tracking = new();

    /// <summary>How many there are, by number of path; looks through the whole table.</summary>
    public IReadOnlyDictionary<int, int> Count() => tracking.Marks(territory.CtPathMask).CountBy(Number).ToDictionary();

    /// <summary>The numbers of the paths of these TCP connections, each asked for by itself; without those that are not tracked or not pinned.</summary>
    public IReadOnlyDictionary<FlowEnds, int> Of(IReadOnlyCollection<FlowEnds> connections) =>
        tracking.Marks(connections).Where(one => (one.Value & territory.CtPathMask) != 0).ToDictionary(one => one.Key, one => Number(one.Value));

    /// <inheritdoc/>
    public void Dispose() => tracking.Dispose();

    private int Number(uint mark) => (int)((mark & territory.CtPathMask) / territory.CtPath(1));
}
