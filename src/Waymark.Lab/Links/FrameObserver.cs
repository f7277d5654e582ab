namespace Waymark.Lab.Links;

/// <summary>Looks at a frame that a link delivers.</summary>
/// <param name="frame">The whole Ethernet frame.</param>
/// <param name="isUp">From the first node to the second.</param>
public delegate void FrameObserver(ReadOnlySpan<byte> frame, bool isUp);
