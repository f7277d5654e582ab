using Waymark.Flows;
using Waymark.Linux.SocketDiagnosis;
using Waymark.Paths;

namespace Waymark.Linux.PathExamination;

/// <summary>What the examiner of traffic is told and tells besides its readings.</summary>
public sealed record TrafficExaminerOptions
{
    /// <summary>The paths that connections are pinned to, given by their ends seen from here; without those that are pinned to none. May throw <see cref="Netlink.NetlinkException"/>.</summary>
    public Func<IReadOnlyCollection<FlowEnds>, IReadOnlyDictionary<FlowEnds, PathId>> Pinned { get; init; } = _ => new Dictionary<FlowEnds, PathId>();

    /// <summary>What is told of a path at the moment, from all sources: what is left of a capacity depends on which one is told.</summary>
    public Func<PathId, PathCharacteristics> Told { get; init; } = path => new(path, []);

    /// <summary>Called for each path and family that was seen to carry both ways, with the time of it; must be quick.</summary>
    public Action<PathId, IpFamily, DateTimeOffset> Heard { get; init; } = (_, _, _) => { };
}
