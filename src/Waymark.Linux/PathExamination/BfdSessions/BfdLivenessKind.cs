using Waymark.PathExamination;

namespace Waymark.Linux.PathExamination.BfdSessions;

/// <summary>BFD (RFC 5880, 5881, 5883) with <see cref="ProbeTarget.Bfd"/> targets, which have to be configured for it with this host's address.</summary>
/// <param name="time">The clock.</param>
public sealed class BfdLivenessKind(TimeProvider time) : ILivenessKind
{
    private readonly BfdSpeaker speaker = new(time);

    /// <inheritdoc/>
    public string Name => "bfd";

    /// <inheritdoc/>
    public bool Takes(ProbeTarget target) => target is ProbeTarget.Bfd;

    /// <inheritdoc/>
    public ILivenessSession Open(WatchedTarget watched, uint mark, Action changed) => speaker.Begin(watched, mark, changed);
}
