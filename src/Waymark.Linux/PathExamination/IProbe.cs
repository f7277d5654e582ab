using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination;

/// <summary>Asks whether a path works, bound to that path and to one family. Safe for several probes under way at once.</summary>
public interface IProbe : IDisposable
{
    /// <summary>The firewall mark of its packets; 0: none.</summary>
    uint Mark { get; set; }

    /// <summary>What sends trains of packets to the same targets; null: it cannot.</summary>
    ITrainProbe? Trains => this as ITrainProbe;

    /// <summary>
    /// Sends one probe to a target that its kind <see cref="IProbeKind.Takes"/> and waits for its answer, at most <paramref name="timeout"/>. Faults come as results; only
    /// cancellation throws.
    /// </summary>
    Task<ProbeResult> ProbeAsync(ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken);
}
