using System.Globalization;
using Waymark.ConditionDecision;
using Waymark.Conflicts;

namespace Waymark.Policies.Language;

/// <summary>
/// Where sets that are in force together ask for different things for the same flows: a policy that other sets' decide all flows of, or that says something else of exactly the same flows.
/// A general policy behind another set's special one is no contradiction: that is how sets are layered.
/// </summary>
internal static class Disagreements
{
    /// <summary>How many are told of two sets; the rest is counted. What is wrong with more of them is most likely one thing.</summary>
    private const int MostTold = 5;

    /// <summary>Warnings, in order of the sets and of their text.</summary>
    /// <param name="sets">Sets of one requester, each with its file's name, as a policy directory holds them; no name twice.</param>
    public static EquatableArray<Diagnostic> Between(IReadOnlyList<(string File, PolicySet Set)> sets)
    {
        var merged = PolicyMerge.Merge(
            sets.Select(one => new AcceptedPolicySet(new("", 0), one.File, one.Set, DateTimeOffset.UnixEpoch, [])), ImaginedNames.Of(sets.Select(one => one.Set)));
        return ConflictAnalysis.Of(merged, PolicyChecks.MostPairs, areSetsForeign: true).Conflicts
            .Select(one => (Conflict: one, Message: Message(one))).Where(one => one.Message is not null)
            .OrderBy(one => one.Conflict.Policy.Origin.Set, StringComparer.Ordinal).ThenBy(one => one.Conflict.Policy.Policy.Place.Line).ThenBy(one => one.Conflict.Policy.Policy.Place.Column)
            .GroupBy(one => (Later: one.Conflict.Policy.Origin.Set, Earlier: one.Conflict.Winner!.Origin.Set))
            .SelectMany(pair => pair.Take(MostTold).Select(one => Told(one.Conflict.Policy, one.Message!)).Concat(pair.Count() > MostTold ? [Counted(pair.Key.Later, pair.Key.Earlier, pair.Count() - MostTold)] : []))
            .ToEquatableArray();
    }

    /// <summary>What is wrong; null where nothing is that concerns two sets.</summary>
    private static string? Message(PolicyConflict conflict)
    {
        if (conflict.Winner is not { } winner || winner.Origin.Set == conflict.Policy.Origin.Set)
        {
            return null;
        }
        var place = string.Create(CultureInfo.InvariantCulture, $"{winner.Origin.Set}:{winner.Policy.Place.Line}");
        return conflict.Kind switch
        {
            ConflictKind.Overruled => $"this never applies: {place} says otherwise of its flows and goes first",
            ConflictKind.ShadowedTogether => string.Create(CultureInfo.InvariantCulture, $"this never applies: {place} and {conflict.Others} more together decide all of its flows first"),
            ConflictKind.Contradictory when conflict.HasSameFlows && winner.EndsAt is null => $"{place} says otherwise of the same flows, and goes first whenever its condition holds",
            _ => null,
        };
    }

    private static Diagnostic Told(MergedPolicy later, string message) => new(
        "WAY2013", Severity.Warning, later.Origin.Set, later.Policy.Place.Line, later.Policy.Place.Column, 1, message, "say it in one of the files, or order them by the priorities of rules");

    private static Diagnostic Counted(string later, string earlier, int count) => new(
        "WAY2013", Severity.Warning, later, 0, 0, 1, string.Create(CultureInfo.InvariantCulture, $"{count} more of its policies say something else of their flows than {earlier}"), null);
}
