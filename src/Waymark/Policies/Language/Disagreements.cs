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
        for (var i = 0; i < merged.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (Between(merged[j], merged[i]) is { } message)
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

    private static string? Between(MergedPolicy earlier, MergedPolicy later)
    {
        if (earlier.Origin.Set == later.Origin.Set || earlier.Class == later.Class || earlier.EndsAt is not null
            || earlier.Policy.Target is not Target.Local || later.Policy.Target is not Target.Local
            || later.Flows.Selector.IsEmpty || !earlier.Flows.Selector.Overlaps(later.Flows.Selector) || AreExclusive(earlier.Guards, later.Guards)
            || !earlier.Flows.Selector.Contains(later.Flows.Selector))
        {
            return null;
        }
        var place = $"{earlier.Origin.Set}:{earlier.Policy.Place.Line.ToString(CultureInfo.InvariantCulture)}";
        return earlier.Guards.All(guard => later.Guards.AsSpan().Contains(guard)) ? $"this never applies: {place} says otherwise of its flows and goes first"
            : later.Flows.Selector.Contains(earlier.Flows.Selector) ? $"{place} says otherwise of the same flows, and goes first whenever its condition holds"
            : null;
    }

    private static bool AreExclusive(EquatableArray<Guard> one, EquatableArray<Guard> other) => one.Any(guard => other.AsSpan().Contains(guard with { Holds = !guard.Holds }));

    private static Diagnostic Told(MergedPolicy later, string message) => new(
        "WAY2013", Severity.Warning, later.Origin.Set, later.Policy.Place.Line, later.Policy.Place.Column, 1, message, "say it in one of the files, or order them by the priorities of rules");

    private static Diagnostic Counted(string later, string earlier, int count) => new(
        "WAY2013", Severity.Warning, later, 0, 0, 1, string.Create(CultureInfo.InvariantCulture, $"{count} more of its policies say something else of their flows than {earlier}"), null);
}
