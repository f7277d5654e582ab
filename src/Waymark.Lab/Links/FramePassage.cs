namespace Waymark.Lab.Links;

/// <summary>What a link did to a frame. Times are of the monotonic clock, in its ticks.</summary>
/// <param name="IsUp">From the first node to the second.</param>
/// <param name="Arrived">When the kernel had it from its sender.</param>
/// <param name="Left">When the relay gave it to the kernel of the other side; null: it was dropped.</param>
public readonly record struct FramePassage(bool IsUp, long Arrived, long? Left);
