namespace Waymark.Linux.Nftables;

/// <summary>What a rule does to a mark.</summary>
/// <param name="IsConnection">Whether it is the connection's mark; else the packet's.</param>
/// <param name="Bits">The bits that may be others afterwards: all where the mark is replaced as a whole.</param>
/// <param name="Whole">The value that replaces the mark as a whole; null where it is not a constant, or other bits are kept.</param>
internal readonly record struct MarkWrite(bool IsConnection, uint Bits, uint? Whole);
