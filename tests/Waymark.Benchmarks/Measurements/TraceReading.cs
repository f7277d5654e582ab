using System.Globalization;
using System.IO.Compression;

namespace Waymark.Benchmarks.Measurements;

/// <summary>Reads the recorded networks under <c>WAYMARK_DATA</c>, whichever days are there.</summary>
internal static class TraceReading
{
    /// <summary>What an answered probe takes where only throughput was recorded, seconds: about what such networks take.</summary>
    private const double AssumedRoundTrip = 0.06;

    /// <summary>
    /// Round trips every 200 ms of the operators of a day. Each was measured for 30 s every five minutes; the runs are strung together, else detectors that look back for a
    /// minute could not be compared. The last probe of a run is left out: the program ended before most of their answers could come.
    /// </summary>
    public static List<Trace> Pings(string month)
    {
        var traces = new List<Trace>();
        foreach (var file in Files("us-drive-3op-ping", $"ping_*-{month}-*.csv.gz"))
        {
            var operators = Rows(file)
                .Select(row => (Operator: row[1], Run: long.Parse(row[2], CultureInfo.InvariantCulture), Number: int.Parse(row[3], CultureInfo.InvariantCulture), Time: Number(row[4]) / 1000))
                .GroupBy(row => row.Operator, StringComparer.Ordinal);
            foreach (var one in operators)
            {
                var samples = one.GroupBy(row => row.Run).OrderBy(run => run.Key).SelectMany(run => run.OrderBy(row => row.Number).SkipLast(1).Select(row => row.Time));
                traces.Add(new($"{one.Key} {Day(file)}", 0.2, IsNearest: true, [.. samples]));
            }
        }
        return traces;
    }

    /// <summary>Throughput every second of the networks of a day: a second without a byte is a second without an answer. What follows a gap is strung to what was before it.</summary>
    public static List<Trace> Throughputs()
    {
        var traces = new List<Trace>();
        foreach (var file in Files("us-drive-starlink-cellular", "*-dl_*.csv.gz"))
        {
            var header = Rows(file, header: true).First();
            var rows = Rows(file).ToList();
            for (var column = 0; column < header.Length; column++)
            {
                if (header[column].EndsWith("_mbps", StringComparison.Ordinal))
                {
                    var at = column;
                    var samples = rows.Where(row => row[at].Length > 0).Select(row => Number(row[at]) > 0 ? AssumedRoundTrip : (double?)null).ToArray();
                    if (samples.Length >= 60)
                    {
                        traces.Add(new($"{header[column][..^5]} {Day(file)}", 1, IsNearest: false, samples));
                    }
                }
            }
        }
        return traces;
    }

    private static IEnumerable<string> Files(string folder, string pattern)
    {
        var data = Environment.GetEnvironmentVariable("WAYMARK_DATA") ?? throw new InvalidOperationException("WAYMARK_DATA does not say where the recorded networks are.");
        return System.IO.Directory.GetFiles(System.IO.Path.Combine(data, "paths", folder), pattern).Order(StringComparer.Ordinal);
    }

    private static string Day(string file) => System.IO.Path.GetFileName(file)[..^".csv.gz".Length];

    private static double? Number(string text) => text.Length == 0 ? null : double.Parse(text, CultureInfo.InvariantCulture);

    private static IEnumerable<string[]> Rows(string file, bool header = false)
    {
        using var reader = new System.IO.StreamReader(new GZipStream(System.IO.File.OpenRead(file), CompressionMode.Decompress));
        for (var isFirst = true; reader.ReadLine() is { } line; isFirst = false)
        {
            if (header == isFirst)
            {
                yield return line.Split(',');
            }
        }
    }
}
