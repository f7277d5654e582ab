using System.Diagnostics.Metrics;
using System.Text;

namespace Waymark.Daemon.Metrics;

/// <summary>Listens to instruments and gives what they have measured since, as Prometheus' text. Any thread may ask; one at a time is answered.</summary>
internal sealed class MetricCollection : IDisposable
{
    private readonly Lock gate = new();
    private readonly MeterListener listener = new();
    private readonly SortedDictionary<string, MetricSeries> series = new(StringComparer.Ordinal);

    /// <summary>Listens from now on.</summary>
    /// <param name="meters">Whose instruments; no two of them have one of the same name.</param>
    public MetricCollection(params IReadOnlyCollection<Meter> meters)
    {
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
        lock (gate)
        {
            foreach (var one in series.Values)
            {
                one.Renew();
            }
            listener.RecordObservableInstruments();
            var text = new StringBuilder();
            foreach (var one in series.Values)
            {
                one.Write(text);
            }
            return text.ToString();
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
