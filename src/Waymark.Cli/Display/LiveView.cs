using Spectre.Console;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Display;

/// <summary>
/// What <c>top</c> shows of a moment, one line each, cut to the terminal: what does not fit is left out, the least important first (of lines older events and then classes, of columns the
/// course of the round trip, then from the right), and nothing is wrapped.
/// </summary>
internal static class LiveView
{
    /// <summary>How many round trips the course shows at most.</summary>
    public const int Spark = 30;

    private const int LeastSpark = 8;
    private const int LeastEvents = 3;

    /// <summary>What the names of a few policies take.</summary>
    private const int Usual = 30;
    private const int Gap = 2;

    /// <summary>One piece of a line.</summary>
    private readonly record struct Piece(string Text, Color? Color = null);

    /// <param name="paths">The paths and what is known of them.</param>
    /// <param name="decision">Where new flows go.</param>
    /// <param name="course">Round trips of a path by its id, the newest last; NaN: unknown.</param>
    /// <param name="events">The newest last.</param>
    /// <param name="width">Of the terminal, in characters.</param>
    /// <param name="height">Of the terminal, in lines; the last one is the cursor's.</param>
    public static Rows Of(V1.ListPathsResponse paths, V1.GetDecisionResponse decision, Func<string, IEnumerable<double>> course, IReadOnlyList<string> events, int width, int height)
    {
        var room = Math.Max(1, height - 1);
        List<List<Piece>> lines = [[new($"revision {decision.Revision}, {decision.FilterRuleCount} rules in {decision.Classes.Count} classes, {decision.Unresolved.Count} unresolved", Color.Grey)]];
        var table = Table(paths, decision, course, width);
        // Empty lines only where there is room for them.
        var isAiry = room >= lines.Count + table.Count + 3;
        if (isAiry)
        {
            lines.Add([]);
        }
        var most = room - lines.Count;
        lines.AddRange(table.Count <= most ? table : [.. table.Take(Math.Max(0, most - 1)), [new($"... {table.Count - Math.Max(0, most - 1)} more paths need a higher terminal", Color.Grey)]]);
        // Where flows go is told before what happened, but the newest events stay.
        var classes = Classes(paths, decision);
        most = room - lines.Count - Math.Min(events.Count, LeastEvents) - (isAiry ? 2 : 0);
        if (classes.Count > 1 && most >= 2)
        {
            lines.AddRange(isAiry ? [[]] : Array.Empty<List<Piece>>());
            lines.AddRange(classes.Count <= most ? classes : [.. classes.Take(most - 1), [new($"... {classes.Count - most + 1} more classes need a higher terminal", Color.Grey)]]);
        }
        var left = Math.Min(events.Count, room - lines.Count - (isAiry ? 1 : 0));
        if (left > 0)
        {
            lines.AddRange(isAiry ? [[]] : Array.Empty<List<Piece>>());
            lines.AddRange(events.Skip(events.Count - left).Select(line => new List<Piece> { new(line) }));
        }
        return new(lines.Take(room).Select(line => Cut(line, width)));
    }

    private static List<List<Piece>> Table(V1.ListPathsResponse paths, V1.GetDecisionResponse decision, Func<string, IEnumerable<double>> course, int width)
    {
        List<Piece[]> rows = [[.. ((string[])["PATH", "STATE", "RTT", "", "LOSS", "FLOWS", "NEW FLOWS OF"]).Select(name => new Piece(name, Color.Grey))]];
        foreach (var path in paths.Paths)
        {
            var known = path.Characteristics.ToDictionary(one => one.Name, one => one.Measured, StringComparer.Ordinal);
            var users = decision.Classes.Where(one => Uses(one.V4, path.Id) || Uses(one.V6, path.Id)).Select(one => one.Number).ToHashSet();
            var policies = decision.Standings.Where(one => one.Classes.Any(users.Contains)).Select(one => one.Origin.HasPolicy ? one.Origin.Policy : WireText.Origin(one.Origin));
            var (state, color) = Tables.StateOf(path, known, paths);
            rows.Add([new(path.Name), new(state, color), new(Say("rtt")), new(""), new(Say("loss")), new(Tables.Flows(path)), new(string.Join(", ", policies))]);

            string Say(string name) => known.TryGetValue(name, out var measured) ? WireText.Value(name, measured) : "-";
        }
        // The course gets what the others leave, and goes where that is too little to tell anything. The last column is cut before that where it is long.
        var others = Enumerable.Range(0, 6).Sum(column => Widest(column) + Gap) + Math.Min(Widest(6), Usual);
        var spark = Math.Min(Spark, width - others) is >= LeastSpark and var some ? some : 0;
        for (var i = 0; i < paths.Paths.Count; i++)
        {
            rows[i + 1][3] = new(spark == 0 ? "" : Sparkline([.. course(paths.Paths[i].Id).TakeLast(spark)]).PadLeft(spark));
        }
        return Aligned(rows);

        int Widest(int column) => rows.Max(row => row[column].Text.Length);
    }

