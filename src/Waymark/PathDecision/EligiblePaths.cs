using Waymark.ConditionDecision;
using Waymark.Flows;

namespace Waymark.PathDecision;

/// <summary>
/// The paths that can carry flows of one family in one region at the moment, and what is against the others: the same for every class, so it is found out once.
/// </summary>
internal sealed class EligiblePaths
{
    private readonly CandidateVerdict[] verdicts;

    private EligiblePaths(ScopeRegion region, IpFamily family, IReadOnlyList<PathState> all, CandidateVerdict[] verdicts)
    {
        (Region, Family, All, this.verdicts) = (region, family, all, verdicts);
        Usable = [.. all.Where(path => verdicts[path.Index] == CandidateVerdict.NotPreferred)];
        HasPaths = all.Any(path => path.Path.Half(family) is not null);
    }

    /// <summary>The region.</summary>
    public ScopeRegion Region { get; }

    /// <summary>The family.</summary>
    public IpFamily Family { get; }

    /// <summary>Every path of the node, in order.</summary>
    public IReadOnlyList<PathState> All { get; }

    /// <summary>Those that can carry the flows, in order.</summary>
    public List<PathState> Usable { get; }

    /// <summary>Whether any path of the node carries the family at all.</summary>
    public bool HasPaths { get; }

    /// <summary>Sorts out what cannot carry the flows.</summary>
    public static EligiblePaths Of(ScopeRegion region, IpFamily family, IReadOnlyList<PathState> all) => new(region, family, all, [.. all.Select(path =>
        !region.Paths.AsSpan().Contains(path.Path) ? CandidateVerdict.OutOfScope
        : path.IsDisabled ? CandidateVerdict.Disabled
        : path.Path.Half(family) is null ? CandidateVerdict.NoFamily
        : !path.IsUp(family) ? CandidateVerdict.Down
        : CandidateVerdict.NotPreferred)]);

    /// <summary>The same, had <paramref name="lost"/> gone down.</summary>
    public EligiblePaths Without(PathState lost)
    {
        var less = Verdicts();
        less[lost.Index] = CandidateVerdict.Down;
        return new(Region, Family, All, less);
    }

    /// <summary>What is against each path, by index; <see cref="CandidateVerdict.NotPreferred"/> against none that is usable. A copy, to write into.</summary>
    public CandidateVerdict[] Verdicts() => [.. verdicts];
}
