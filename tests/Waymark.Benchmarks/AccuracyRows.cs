using System.Globalization;
using Waymark.Lab.Accuracy;
using Waymark.Lab.Links;

namespace Waymark.Benchmarks;

/// <summary>How accurate the examiner is over a grid of emulated links, against what those did to its very packets, beside <c>ping</c> in the same run.</summary>
internal static class AccuracyRows
{
    private static readonly double[] Delays = [5, 20, 80, 300];
    private static readonly double[] Jitters = [0, 2, 10];
    private static readonly double[] Losses = [0, 0.01, 0.05, 0.2];
    private static readonly long[] Rates = [1_000_000, 5_000_000, 20_000_000, 100_000_000];

    /// <summary>More at once would measure how busy this machine is.</summary>
    private const int AtOnce = 12, TrainsAtOnce = 4;

    /// <summary>Each page is a connection, and a dozen packets.</summary>
    private const int ServersAtOnce = 6;

    /// <summary>A long way there and a short one back, and the other way round; one way that jitters, or loses.</summary>
    private static readonly LinkWays[] Unequal =
    [
        .. from ways in new[]
        {
            (Shape(5, 0, 0), Shape(80, 0, 0)), (Shape(20, 10, 0), Shape(80, 0, 0)), (Shape(20, 0, 0.05), Shape(80, 0, 0)),
            (Shape(300, 0, 0), Shape(20, 10, 0)), (Shape(20, 2, 0.01), Shape(20, 0, 0.2)), (Shape(80, 10, 0.05), Shape(5, 2, 0)),
        }
           from link in new[] { new LinkWays(ways.Item1, ways.Item2), new LinkWays(ways.Item2, ways.Item1) }
           select link,
    ];

    private static readonly TimeSpan Examined = TimeSpan.FromSeconds(12);

    public static void Add(Results results)
    {
        LinkWays[] grid = [.. from delay in Delays from jitter in Jitters from loss in Losses select new LinkWays(Shape(delay, jitter, loss))];
        var delays = Rows(grid, AtOnce, AccuracyMeasurement.OfDelaysAsync);
        Tell(results, $"Delay, jitter and loss of {grid.Length} emulated links, estimated beside what they did to the same packets", delays);
        var servers = Rows(grid, ServersAtOnce, AccuracyMeasurement.OfServersAsync);
        Tell(results, $"The same {grid.Length} links, asked by way of servers", servers);
        var unequal = Rows(Unequal, AtOnce, AccuracyMeasurement.OfDelaysAsync);
        Tell(results, $"{Unequal.Length} links whose ways differ", unequal);
        // Beside every delay and jitter, and beside every loss.
        var capacities = Rows(
            from shape in (from delay in Delays from jitter in Jitters from rate in Rates select Shape(delay, jitter, 0, rate)).Concat(from loss in Losses[1..] from rate in Rates select Shape(20, 0, loss, rate)) select new LinkWays(shape),
            TrainsAtOnce, AccuracyMeasurement.OfCapacitiesAsync);
        Tell(results, "Capacity of emulated links by trains, estimated beside what they carry", capacities);
        var narrower = Rows(from up in Rates from down in Rates where up != down select new LinkWays(Shape(20, 0, 0, up), Shape(20, 0, 0, down)), TrainsAtOnce, AccuracyMeasurement.OfCapacitiesAsync);
        Tell(results, "Capacity of links whose ways differ", narrower);
        DocumentedTable.Fill("accuracy", Header + Lines(delays.Concat(servers).Concat(capacities)) + "\nLinks whose ways differ:\n" + Header + Lines(unequal.Concat(narrower)));
    }

    private const string Header = "\n| characteristic | by | within the bound | error, p50 | worst |\n|---|---|--:|--:|--:|\n";

    private static string Lines(IEnumerable<AccuracyRow> rows) => string.Concat(rows.GroupBy(row => (row.What, row.Asker)).Select(Line));

    private static List<AccuracyRow> Rows(IEnumerable<LinkWays> links, int atOnce, Func<IReadOnlyList<LinkWays>, TimeSpan, int, CancellationToken, Task<IReadOnlyList<AccuracyRow>>> measure) =>
        [.. links.Chunk(atOnce).SelectMany((some, i) => measure(some, Examined, i, CancellationToken.None).GetAwaiter().GetResult())];

    private static LinkShape Shape(double delay, double jitter, double loss, long rate = 0) =>
        new() { Delay = TimeSpan.FromMilliseconds(delay), Jitter = TimeSpan.FromMilliseconds(jitter), Loss = loss, Rate = rate };

    private static void Tell(Results results, string title, List<AccuracyRow> rows)
    {
        results.Section(title);
        foreach (var group in rows.GroupBy(row => $"{row.What} by {Name(row.Asker)}"))
        {
            var told = group.Where(row => row.Estimate is not null).ToList();
            results.Add($"{group.Key}: within the bound, of {group.Count()} links", group.Count(row => row.IsWithin), "", $"{group.Count()}");
            if (told.Count > 0)
            {
                var errors = told.Select(row => Math.Abs(row.Estimate!.Value - row.Truth)).ToList();
                var (factor, unit) = Unit(group.First().What);
                results.Add("  error, p50", Clock.Rank(errors, 50) * factor, unit);
                results.Add("  error, worst", errors.Max() * factor, unit);
            }
            foreach (var row in group.Where(row => !row.IsWithin))
            {
                var (factor, unit) = Unit(row.What);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"    outside, link of {row.Ways}: {row.Truth * factor:0.###} {unit}, estimated {(row.Estimate is { } estimate ? $"{estimate * factor:0.###} {unit}" : "nothing")} ({row.Samples} samples)"));
            }
        }
    }

    private static string Line(IGrouping<(string What, Asker Asker), AccuracyRow> group)
    {
        var (factor, unit) = Unit(group.Key.What);
        var errors = group.Where(row => row.Estimate is not null).Select(row => Math.Abs(row.Estimate!.Value - row.Truth) * factor).ToList();
        return string.Create(CultureInfo.InvariantCulture,
            $"| `{group.Key.What}` | {Name(group.Key.Asker)} | {group.Count(row => row.IsWithin)} of {group.Count()} | {(errors.Count == 0 ? "-" : $"{Clock.Rank(errors, 50):0.###} {unit}")} | {(errors.Count == 0 ? "-" : $"{errors.Max():0.###} {unit}")} |\n");
    }

    private static string Name(Asker asker) => asker switch
    {
        Asker.Icmp => "icmp",
        Asker.Stamp => "stamp",
        Asker.Tcp => "tcp",
        Asker.Dns => "dns",
        Asker.Http => "http",
        Asker.Train => "train",
        Asker.Ping => "ping (iputils)",
        Asker.Iperf => "iperf3 (flooding for 3 s)",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static (double Factor, string Unit) Unit(string what) => what switch
    {
        "loss" => (100, "%"),
        "bandwidth" or "bandwidth.up" => (1e-6, "Mbit/s"),
        _ => (1000, "ms"),
    };
}
