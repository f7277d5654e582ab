namespace Waymark.PathExamination;

/// <summary>How long the packets of one probe took each way (RFC 7679), by the clocks of both ends.</summary>
/// <param name="Forward">From this node; where not measured, with the unknown difference of the clocks in it, so that only differences between probes mean anything (RFC 3393).</param>
/// <param name="Backward">To this node; likewise.</param>
/// <param name="IsMeasured">Whether both clocks keep UTC.</param>
public readonly record struct OneWayDelays(TimeSpan Forward, TimeSpan Backward, bool IsMeasured);
