namespace Waymark.Lab.Links;

/// <summary>What became of the packets of one direction of a link since the lab is up.</summary>
/// <param name="Packets">That came through.</param>
/// <param name="Bytes">Of those, with their Ethernet headers.</param>
/// <param name="Lost">Lost at random, as the shape's loss says.</param>
/// <param name="Overflowed">Dropped because the queue in front of the bottleneck was full.</param>
/// <param name="Swallowed">Swallowed while the link was cut.</param>
public sealed record DirectionCounters(long Packets, long Bytes, long Lost, long Overflowed, long Swallowed);
