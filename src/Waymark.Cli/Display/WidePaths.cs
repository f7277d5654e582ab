using System.Globalization;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Display;

/// <summary>All that is known of every path: a line for the path, and below it one for each characteristic with its source, age and samples.</summary>
internal static class WidePaths
{
    private static readonly string[] Head = ["CHARACTERISTIC", "VALUE", "ERROR", "BY", "AGE", "SAMPLES"];

    public static void Write(V1.ListPathsResponse answer)
    {
        if (answer.Paths.Count == 0)
        {
            Tables.WritePaths(answer);
            return;
        }
        foreach (var line in Lines(answer))
        {
            Console.WriteLine(line);
        }
    }

    internal static IEnumerable<string> Lines(V1.ListPathsResponse answer)
    {
        var now = answer.AsOf.ToDateTimeOffset();
        var rows = answer.Paths.Select(path => (Path: path, Rows: path.Characteristics.Select(one => Row(one, now)).ToList())).ToList();
        var widths = Enumerable.Range(0, Head.Length).Select(column => rows.SelectMany(one => one.Rows).Append(Head).Max(row => row[column].Length)).ToArray();
        string Line(string[] row) => ("  " + string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column])))).TrimEnd();
        yield return Line(Head);
        foreach (var (path, known) in rows)
        {
            var values = path.Characteristics.ToDictionary(one => one.Name, one => one.Measured, StringComparer.Ordinal);
            string?[] about = [Tables.StateOf(path, values, answer).Text, .. path.Halves.SelectMany(half => half.Locators.Take(1)), path.HasFlowCount ? $"{Tables.Flows(path)} flows" : null];
            yield return $"{path.Name} ({path.Id}): {string.Join(", ", about.OfType<string>())}";
            foreach (var row in known)
            {
                yield return Line(row);
            }
        }
    }

    private static string[] Row(V1.Characteristic one, DateTimeOffset now)
    {
        var (name, measured) = (one.Name, one.Measured);
        return
        [
            name.StartsWith("label/", StringComparison.Ordinal) ? $"label \"{name[6..]}\"" : name,
            (measured.IsEstimated ? "about " : "") + WireText.Value(name, measured),
            measured.HasStandardError ? WireText.Value(name, new() { Number = measured.StandardError }) : "-",
            measured.Source,
            WireText.Age(now - measured.At.ToDateTimeOffset()),
            measured.Samples == 0 ? "-" : measured.Samples.ToString(CultureInfo.InvariantCulture),
        ];
    }
}
