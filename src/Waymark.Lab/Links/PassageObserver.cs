namespace Waymark.Lab.Links;

/// <summary>Is told what a link did to a frame.</summary>
/// <param name="frame">The whole Ethernet frame.</param>
/// <param name="passage">What became of it.</param>
public delegate void PassageObserver(ReadOnlySpan<byte> frame, FramePassage passage);
