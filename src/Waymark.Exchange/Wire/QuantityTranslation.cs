using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Waymark.Policies;
using Waymark.Units;

namespace Waymark.Exchange.Wire;

/// <summary>Quantities, comparisons and time spans on the wire. Exact both ways: a decimal stays the same decimal, a time span the same 100 ns ticks.</summary>
internal static class QuantityTranslation
{
    private const string Units = "UNIT_MILLISECOND, UNIT_PERCENT, UNIT_MEGABIT_PER_SECOND ...";

    /// <summary>Each unit with its dimension and what one of it is in the dimension's base unit; within a dimension the largest first.</summary>
    private static readonly (V1.Unit Unit, Dimension Dimension, decimal Factor)[] Table =
    [
        (V1.Unit.Unspecified, Dimension.Number, 1),
        (V1.Unit.Day, Dimension.Duration, 86_400),
        (V1.Unit.Hour, Dimension.Duration, 3_600),
        (V1.Unit.Minute, Dimension.Duration, 60),
        (V1.Unit.Second, Dimension.Duration, 1),
        (V1.Unit.Millisecond, Dimension.Duration, 0.001m),
        (V1.Unit.Microsecond, Dimension.Duration, 0.000_001m),
        (V1.Unit.Nanosecond, Dimension.Duration, 0.000_000_001m),
        (V1.Unit.GigabitPerSecond, Dimension.BitRate, 1_000_000_000),
        (V1.Unit.MegabitPerSecond, Dimension.BitRate, 1_000_000),
        (V1.Unit.KilobitPerSecond, Dimension.BitRate, 1_000),
        (V1.Unit.BitPerSecond, Dimension.BitRate, 1),
        (V1.Unit.Percent, Dimension.Ratio, 0.01m),
        (V1.Unit.PerGigabyte, Dimension.Price, 1),
        (V1.Unit.Terabyte, Dimension.Volume, 1_000_000_000_000),
        (V1.Unit.Gibibyte, Dimension.Volume, 1 << 30),
        (V1.Unit.Gigabyte, Dimension.Volume, 1_000_000_000),
        (V1.Unit.Mebibyte, Dimension.Volume, 1 << 20),
        (V1.Unit.Megabyte, Dimension.Volume, 1_000_000),
        (V1.Unit.Kibibyte, Dimension.Volume, 1 << 10),
        (V1.Unit.Kilobyte, Dimension.Volume, 1_000),
        (V1.Unit.Byte, Dimension.Volume, 1),
        (V1.Unit.Dbm, Dimension.Signal, 1),
    ];

    /// <summary>In the largest unit of which the value is a whole multiple, else in the base unit; a share always in per cent.</summary>
    internal static V1.Quantity ToWire(Quantity core)
    {
        var fits = Table.Where(row => row.Dimension == core.Dimension && core.Value != 0 && core.Value % row.Factor == 0);
        var (unit, _, factor) = fits.Concat(Table.Where(row => row.Dimension == core.Dimension && row.Factor == 1)).Concat(Table.Where(row => row.Dimension == core.Dimension)).First();
        return new() { Value = Decimal(core.Value / factor), Unit = unit };
    }

    /// <summary>The quantity, in its base unit.</summary>
    internal static Quantity ToCore(this WireReading reading, V1.Quantity wire)
    {
        var row = Array.Find(Table, row => row.Unit == wire.Unit);
        if (row.Factor == 0)
        {
            reading.Refuse(WireReading.OutOfRange, $"the unit {(int)wire.Unit} is not known", $"give one of {Units}");
            return default;
        }
        const NumberStyles Plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (wire.Value.Length is 0 or > 64 || !decimal.TryParse(wire.Value, Plain, CultureInfo.InvariantCulture, out var value) || !IsPlain(wire.Value))
        {
            reading.Refuse(WireReading.BadText, $"'{Shorten(wire.Value)}' is not a decimal number", "write it as \"80\" or \"-1.5\"");
            return default;
        }
        if (!TryScale(value, row.Factor, out var scaled) || Decimal(value) != Canonical(wire.Value))
        {
            reading.Refuse(WireReading.OutOfRange, $"'{Shorten(wire.Value)}' has more digits than are kept", "round it");
            return default;
        }
        return new(scaled, row.Dimension);
    }

    /// <summary>The base unit of a dimension, for measured numbers; a share is a bare number from 0 to 1 there.</summary>
    internal static V1.Unit BaseUnit(Dimension dimension) =>
        dimension is Dimension.Number or Dimension.Ratio ? V1.Unit.Unspecified : Table.First(row => row.Dimension == dimension && row.Factor == 1).Unit;

    /// <summary>How two numbers are compared, on the wire.</summary>
    internal static V1.Comparison ToWire(Comparison core) => (V1.Comparison)(core + 1);

    /// <summary>How two numbers are compared.</summary>
    internal static Comparison ToCore(this WireReading reading, V1.Comparison wire)
    {
        if (wire is < V1.Comparison.Less or > V1.Comparison.NotEqual)
        {
            using (reading.Enter("comparison"))
            {
                reading.Refuse(WireReading.Missing, "it is not given or not known", "give one of COMPARISON_LESS, COMPARISON_GREATER ...");
            }
            return Comparison.Less;
        }
        return (Comparison)wire - 1;
    }

    /// <summary>A time span, on the wire.</summary>
    internal static Duration ToWire(TimeSpan core) => Duration.FromTimeSpan(core);

    /// <summary>A time span of whole ticks of 100 ns, not below zero.</summary>
    internal static TimeSpan ToCore(this WireReading reading, Duration wire)
    {
        var most = (long)PolicyLimits.LongestDuration.TotalSeconds;
        if (wire.Seconds < 0 || wire.Seconds > most || wire.Nanos is < 0 or > 999_999_999 || (wire.Seconds == most && wire.Nanos > 0))
        {
            reading.Refuse(WireReading.OutOfRange, string.Create(CultureInfo.InvariantCulture, $"a duration is from 0 to {most} s"));
            return default;
        }
        if (wire.Nanos % 100 != 0)
        {
            reading.Refuse(WireReading.OutOfRange, "a duration is a multiple of 100 ns", "round it");
            return default;
        }
        return TimeSpan.FromSeconds(wire.Seconds) + TimeSpan.FromTicks(wire.Nanos / 100);
    }

    /// <summary>A decimal without exponent and without trailing zeros behind the point.</summary>
    private static string Decimal(decimal value) => value.ToString("0.############################", CultureInfo.InvariantCulture);

    /// <summary>Whether multiplying lost nothing: beyond 28 digits a decimal rounds instead of overflowing.</summary>
    private static bool TryScale(decimal value, decimal factor, out decimal scaled)
    {
        scaled = 0;
        if (factor > 1 && Math.Abs(value) > decimal.MaxValue / factor)
        {
            return false;
        }
        scaled = value * factor;
        return scaled / factor == value;
    }

    private static bool IsPlain(string text) => !text.StartsWith('+') && !text.StartsWith('.') && !text.EndsWith('.') && !text.StartsWith("-.", StringComparison.Ordinal);

    private static string Canonical(string text)
    {
        var digits = text.TrimStart('-');
        if (digits.Contains('.', StringComparison.Ordinal))
        {
            digits = digits.TrimEnd('0').TrimEnd('.');
        }
        digits = digits.TrimStart('0');
        digits = digits.Length == 0 || digits[0] == '.' ? "0" + digits : digits;
        return text[0] == '-' && digits != "0" ? "-" + digits : digits;
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
