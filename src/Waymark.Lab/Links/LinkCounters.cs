namespace Waymark.Lab.Links;

/// <summary>What went over a link.</summary>
/// <param name="Up">From the first node to the second.</param>
/// <param name="Down">From the second node to the first.</param>
public sealed record LinkCounters(DirectionCounters Up, DirectionCounters Down);
