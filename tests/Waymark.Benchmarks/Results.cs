using System.Globalization;
using System.Text.Json;

namespace Waymark.Benchmarks;

/// <summary>Collects figures, prints each as it comes, and writes them all as JSON.</summary>
internal sealed class Results
{
    private string section = "";
    private readonly List<(string Section, string What, double Value, string Unit, string Goal)> rows = [];

    public void Section(string title)
    {
        section = title;
        Console.WriteLine($"\n{title}");
    }

    public void Add(string what, double value, string unit, string goal = "")
    {
        rows.Add((section, what, value, unit, goal));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what,-86} {value,12:0.###} {unit,-4} {(goal.Length == 0 ? "" : $"goal: {goal}")}"));
    }

    public void Write(string file)
    {
        using var stream = System.IO.File.Create(file);
        using var json = new Utf8JsonWriter(stream, new() { Indented = true });
        json.WriteStartArray();
        foreach (var (part, what, value, unit, goal) in rows)
        {
            json.WriteStartObject();
            json.WriteString("section", part);
            json.WriteString("what", what);
            json.WriteNumber("value", value);
            json.WriteString("unit", unit);
            if (goal.Length > 0)
            {
                json.WriteString("goal", goal);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
