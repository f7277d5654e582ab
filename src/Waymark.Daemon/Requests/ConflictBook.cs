using System.Runtime.CompilerServices;
using Waymark.ConditionDecision;
using Waymark.Conflicts;

namespace Waymark.Daemon.Requests;

/// <summary>Which policies conflict: found once for all who ask, however many requesters wait for the same decision.</summary>
internal sealed class ConflictBook
{
    /// <summary>Pairs of policies that are looked at: a fraction of a second. Who wants to know of more asks for it ('waymark conflicts').</summary>
    private const long MostPairs = 60_000_000;

    /// <summary>The same policies are the same object; some still answer with those before.</summary>
    private readonly ConditionalWeakTable<MergedPolicies, Lazy<FoundConflicts>> known = [];

    /// <summary>Those of <paramref name="merged"/>.</summary>
    public FoundConflicts Of(MergedPolicies merged) => known.GetValue(merged, one => new(() => new(ConflictAnalysis.Of(one, MostPairs).Conflicts))).Value;
}

/// <summary>Conflicts, by whose policies they are of.</summary>
internal sealed class FoundConflicts
{
    private readonly ILookup<(string Requester, string Set), PolicyConflict> bySet;

    public FoundConflicts(EquatableArray<PolicyConflict> all)
    {
        All = all;
        bySet = all.SelectMany(one => SetsOf(one).Distinct().Select(set => (set, one))).ToLookup(pair => pair.set, pair => pair.one);
    }

    /// <summary>All, worst first.</summary>
    public EquatableArray<PolicyConflict> All { get; }

    /// <summary>Those of policies of a set, whichever of the two it is in; worst first.</summary>
    public IEnumerable<PolicyConflict> Of(string requester, string set) => bySet[(requester, set)];

    private static IEnumerable<(string Requester, string Set)> SetsOf(PolicyConflict one)
    {
        yield return (one.Policy.Origin.Requester, one.Policy.Origin.Set);
        if (one.Winner is { } winner)
        {
            yield return (winner.Origin.Requester, winner.Origin.Set);
        }
    }
}
