namespace Waymark.Tariffs;

/// <summary>A price that holds from so many bytes used in a billing period on, up to the next tier.</summary>
/// <param name="From">Bytes used, from 0: the byte after them is the first that costs so.</param>
/// <param name="Price">Money per 10^9 bytes, in the node's currency.</param>
public sealed record TariffTier(long From, decimal Price);
