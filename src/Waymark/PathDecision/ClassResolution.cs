using Waymark.ConditionDecision;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Paths;

namespace Waymark.PathDecision;

/// <summary>The half of a decision that knows classes: what becomes of each in each region of scopes.</summary>
/// <param name="regions">The regions.</param>
/// <param name="basis">What holds.</param>
/// <param name="inUse">What the last decision chose, in order of number and family.</param>
internal sealed class ClassResolution(IReadOnlyList<ScopeRegion> regions, SelectionBasis basis, EquatableArray<PathsInUse> inUse)
{
    private readonly Dictionary<(int Region, IpFamily Family, int? Lost), EligiblePaths> eligible = [];

    /// <summary>What becomes of a class in a region.</summary>
    public ClassEntry Resolve(PolicyClass policy, int region, int number)
    {
        basis.Timers.Take();
        PathsInUse? before4 = InUse(number, IpFamily.V4), before6 = InUse(number, IpFamily.V6);
        var isByValue = false;
        var (v4, backup4) = Select(policy, region, IpFamily.V4, before4, ref isByValue);
        var (v6, backup6) = Select(policy, region, IpFamily.V6, before6, ref isByValue);
        var filterClass = new FilterClass
        {
            Number = number,
            V4 = v4.Action,
            V6 = v6.Action,
            Backup4 = backup4,
            Backup6 = backup6,
            Denied4 = v4.Denied,
            Denied6 = v6.Denied,
            IsStrict = policy.IsStrict,
            Established = policy.Established,
            SteersAnswers = policy.SteersAnswers,
            EndsAt = policy.EndsAt,
        };
        var resolved = new ResolvedClass(
            filterClass, new(number, new(v4.Failure, v4.HasPaths), new(v6.Failure, v6.HasPaths)), Uses(number, IpFamily.V4, v4, backup4), Uses(number, IpFamily.V6, v6, backup6));
        // Which paths are in use is asked by the next decision: before that has seen what it chooses now, the class may still move.
        return new(resolved, basis.Timers.Take(), basis.Facts?.Take() ?? [], isByValue, IsSettled: resolved.InUse4 == before4 && resolved.InUse6 == before6);
    }

    /// <summary>Why a class is resolved as it is.</summary>
    public ClassReason Reason(PolicyClass policy, int region, int number)
    {
        FamilyReason? Of(IpFamily family) =>
            new CandidateSelection(policy, Eligible(region, family, lost: null), basis, InUse(number, family), hasReason: true).Select().Reason;
        return new(number, policy.Action, policy.Else, Of(IpFamily.V4), Of(IpFamily.V6));
    }

    /// <summary>What is done with the flows, and where they go should the path that they take be lost.</summary>
    private (FamilyOutcome Outcome, PathId? Backup) Select(PolicyClass policy, int region, IpFamily family, PathsInUse? before, ref bool isByValue)
    {
        var selection = new CandidateSelection(policy, Eligible(region, family, lost: null), basis, before);
        var outcome = selection.Select();
        isByValue |= selection.IsByValue;
        if (outcome.Action is not FilterAction.Use(var path))
        {
            return (outcome, null);
        }
        var without = new CandidateSelection(policy, Eligible(region, family, basis.Claims.Find(path)), basis, before, isBackup: true);
        var backup = (without.Select().Action as FilterAction.Use)?.Path;
        isByValue |= without.IsByValue;
        return (outcome, backup);
    }

    private static PathsInUse? Uses(int number, IpFamily family, FamilyOutcome outcome, PathId? backup) => outcome.Shares.IsEmpty ? null : new(number, family, outcome.Shares, backup);

    private EligiblePaths Eligible(int region, IpFamily family, PathState? lost)
    {
        if (!eligible.TryGetValue((region, family, lost?.Index), out var known))
        {
            known = lost is null ? EligiblePaths.Of(regions[region], family, basis.Claims.Paths) : Eligible(region, family, lost: null).Without(lost);
            eligible.Add((region, family, lost?.Index), known);
        }
        return known;
    }

    private PathsInUse? InUse(int number, IpFamily family)
    {
        int low = 0, high = inUse.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = (inUse[middle].Class, inUse[middle].Family).CompareTo((number, family));
            if (order == 0)
            {
                return inUse[middle];
            }
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return null;
    }
}
