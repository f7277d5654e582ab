using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Waymark.Exchange.Otlp;

namespace Waymark.Daemon.Metrics;

/// <summary>All that one instrument has measured, by its attributes. Of one thread at a time.</summary>
internal sealed class MetricSeries
{
    private readonly SortedDictionary<string, Point> points = new(StringComparer.Ordinal);
    private readonly Instrument instrument;
    private readonly IReadOnlyList<double>? bounds;
    private readonly bool isCounter;

    /// <summary>Nothing measured yet.</summary>
    /// <param name="instrument">The instrument.</param>
    public MetricSeries(Instrument instrument)
    {
        this.instrument = instrument;
        isCounter = instrument is Counter<long> or ObservableCounter<long>;
        bounds = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries;
        Name = PrometheusNames.Of(instrument, isCounter);
    }

    /// <summary>What Prometheus calls it.</summary>
    public string Name { get; }

    /// <summary>What Prometheus takes it for.</summary>
    public string Type => isCounter ? "counter" : bounds is not null ? "histogram" : "gauge";

    /// <summary>Forgets what an instrument that is asked said before: a path that is gone has no value any more.</summary>
    public void Renew()
    {
        if (instrument.IsObservable)
        {
            points.Clear();
        }
    }

    /// <summary>Takes a measurement in.</summary>
    public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> attributes)
    {
        var labels = Labels(attributes);
        if (!points.TryGetValue(labels, out var point))
        {
            points.Add(labels, point = new(bounds?.Count ?? 0, [.. attributes.ToArray().Select(one => new Exchange.Otlp.Attribute { Key = one.Key, Value = ValueOf(one.Value) })]));
        }
        point.Value = instrument.IsObservable ? value : point.Value + value;
        point.Count++;
        for (var i = 0; i < point.Buckets.Length; i++)
        {
            point.Buckets[i] += value <= bounds![i] ? 1 : 0;
        }
    }

    /// <summary>Writes it in Prometheus' text format, version 0.0.4; nothing where nothing was measured.</summary>
    public void Write(StringBuilder text)
    {
        if (points.Count == 0)
        {
            return;
        }
        text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {Escape(instrument.Description ?? "", isLabel: false)}\n# TYPE {Name} {Type}\n");
        foreach (var (labels, point) in points)
        {
            if (bounds is null)
            {
                Line("", labels, "", point.Value);
                continue;
            }
            for (var i = 0; i < bounds.Count; i++)
            {
                Line("_bucket", labels, Number(bounds[i]), point.Buckets[i]);
            }
            Line("_bucket", labels, "+Inf", point.Count);
            Line("_sum", labels, "", point.Value);
            Line("_count", labels, "", point.Count);
        }

        void Line(string suffix, string labels, string bound, double value)
        {
            var all = bound.Length == 0 ? labels : labels.Length == 0 ? $"le=\"{bound}\"" : $"{labels},le=\"{bound}\"";
            text.Append(Name).Append(suffix);
            if (all.Length > 0)
            {
                text.Append('{').Append(all).Append('}');
            }
            text.Append(' ').Append(Number(value)).Append('\n');
        }
    }

    /// <summary>As OpenTelemetry has it; none where nothing was measured.</summary>
    /// <param name="start">Since when what is counted has been counted.</param>
    /// <param name="now">The present.</param>
    public IEnumerable<Metric> Export(DateTimeOffset start, DateTimeOffset now)
    {
        if (points.Count == 0)
        {
            yield break;
        }
        var (from, at) = (Nanoseconds(start), Nanoseconds(now));
        var metric = new Metric { Name = instrument.Name, Description = instrument.Description ?? "", Unit = instrument.Unit ?? "" };
        if (bounds is not null)
        {
            metric.Histogram = new() { Temporality = Temporality.Cumulative, Points = { points.Values.Select(point => point.ToHistogram(bounds, from, at)) } };
        }
        else if (isCounter)
        {
            metric.Sum = new() { Temporality = Temporality.Cumulative, IsMonotonic = true, Points = { points.Values.Select(point => point.ToNumber(isWhole: true, from, at)) } };
        }
        else if (instrument is ObservableUpDownCounter<long>)
        {
            // Prometheus has no such type: what may be added up over nodes, and goes down as well.
            metric.Sum = new() { Temporality = Temporality.Cumulative, Points = { points.Values.Select(point => point.ToNumber(isWhole: true, from, at)) } };
        }
        else
        {
            metric.Gauge = new() { Points = { points.Values.Select(point => point.ToNumber(instrument is ObservableGauge<long>, 0, at)) } };
        }
        yield return metric;
    }

    private static Value ValueOf(object? value) => value switch
    {
        bool truth => new() { BoolValue = truth },
        int or long => new() { IntValue = Convert.ToInt64(value, CultureInfo.InvariantCulture) },
        double number => new() { DoubleValue = number },
        _ => new() { StringValue = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "" },
    };

    private static ulong Nanoseconds(DateTimeOffset at) => (ulong)(at - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> attributes)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in attributes)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(PrometheusNames.Plain(name)).Append("=\"").Append(Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", isLabel: true)).Append('"');
        }
        return text.ToString();
    }

    private static string Escape(string text, bool isLabel)
    {
        text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return isLabel ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
    }

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private sealed class Point(int buckets, IReadOnlyList<Exchange.Otlp.Attribute> attributes)
    {
        public double Value { get; set; }

        public long Count { get; set; }

        /// <summary>How many were at most the bound of that place.</summary>
        public long[] Buckets { get; } = new long[buckets];

        public NumberPoint ToNumber(bool isWhole, ulong start, ulong time)
        {
            var point = new NumberPoint { Start = start, Time = time, Attributes = { attributes } };
            if (isWhole)
            {
                point.AsInt = (long)Value;
            }
            else
            {
                point.AsDouble = Value;
            }
            return point;
        }

        public HistogramPoint ToHistogram(IReadOnlyList<double> bounds, ulong start, ulong time) => new()
        {
            Start = start,
            Time = time,
            Count = (ulong)Count,
            Sum = Value,
            // Each without those below it.
            BucketCounts = { Buckets.Append(Count).Zip(Buckets.Prepend(0), (upTo, below) => (ulong)(upTo - below)) },
            ExplicitBounds = { bounds },
            Attributes = { attributes },
        };
    }
}
