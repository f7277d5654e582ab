using Waymark.Flows;
using Waymark.Paths;

namespace Waymark.PathExamination;

/// <summary>What probes told of a path in one family: what a new life of the examiner starts from.</summary>
/// <param name="Path">The path.</param>
/// <param name="Family">The family.</param>
/// <param name="Gateway">By which next hop it led: by another it is another network; null: a link without one.</param>
/// <param name="IsUp">Whether it was up.</param>
/// <param name="At">When the newest round was sent.</param>
/// <param name="Source">What measured it: <c>icmp</c>.</param>
public sealed record KnownReachability(PathId Path, IpFamily Family, IpAddress? Gateway, bool IsUp, DateTimeOffset At, string Source)
{
    /// <summary>What is known of the reachability of paths; that which rests on the link's word alone is not.</summary>
    /// <param name="paths">The paths.</param>
    /// <param name="characteristics">What was measured of them.</param>
    public static IEnumerable<KnownReachability> In(PathSet paths, CharacteristicsSet characteristics) =>
        from path in paths.Paths
        from half in path.Halves
        let up = characteristics.Of(path.Id).TryGet(PathCharacteristics.Up(half.Family), out var measured) && !measured.IsEstimated ? measured : null
        where up is not null
        select new KnownReachability(path.Id, half.Family, half.Gateway, up.Value.Flag, up.At, up.Source);
}
