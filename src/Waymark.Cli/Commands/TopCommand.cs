using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using Spectre.Console;
using Waymark.Cli.Display;
using Waymark.Exchange.NodeCalls;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Cli.Commands;

/// <summary>A live view of paths, policies and the last events.</summary>
internal static class TopCommand
{
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
                Remember(paths, history);
                string[] last;
                lock (events)
                {
                    last = [.. events];
                }
                // Asked each time: the terminal may have been resized.
                live.UpdateTarget(LiveView.Of(paths, decision, id => history[id], last, Invocation.Console.Profile.Width, Invocation.Console.Profile.Height));
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        });
        await watching;
        return ExitCodes.Done;
    });

    private static async Task WatchAsync(NodeClient client, Queue<string> events, CancellationToken cancellationToken)
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

    private static void Remember(V1.ListPathsResponse paths, Dictionary<string, Queue<double>> history)
    {
        foreach (var path in paths.Paths)
        {
            if (!history.TryGetValue(path.Id, out var course))
            {
                history.Add(path.Id, course = new());
            }
            course.Enqueue(path.Characteristics.FirstOrDefault(one => one.Name == "rtt")?.Measured.Number ?? double.NaN);
            while (course.Count > LiveView.Spark)
            {
                course.Dequeue();
            }
        }
    }
}
