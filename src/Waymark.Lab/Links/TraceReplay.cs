using System.Globalization;

namespace Waymark.Lab.Links;

/// <summary>
/// A recorded course of a network, replayed on a link: lines <c>t_ms,link,rtt_ms,loss_pct</c> (or empty rtt for an outage), in order of time. Half of the round trip is
/// the delay each way.
/// </summary>
/// <param name="Steps">What happens when, in order.</param>
public sealed record TraceReplay(EquatableArray<TraceStep> Steps)
{
    /// <summary>Reads a trace; lines that start with <c>#</c> and the header are passed over. Throws <see cref="LabException"/> with the line.</summary>
    public static TraceReplay Read(string file)
    {
        var steps = new List<TraceStep>();
        var number = 0;
        foreach (var line in System.IO.File.ReadLines(file))
        {
            number++;
            if (line.Length == 0 || line[0] == '#' || line.StartsWith("t_ms", StringComparison.Ordinal))
            {
                continue;
            }
            var fields = line.Split(',');
            var culture = CultureInfo.InvariantCulture;
            double roundTrip = 0;
            if (fields.Length < 4 || !double.TryParse(fields[0], culture, out var at) || (fields[2].Length > 0 && !double.TryParse(fields[2], culture, out roundTrip))
                || !double.TryParse(fields[3], culture, out var loss) || loss is < 0 or > 100 || roundTrip is < 0 or > 60_000)
            {
                throw new LabException($"{file}:{number}: expected t_ms,link,rtt_ms,loss_pct");
            }
            steps.Add(new(TimeSpan.FromMilliseconds(at), fields[1], fields[2].Length == 0 ? null : TimeSpan.FromMilliseconds(roundTrip), loss / 100));
        }
        return new(steps.OrderBy(step => step.At).ToEquatableArray());
    }

    /// <summary>Replays it once from now on; links that the lab does not have are passed over.</summary>
    public async Task RunAsync(IReadOnlyDictionary<string, EmulatedLink> links, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        foreach (var step in Steps.ToArray())
        {
            var wait = step.At - time.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, time, cancellationToken);
            }
            if (!links.TryGetValue(step.Link, out var link))
            {
                continue;
            }
            var (delay, loss) = (step.RoundTrip is { } roundTrip ? roundTrip / 2 : link.Up.Delay, step.RoundTrip is null ? 1 : step.Loss);
            link.Up = link.Up with { Delay = delay, Loss = loss };
            link.Down = link.Down with { Delay = delay, Loss = loss };
        }
    }
}

/// <summary>One moment of a trace.</summary>
/// <param name="At">Since its start.</param>
/// <param name="Link">Which link.</param>
/// <param name="RoundTrip">Null: nothing gets through.</param>
/// <param name="Loss">Each way, 0 to 1.</param>
public sealed record TraceStep(TimeSpan At, string Link, TimeSpan? RoundTrip, double Loss);
