using Waymark.Flows;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Linux.PathExamination;

/// <summary>What the examiner is told of paths.</summary>
/// <param name="Of">How a path is probed.</param>
/// <param name="Configured">What the administrator says of a path (cost, bandwidth, medium, labels), and what the system says of its device; goes before measurements.</param>
/// <param name="Mark">The firewall mark of a path's probes, asked for at every round; 0: none.</param>
public sealed record PathExaminerOptions(
    Func<Path, ProbeSettings> Of, Func<Path, IReadOnlyDictionary<string, Measured>> Configured, Func<Path, uint> Mark)
{
    /// <summary>The ways of asking; null: <see cref="ProbeKinds.All"/>.</summary>
    public IReadOnlyList<IProbeKind>? Kinds { get; init; }

    /// <summary>The ways of watching by standing conversations; null: BFD.</summary>
    public IReadOnlyList<ILivenessKind>? LivenessKinds { get; init; }

    /// <summary>What the probes of a path may cost; null: as much as they do.</summary>
    public Func<Path, ProbeAllowance?> Allowance { get; init; } = _ => null;

    /// <summary>Called where a budget stretches the time between a path's rounds: the budget, that time, and within what time a failure is told; must be quick, and must not call back.</summary>
    public Action<PathId, ProbeAllowance, TimeSpan, TimeSpan> Stretched { get; init; } = (_, _, _, _) => { };

    /// <summary>The percentiles of the round trip that are told, each 1 to 99; those that policies name are enough.</summary>
    public Func<IEnumerable<int>> Ranks { get; init; } = () => UsualRanks;

    /// <summary>What was known when paths were last examined, in an earlier life of the process: a path that was silent then is not tried again with everybody's flows.</summary>
    public EquatableArray<KnownReachability> Known { get; init; } = [];

    /// <summary>Called when probes of a path can no longer be sent, with the reason, and with null when they can again; must be quick, and must not call back.</summary>
    public Action<PathId, string?> FaultChanged { get; init; } = (_, _) => { };

    /// <summary>
    /// Called when a path's answers in a family are no good though something comes, with what was wrong, and with null when they are good again or nothing comes; must be quick, and must not call back.
    /// </summary>
    public Action<PathId, IpFamily, string?> FindingChanged { get; init; } = (_, _, _) => { };

    /// <summary>50, 90, 95 and 99.</summary>
    public static EquatableArray<int> UsualRanks { get; } = [50, 90, 95, 99];
}
