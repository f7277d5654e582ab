namespace Waymark.Tariffs;

/// <summary>How much a path may carry in each billing period.</summary>
/// <param name="Volume">Bytes.</param>
/// <param name="Meter">What counts, and from when.</param>
public sealed record Quota(long Volume, Meter Meter)
{
    /// <summary>Bytes that are left of it; never negative.</summary>
    public long LeftAfter(long used) => used >= Volume ? 0 : used <= 0 ? Volume : Volume - used;
}