    /// <summary>Each class with its policies and where its new flows go; at last the policies that could not be resolved.</summary>
    private static List<List<Piece>> Classes(V1.ListPathsResponse paths, V1.GetDecisionResponse decision)
    {
        var names = paths.Paths.ToDictionary(path => path.Id, path => path.Name, StringComparer.Ordinal);
        string Name(string id) => names.GetValueOrDefault(id, id);
        List<Piece[]> rows = [[new("CLASS", Color.Grey), new("IPV4", Color.Grey), new("IPV6", Color.Grey), new("POLICIES", Color.Grey)]];
        foreach (var one in decision.Classes)
        {
            rows.Add([new($"{one.Number}"), Way(one.V4), Way(one.V6), new(string.Join(", ", decision.Standings.Where(standing => standing.Classes.Contains(one.Number)).Select(standing => Policy(standing.Origin))))]);
        }
        foreach (var one in decision.Unresolved)
        {
            rows.Add([new("-"), new("unresolved", Color.Red), new(""), new(Policy(one.Origin))]);
        }
        return Aligned(rows);

        Piece Way(V1.FilterAction action) => new(WireText.Action(action, Name), action.KindCase == V1.FilterAction.KindOneofCase.Drop ? Color.Red : null);
        static string Policy(V1.PolicyOrigin origin) => origin.HasPolicy ? origin.Policy : WireText.Origin(origin);
    }

    private static List<List<Piece>> Aligned(List<Piece[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Text.Length)).ToArray();
        return [.. rows.Select(row => row.Select((piece, column) => widths[column] == 0 ? new Piece("") : piece with { Text = piece.Text.PadRight(widths[column] + Gap) }).ToList())];
    }

    /// <summary>A line of at most that many characters, the last of them an ellipsis where something was cut off.</summary>
    private static Paragraph Cut(List<Piece> line, int width)
    {
        // An empty paragraph would not even be a line.
        var paragraph = line.Count == 0 ? new Paragraph(" ") : new Paragraph();
        var left = width;
        var length = string.Concat(line.Select(piece => piece.Text)).TrimEnd().Length;
        foreach (var (text, color) in line)
        {
            if (left <= 0)
            {
                break;
            }
            var isLast = text.Length >= left && length > width;
            paragraph.Append(isLast ? text[..(left - 1)] + "…" : text[..Math.Min(text.Length, left)], new(color));
            left -= text.Length;
        }
        return paragraph;
    }

    private static bool Uses(V1.FilterAction action, string path) => action.KindCase switch
    {
        V1.FilterAction.KindOneofCase.Use => action.Use == path,
        V1.FilterAction.KindOneofCase.Spread => action.Spread.Shares.Any(share => share.Path == path),
        V1.FilterAction.KindOneofCase.Duplicate => action.Duplicate.Paths.Contains(path),
        _ => false,
    };

    private static string Sparkline(IReadOnlyList<double> values)
    {
        const string Bars = "▁▂▃▄▅▆▇█";
        var known = values.Where(value => !double.IsNaN(value)).ToList();
        var (low, high) = known.Count == 0 ? (0, 1) : (known.Min(), known.Max());
        return string.Concat(values.Select(value => double.IsNaN(value) ? ' ' : Bars[high > low ? (int)((value - low) / (high - low) * (Bars.Length - 1)) : 0]));
    }
}
