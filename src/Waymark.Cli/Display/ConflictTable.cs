using System.Globalization;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Display;

/// <summary>Conflicts of policies in words.</summary>
internal static class ConflictTable
{
    /// <summary>All of an answer, worst first.</summary>
    public static void Write(V1.ListConflictsResponse answer)
    {
        Write(answer.Conflicts);
        var told = answer.Conflicts.GroupBy(one => one.Kind).ToDictionary(kind => kind.Key, kind => kind.Count());
        foreach (var count in answer.Counts.Where(count => count.Policies > told.GetValueOrDefault(count.Kind)))
        {
            Console.WriteLine($"and {(count.Policies - told.GetValueOrDefault(count.Kind)).ToString(CultureInfo.InvariantCulture)} more that {WithoutWinner(count.Kind)}");
        }
        if (!answer.IsWhole)
        {
            Console.WriteLine("There are too many policies to compare each with every other: this is not all.");
        }
        else if (answer.Counts.Count == 0)
        {
            Console.WriteLine("No policy conflicts with another.");
        }
    }

    /// <summary>Conflicts, each in a line and one for its flows.</summary>
    public static void Write(IEnumerable<V1.Conflict> conflicts)
    {
        foreach (var one in conflicts)
        {
            Console.WriteLine($"{WireText.Origin(one.Policy)} {Text(one)}");
            Console.WriteLine($"    {SelectorText.Of(one.Shared)}");
        }
    }

    private static string Text(V1.Conflict one)
    {
        var winner = one.Winner is null ? "" : WireText.Origin(one.Winner) + (one.Others == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" and {one.Others} more"));
        return one.Kind switch
        {
            V1.ConflictKind.Unsatisfiable => "requires what no path can satisfy together",
            V1.ConflictKind.NeverElected => "is never elected: its conditions exclude each other",
            V1.ConflictKind.Overruled => $"never applies: {winner}, of a requester who goes first, says otherwise of all of these flows",
            V1.ConflictKind.Shadowed => $"never applies: {winner} goes first and says otherwise of all of these flows",
            V1.ConflictKind.ShadowedTogether => $"never applies: {winner} together decide all of its flows first",
            V1.ConflictKind.Duplicate => $"is not needed: {winner} says the same of all of these flows",
            V1.ConflictKind.Contradictory => $"gives way to {winner}, of another requester, which says otherwise of these flows",
            V1.ConflictKind.Correlated => $"gives way to {winner}, which says otherwise of these flows",
            V1.ConflictKind.Generalised => $"has an exception: {winner} says otherwise of these flows",
            _ => "conflicts in a way that this version does not know",
        };
    }

    private static string WithoutWinner(V1.ConflictKind kind) => kind switch
    {
        V1.ConflictKind.Unsatisfiable => "require what no path can satisfy together",
        V1.ConflictKind.NeverElected => "are never elected",
        V1.ConflictKind.Overruled => "never apply, for another requester's goes first",
        V1.ConflictKind.Shadowed => "never apply, for an earlier one decides all of their flows",
        V1.ConflictKind.ShadowedTogether => "never apply, for several earlier ones decide all of their flows",
        V1.ConflictKind.Duplicate => "are not needed, for an earlier one says the same",
        V1.ConflictKind.Contradictory => "give way to another requester's for some of their flows",
        V1.ConflictKind.Correlated => "give way to an earlier one for some of their flows",
        V1.ConflictKind.Generalised => "have exceptions",
        _ => "conflict in a way that this version does not know",
    };
}
