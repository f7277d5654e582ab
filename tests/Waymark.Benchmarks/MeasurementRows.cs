using System.Globalization;
using System.Text;
using Waymark.Benchmarks.Measurements;

namespace Waymark.Benchmarks;

/// <summary>
/// Recorded networks replayed through our detection and through models of others', with their documented defaults and with the best settings found for each. Ours was made, and
/// settings are chosen, by the days of May; what they do on those of August, and where only throughput was recorded, is shown beside. Fills the tables of docs/measurements.md.
/// </summary>
internal static class MeasurementRows
{
    /// <summary>What still counts as the same cost.</summary>
    private const double SameCost = 1.1;

    /// <summary>Our settings that those of others are held against: 'down after' 1 to so many.</summary>
    private const int MostDownAfter = 16;

    private const int MostShown = 6;


    private static readonly Criterion[] Criteria = [new(2, 1), new(1, 0.5), new(5, 2)];

    public static void Add(Results results)
    {
        var (may, august, april) = (TraceReading.Pings("05"), TraceReading.Pings("08"), TraceReading.Throughputs());
        var models = new (string Name, Detector Default, Detector[] Grid)[]
        {
            ("mwan3", MwanModel.Default, [.. MwanModel.Grid()]),
            ("dpinger", DpingerModel.Default, [.. DpingerModel.Grid()]),
            ("BFD", BfdModel.Default, [.. BfdModel.Grid()]),
        };
        var watched = models.Select(model => model.Grid.AsParallel().AsOrdered().Select(one => (Detector: one, Watched: Score.Watch(one, may))).ToArray()).ToArray();
        var own = Enumerable.Range(1, MostDownAfter).Select(downAfter => WaymarkReplay.Of(1, downAfter, 5)).Select(one => (Detector: one, Watched: Score.Watch(one, may))).ToList();
        var text = new StringBuilder();
        foreach (var criterion in Criteria)
        {
            var ours = own.ConvertAll(one => Score.Of(one.Detector.Name, one.Watched, criterion));
            var rows = new List<Detector> { own[1].Detector, own[2].Detector, own[3].Detector };
            var (comparable, unbeaten) = (0, new List<Score>());
            for (var i = 0; i < models.Length; i++)
            {
                var scores = watched[i].Select(one => (one.Detector, Score: Score.Of(one.Detector.Name, one.Watched, criterion))).ToList();
                rows.Add(models[i].Default);
                rows.AddRange(Best(scores, ours[2]));
                var affordable = scores.Where(one => one.Score.ProbesPerMinute <= ours[2].ProbesPerMinute * SameCost && double.IsFinite(one.Score.Median)).ToList();
                comparable += affordable.Count;
                unbeaten.AddRange(affordable.Select(one => one.Score).Where(one => !ours.Exists(my => my.WrongPerHour <= one.WrongPerHour && my.Median <= one.Median)));
            }
            rows = [.. rows.DistinctBy(row => row.Name)];
            Table(text, "May, three mobile operators, by which settings were chosen", may, rows, criterion);
            text.Append(CultureInfo.InvariantCulture, $"\nOf the {comparable} settings of the models that cost no more than {SameCost:0.0} times as many probes and see at least half of these outages, "
                + $"{comparable - unbeaten.Count} have one of ours ('every 1 s', 'down after' 1 to {MostDownAfter}) with no more false alarms and no later median, and {unbeaten.Count} have none{(unbeaten.Count == 0 ? "." : unbeaten.Count <= MostShown ? ":" : $", among them:")}\n\n");
            foreach (var one in unbeaten.OrderBy(one => one.WrongPerHour).Take(MostShown))
            {
                text.Append(CultureInfo.InvariantCulture, $"* {one.Name}: {one.WrongPerHour:0.00} an hour, {Seconds(one.Median)}\n");
            }
            Table(text, "August, the same operators on days that nothing was chosen by", august, rows, criterion);
            if (criterion == Criteria[0])
            {
                Table(text, "April, satellite and mobile, by throughput each second", april, rows, criterion);
            }
            var mine = Score.Of(own[2].Detector, august, criterion);
            results.Section(string.Create(CultureInfo.InvariantCulture, $"Detection, August, outages of {criterion.LeastOutage} s and more"));
            results.Add("wrong 'down's per path-hour", mine.WrongPerHour, "");
            results.Add("time from the first lost probe, p50", mine.Median, "s");
            results.Add("missed", mine.Missed * 100, "%");
            results.Add("probes", mine.ProbesPerMinute, "/min");
        }
        Console.Write(text);
        DocumentedTable.Fill("measurements", text.ToString());
    }

    private static void Table(StringBuilder text, string title, IReadOnlyList<Trace> traces, IEnumerable<Detector> rows, Criterion criterion)
    {
        var hours = traces.Sum(trace => trace.Length) / 3600;
        text.Append(CultureInfo.InvariantCulture, $"\n**{title}**: {hours:0.0} path-hours, {traces.Sum(trace => trace.Outages(criterion.LeastOutage).Count())} outages of {criterion.LeastOutage} s and more; "
            + $"a 'down' is wrong where the path answers within {criterion.Soon} s\n\n");
        text.Append("| detector | wrong an hour | p50 | p90 | missed | held down wrongly, s an hour | probes a minute |\n|---|--:|--:|--:|--:|--:|--:|\n");
        foreach (var score in rows.AsParallel().AsOrdered().Select(row => Score.Of(row, traces, criterion)))
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {score.Name} | {score.WrongPerHour:0.00} | {Seconds(score.Median)} | {Seconds(score.Tail)} | {score.Missed * 100:0} % | {score.HeldPerHour:0.0} | {score.ProbesPerMinute:0} |\n");
        }
    }

    private static string Seconds(double seconds) => double.IsFinite(seconds) ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.00} s") : "never";

    /// <summary>At our cost: the earliest of those with no more false alarms than ours, and the one with the fewest of those no later. At any cost: the cheapest that is both.</summary>
    private static IEnumerable<Detector> Best(List<(Detector Detector, Score Score)> scores, Score ours)
    {
        var affordable = scores.Where(one => one.Score.ProbesPerMinute <= ours.ProbesPerMinute * SameCost).ToList();
        yield return affordable.OrderBy(one => Math.Max(one.Score.WrongPerHour, ours.WrongPerHour)).ThenBy(one => one.Score.Median).ThenBy(one => one.Score.Missed).First().Detector;
        yield return affordable.OrderBy(one => Math.Max(one.Score.Median, ours.Median)).ThenBy(one => one.Score.WrongPerHour).First().Detector;
        var asGood = scores.Where(one => one.Score.WrongPerHour <= ours.WrongPerHour && one.Score.Median <= ours.Median).OrderBy(one => one.Score.ProbesPerMinute).ToList();
        if (asGood.Count > 0)
        {
            yield return asGood[0].Detector;
        }
    }
}
