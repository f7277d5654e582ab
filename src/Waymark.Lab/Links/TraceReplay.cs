using System.Globalization;
using Waymark.Policies.Language;

namespace Waymark.Lab.Links;

/// <summary>
/// A recorded course of a network, replayed on links: lines <c>t_ms,link,rtt_ms,loss_pct</c> (an empty round trip is an outage), in any order. Half of the round trip is
/// the delay each way.
/// </summary>
/// <param name="Steps">What happens when, in order of time.</param>
public sealed record TraceReplay(EquatableArray<TraceStep> Steps)
{
    private static readonly string[] Columns = ["t_ms", "link", "rtt_ms", "loss_pct"];

    /// <summary>How long it lasts: the time of its last step.</summary>
    public TimeSpan Length => Steps.Count == 0 ? TimeSpan.Zero : Steps[^1].At;

    /// <summary>Reads a trace; lines that start with <c>#</c>, empty ones and the header are passed over. Throws <see cref="LabException"/> with file, line and mend.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="links">Names of the links there are; null: any name is taken.</param>
    public static TraceReplay Read(string file, IReadOnlyCollection<string>? links = null)
    {
        try
        {
            return Parse(System.IO.File.ReadLines(file), file, links);
        }
        catch (Exception failed) when (failed is System.IO.IOException or UnauthorizedAccessException)
        {
            throw new LabException($"the trace cannot be read: {failed.Message}", isInput: true);
        }
    }

    /// <summary>As <see cref="Read"/>, of lines.</summary>
    public static TraceReplay Parse(IEnumerable<string> lines, string file, IReadOnlyCollection<string>? links = null)
    {
        var steps = new List<TraceStep>();
        var number = 0;
        foreach (var line in lines)
        {
            number++;
            LabException Wrong(string what) => new($"{file}:{number}: {what}", isInput: true);
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }
            var fields = line.Split(',', StringSplitOptions.TrimEntries);
            if (fields[0] == Columns[0])
            {
                RefuseOtherColumns(fields, Wrong);
                continue;
            }
            if (fields.Length != Columns.Length)
            {
                throw Wrong($"{fields.Length} columns, expected 4: {string.Join(',', Columns)}");
            }
            if (links is not null && !links.Contains(fields[1]))
            {
                throw Wrong($"no link is called '{fields[1]}'; {NearestWord.Mend(fields[1], links) ?? $"there are {string.Join(", ", links)}"}");
            }
            double Number(int column, double most) =>
                double.TryParse(fields[column], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value <= most ? value
                : throw Wrong($"'{fields[column]}' is no {Columns[column]}; write a number from 0 to {most:0}, without its unit");
            var isOut = fields[2].Length == 0;
            steps.Add(new(TimeSpan.FromMilliseconds(Number(0, 1e9)), fields[1], isOut ? null : TimeSpan.FromMilliseconds(Number(2, 60_000)), isOut && fields[3].Length == 0 ? 1 : Number(3, 100) / 100));
        }
        return steps.Count > 0 ? new(steps.OrderBy(step => step.At).ToEquatableArray())
            : throw new LabException($"{file}: the trace has no steps; write lines of {string.Join(',', Columns)}", isInput: true);
    }

    /// <summary>Replays it once from now on; what the lab does not have is passed over. Between two steps of a link it stays as the first left it.</summary>
    public async Task RunAsync(IReadOnlyDictionary<string, EmulatedLink> links, TimeProvider time, CancellationToken cancellationToken)
    {
        await RunAsync((name, step) =>
        {
            if (links.TryGetValue(name, out var link))
            {
                (link.Up, link.Down) = (step.Of(link.Up), step.Of(link.Down));
            }
        }, time, cancellationToken);
    }

    /// <summary>As the other, calling <paramref name="apply"/> with the link's name at each step's time.</summary>
    internal async Task RunAsync(Action<string, TraceStep> apply, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        foreach (var step in Steps.ToArray())
        {
            var wait = step.At - time.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
            {
                // A delay counts whole milliseconds and cuts the rest off; a step must not come early.
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, cancellationToken);
            }
            apply(step.Link, step);
        }
    }

    private static void RefuseOtherColumns(string[] fields, Func<string, LabException> wrong)
    {
        for (var i = 0; i < Math.Max(fields.Length, Columns.Length); i++)
        {
            if (i >= fields.Length || i >= Columns.Length || fields[i] != Columns[i])
            {
                throw wrong(i >= fields.Length ? $"column {i + 1} is missing; it is '{Columns[i]}'"
                    : i >= Columns.Length ? $"column {i + 1}, '{fields[i]}', is one too many; the columns are {string.Join(',', Columns)}"
                    : $"column {i + 1} is '{fields[i]}', expected '{Columns[i]}'; the columns are {string.Join(',', Columns)}");
            }
        }
    }
}
