namespace Waymark.Nodes;

/// <summary>Where metrics are pushed by OpenTelemetry's protocol (OTLP over HTTP).</summary>
/// <param name="Url">An absolute <c>http</c> or <c>https</c> URL, with its path: usually <c>/v1/metrics</c>.</param>
/// <param name="Every">Time between two pushes, at least <see cref="LeastEvery"/>.</param>
public sealed record MetricsPush(string Url, TimeSpan Every)
{
    /// <summary>More often no receiver wants them.</summary>
    public static TimeSpan LeastEvery { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Where nothing else is said: OpenTelemetry's own default (OTEL_METRIC_EXPORT_INTERVAL).</summary>
    public static TimeSpan UsualEvery { get; } = TimeSpan.FromSeconds(60);
}
