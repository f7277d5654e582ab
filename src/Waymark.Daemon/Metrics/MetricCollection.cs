using System.Diagnostics.Metrics;
using System.Text;
using Waymark.Exchange.Otlp;

namespace Waymark.Daemon.Metrics;

/// <summary>Listens to instruments and gives what they have measured since, as Prometheus' text or as OpenTelemetry's message. Any thread may ask; one at a time is answered.</summary>
internal sealed class MetricCollection : IDisposable
{
    private readonly Lock gate = new();
    private readonly MeterListener listener = new();
    private readonly SortedDictionary<string, MetricSeries> series = new(StringComparer.Ordinal);
    private readonly TimeProvider time;
    private readonly DateTimeOffset start;

    /// <summary>Listens from now on.</summary>
    /// <param name="meters">Whose instruments; no two of them have one of the same name.</param>
    /// <param name="time">The clock.</param>
    public MetricCollection(IReadOnlyCollection<Meter> meters, TimeProvider time)
    {
        (this.time, start) = (time, time.GetUtcNow());
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (meters.Contains(instrument.Meter))
            {
                var one = new MetricSeries(instrument);
                lock (gate)
                {
                    series.Add(one.Name, one);
                }
                listening.EnableMeasurementEvents(instrument, one);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, value, attributes, state) => Take((MetricSeries)state!, value, attributes));
        listener.SetMeasurementEventCallback<long>((_, value, attributes, state) => Take((MetricSeries)state!, value, attributes));
        listener.Start();
    }

    /// <summary>All instruments, as Prometheus calls and takes them.</summary>
    public IReadOnlyList<(string Name, string Type)> All
    {
        get
        {
            lock (gate)
            {
                return [.. series.Values.Select(one => (one.Name, one.Type))];
            }
        }
    }

    /// <summary>What was measured so far, and how things stand now.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        Collect(one => one.Write(text));
        return text.ToString();
    }

    /// <summary>The same for OpenTelemetry.</summary>
    public ExportRequest Export()
    {
        var (scope, now) = (new ScopeMetrics { Scope = new() { Name = "waymark", Version = DaemonVersion.Text } }, time.GetUtcNow());
        Collect(one => scope.Metrics.AddRange(one.Export(start, now)));
        var resource = new Resource { Attributes = { Text("service.name", "waymarkd"), Text("service.version", DaemonVersion.Text), Text("host.name", Environment.MachineName) } };
        return new() { ResourceMetrics = { new ResourceMetrics { Resource = resource, ScopeMetrics = { scope } } } };

        static Exchange.Otlp.Attribute Text(string key, string value) => new() { Key = key, Value = new() { StringValue = value } };
    }

    private void Collect(Action<MetricSeries> take)
    {
        lock (gate)
        {
            foreach (var one in series.Values)
            {
                one.Renew();
            }
            listener.RecordObservableInstruments();
            foreach (var one in series.Values)
            {
                take(one);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => listener.Dispose();

    private void Take(MetricSeries one, double value, ReadOnlySpan<KeyValuePair<string, object?>> attributes)
    {
        // Observable instruments are asked by a thread that holds it already: a Lock may be entered again.
        lock (gate)
        {
            one.Take(value, attributes);
        }
    }
}
