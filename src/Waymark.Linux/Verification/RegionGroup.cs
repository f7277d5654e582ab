using Waymark.Regions;

namespace Waymark.Linux.Verification;

/// <summary>Regions that have come to the same place in the same state, and go on together. What was found out about all of them holds wherever the group turns up again.</summary>
/// <param name="regions">The regions, at least one.</param>
internal sealed class RegionGroup(IReadOnlyList<Region> regions)
{
    /// <summary>The regions.</summary>
    public IReadOnlyList<Region> Regions => regions;
}
