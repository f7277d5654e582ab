using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Linux.PathExamination;

/// <summary>What the examiner is told of paths.</summary>
/// <param name="Of">How a path is probed.</param>
/// <param name="Configured">What the administrator says of a path (cost, bandwidth, medium, labels), and what the system says of its device; goes before measurements.</param>
/// <param name="Mark">The firewall mark of a path's probes, asked for at every round; 0: none.</param>
public sealed record PathExaminerOptions(
    Func<Path, ProbeSettings> Of, Func<Path, IReadOnlyDictionary<string, Measured>> Configured, Func<Path, uint> Mark)
{
    /// <summary>The ways of asking; null: ICMP echo alone.</summary>
    public IReadOnlyList<IProbeKind>? Kinds { get; init; }
}
