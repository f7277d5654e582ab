using System.Globalization;
using Waymark.ConditionDecision;

namespace Waymark.Policies.Language;

/// <summary>
/// Where sets that are in force together ask for different things for the same flows: a policy that another set's decides all flows of, or that says something else of exactly the same flows.
/// A general policy behind another set's special one is no contradiction: that is how sets are layered.
/// </summary>
internal static class Disagreements
{
    /// <summary>Each pair of policies is compared; beyond this many that would take longer than anybody waits.</summary>
    private const int MostCompared = 1500;

    /// <summary>How many times a part of a policy's flows may be held against one of another's, all pairs together, for the same reason: some seconds of work.</summary>
    private const long MostComparisons = 10_000_000;

    /// <summary>How many are told of two sets; the rest is counted. What is wrong with more of them is most likely one thing.</summary>
    private const int MostTold = 5;

    /// <summary>Warnings, in order of the sets and of their text.</summary>
    /// <param name="sets">Sets of one requester, each with its file's name, as a policy directory holds them; no name twice.</param>
    public static EquatableArray<Diagnostic> Between(IReadOnlyList<(string File, PolicySet Set)> sets)
    {
        var merged = PolicyMerge.Merge(
            sets.Select(one => new AcceptedPolicySet(new("", 0), one.File, one.Set, DateTimeOffset.UnixEpoch, [])), ImaginedNames.Of(sets.Select(one => one.Set))).Policies;
        if (merged.Count > MostCompared)
        {
            return [];
        }
        var found = new List<(MergedPolicy Later, MergedPolicy Earlier, string Message)>();
        var guards = new GuardNumbers();
        var numbers = merged.Select(policy => guards.Of(policy.Guards)).ToList();
        var comparisons = MostComparisons;
        for (var i = 0; i < merged.Count && comparisons >= 0; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (Between(merged[j], merged[i], numbers[j], numbers[i], ref comparisons) is { } message)
                {
                    found.Add((merged[i], merged[j], message));
                    break;
                }
            }
        }
        return found.GroupBy(one => (Later: one.Later.Origin.Set, Earlier: one.Earlier.Origin.Set))
            .SelectMany(pair => pair.Take(MostTold).Select(one => Told(one.Later, one.Message)).Concat(pair.Count() > MostTold ? [Counted(pair.Key.Later, pair.Key.Earlier, pair.Count() - MostTold)] : []))
            .ToEquatableArray();
    }

    private static string? Between(MergedPolicy earlier, MergedPolicy later, int[] earlierGuards, int[] laterGuards, ref long comparisons)
    {
        if (earlier.Origin.Set == later.Origin.Set || earlier.Class == later.Class || earlier.EndsAt is not null
            || earlier.Policy.Target is not Target.Local || later.Policy.Target is not Target.Local
            || later.Flows.Selector.IsEmpty || GuardNumbers.AreExclusive(earlierGuards, laterGuards)
            || earlier.Flows.Selector.TryContains(later.Flows.Selector, ref comparisons) != true)
        {
            return null;
        }
        var place = $"{earlier.Origin.Set}:{earlier.Policy.Place.Line.ToString(CultureInfo.InvariantCulture)}";
        return GuardNumbers.Covers(earlierGuards, laterGuards) ? $"this never applies: {place} says otherwise of its flows and goes first"
            : later.Flows.Selector.TryContains(earlier.Flows.Selector, ref comparisons) == true ? $"{place} says otherwise of the same flows, and goes first whenever its condition holds"
            : null;
    }

    private static Diagnostic Told(MergedPolicy later, string message) => new(
        "WAY2013", Severity.Warning, later.Origin.Set, later.Policy.Place.Line, later.Policy.Place.Column, 1, message, "say it in one of the files, or order them by the priorities of rules");

    private static Diagnostic Counted(string later, string earlier, int count) => new(
        "WAY2013", Severity.Warning, later, 0, 0, 1, string.Create(CultureInfo.InvariantCulture, $"{count} more of its policies say something else of their flows than {earlier}"), null);
}
