using System.Diagnostics.Metrics;

namespace Waymark.Daemon.Metrics;

/// <summary>
/// What Prometheus calls an instrument: dots become underscores, the unit a word at the end, counters end in <c>_total</c>, shares in <c>_ratio</c>. The rules are those of the
/// OpenTelemetry specification ("Prometheus and OpenMetrics Compatibility"), so that a metric has one name whichever way it comes.
/// </summary>
internal static class PrometheusNames
{
    /// <summary>The name of a metric.</summary>
    /// <param name="instrument">The instrument.</param>
    /// <param name="isCounter">Whether it only grows.</param>
    public static string Of(Instrument instrument, bool isCounter)
    {
        var name = Plain(instrument.Name);
        var unit = instrument.Unit == "1" ? (isCounter ? "" : "ratio") : Unit(instrument.Unit ?? "");
        name = unit.Length == 0 || name.EndsWith("_" + unit, StringComparison.Ordinal) ? name : $"{name}_{unit}";
        return isCounter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    /// <summary>The name of a label, or of a metric without its unit.</summary>
    public static string Plain(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    /// <summary>A unit of UCUM in words; what stands in braces is an annotation and no unit.</summary>
    private static string Unit(string ucum)
    {
        var slash = ucum.IndexOf('/', StringComparison.Ordinal);
        var (of, per) = slash < 0 ? (ucum, "") : (ucum[..slash], ucum[(slash + 1)..]);
        of = of.StartsWith('{') ? "" : of switch { "s" => "seconds", "By" => "bytes", _ => Plain(of) };
        per = per switch { "" => "", "s" => "per_second", "GBy" => "per_gigabyte", _ => "per_" + Plain(per) };
        return of.Length > 0 && per.Length > 0 ? $"{of}_{per}" : of + per;
    }
}
