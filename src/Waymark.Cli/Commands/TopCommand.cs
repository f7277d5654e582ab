using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using Spectre.Console;
using Waymark.Cli.Display;
using Waymark.Exchange.LocalCalls;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Commands;

/// <summary>A live view of paths, policies and the last events.</summary>
internal static class TopCommand
{
    private const int Spark = 30;
    private const int Events = 8;
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(500);

    public static Command Top() => new Command("top", "A live view until Ctrl-C: paths with the course of their round trip, policies and where their flows go, the last events.").Asks(async (client, parse, cancellationToken) =>
    {
        if (Console.IsOutputRedirected)
        {
            Invocation.Fail("'top' needs a terminal; 'waymark watch' prints events, 'waymark get paths -o json' values");
            return ExitCodes.BadInput;
        }
        var history = new Dictionary<string, Queue<double>>(StringComparer.Ordinal);
        var events = new Queue<string>();
        var watching = WatchAsync(client, events, cancellationToken);
        await Invocation.Console.Live(new Text("...")).AutoClear(false).StartAsync(async live =>
        {
            using var timer = new PeriodicTimer(Refresh);
            do
            {
                var paths = await client.Paths.ListPathsAsync(new() { CountFlows = true }, cancellationToken: cancellationToken);
                var decision = await client.Decisions.GetDecisionAsync(new(), cancellationToken: cancellationToken);
                live.UpdateTarget(View(paths, decision, history, events));
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        });
        await watching;
        return ExitCodes.Done;
    });

    private static async Task WatchAsync(LocalClient client, Queue<string> events, CancellationToken cancellationToken)
    {
        try
        {
            using var stream = client.Events.Watch(new(), cancellationToken: cancellationToken);
            await foreach (var happened in stream.ResponseStream.ReadAllAsync(cancellationToken))
            {
                if (WatchCommand.Line(happened) is { } line)
                {
                    lock (events)
                    {
                        events.Enqueue($"{happened.At.ToDateTimeOffset().ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture)}  {line}");
                        while (events.Count > Events)
                        {
                            events.Dequeue();
                        }
                    }
                }
            }
        }
        catch (RpcException ended) when (ended.StatusCode is StatusCode.Cancelled or StatusCode.Unavailable)
        {
            // Ctrl-C, or the daemon is gone: the next refresh says so.
        }
    }

    private static Rows View(V1.ListPathsResponse paths, V1.GetDecisionResponse decision, Dictionary<string, Queue<double>> history, Queue<string> events)
    {
        var table = Tables.Columns("PATH", "STATE", "RTT", "", "LOSS", "FLOWS", "NEW FLOWS OF");
        foreach (var path in paths.Paths)
        {
            var known = path.Characteristics.ToDictionary(one => one.Name, one => one.Measured, StringComparer.Ordinal);
            if (!history.TryGetValue(path.Id, out var course))
            {
                history.Add(path.Id, course = new());
            }
            course.Enqueue(known.TryGetValue("rtt", out var rtt) ? rtt.Number : double.NaN);
            while (course.Count > Spark)
            {
                course.Dequeue();
            }
            var users = decision.Classes.Where(one => Uses(one.V4, path.Id) || Uses(one.V6, path.Id)).Select(one => one.Number).ToHashSet();
            var policies = decision.Standings.Where(one => one.Classes.Any(users.Contains)).Select(one => one.Origin.HasPolicy ? one.Origin.Policy : WireText.Origin(one.Origin));
            table.AddRow(new Text(path.Name), Tables.State(path, known, paths), new Text(rtt is null ? "-" : WireText.Value("rtt", rtt)), new Text(Sparkline(course)),
                new Text(known.TryGetValue("loss", out var loss) ? WireText.Value("loss", loss) : "-"), new Text(Tables.Flows(path)), new Text(string.Join(", ", policies)));
        }
        string[] last;
        lock (events)
        {
            last = [.. events];
        }
        return new([new Text($"revision {decision.Revision}, {decision.FilterRuleCount} rules in {decision.Classes.Count} classes, {decision.Unresolved.Count} unresolved\n", new(Color.Grey)), table, new Text(""), .. last.Select(line => new Text(line))]);
    }

    private static bool Uses(V1.FilterAction action, string path) => action.KindCase switch
    {
        V1.FilterAction.KindOneofCase.Use => action.Use == path,
        V1.FilterAction.KindOneofCase.Spread => action.Spread.Shares.Any(share => share.Path == path),
        V1.FilterAction.KindOneofCase.Duplicate => action.Duplicate.Paths.Contains(path),
        _ => false,
    };

    private static string Sparkline(IEnumerable<double> course)
    {
        const string Bars = "▁▂▃▄▅▆▇█";
        var values = course.ToList();
        var known = values.Where(value => !double.IsNaN(value)).ToList();
        var (low, high) = known.Count == 0 ? (0, 1) : (known.Min(), known.Max());
        return string.Concat(values.Select(value => double.IsNaN(value) ? ' ' : Bars[high > low ? (int)((value - low) / (high - low) * (Bars.Length - 1)) : 0]));
    }
}
