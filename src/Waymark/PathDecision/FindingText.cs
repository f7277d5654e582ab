using System.Globalization;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Units;

namespace Waymark.PathDecision;

/// <summary>Reasons in words; short, without a full stop.</summary>
public static class FindingText
{
    /// <summary>What was wanted beside what was measured: <c>delay 93 ms, wanted &lt; 80 ms</c>.</summary>
    public static string Of(Finding finding)
    {
        var value = finding.Measured is { } measured ? Value(finding.Characteristic, measured.Value) : "not measured";
        var name = finding.Characteristic.StartsWith(PathCharacteristics.LabelPrefix, StringComparison.Ordinal)
            ? $"label \"{finding.Characteristic[PathCharacteristics.LabelPrefix.Length..]}\""
            : finding.Characteristic;
        return finding.Wanted switch
        {
            // It says itself who was asked.
            null when PathCharacteristics.IsProbeFinding(finding.Characteristic) => value,
            null => $"{name} {value}",
            Predicate.Compare compare => $"{name} {value}, wanted {PolicyPrinter.Print(compare)[(compare.Characteristic.Length + 1)..]}",
            var wanted => $"{name} {value}, wanted {PolicyPrinter.Print(wanted)}",
        };
    }

    /// <summary>A value in its unit, rounded to what people read.</summary>
    public static string Value(string characteristic, CharacteristicValue value)
    {
        if (value.Kind != CharacteristicKind.Numeric)
        {
            return value.ToString();
        }
        if (double.IsInfinity(value.Number))
        {
            return "unlimited";
        }
        var dimension = Characteristic.TryFind(characteristic, out var known) ? known.Dimension : Dimension.Number;
        if (Unit.Default(dimension) is null)
        {
            // What other programs name may be of any size.
            return value.Number.ToString(Math.Abs(value.Number) < 1 ? "0.####" : "0.##", CultureInfo.InvariantCulture);
        }
        var (number, word) = dimension switch
        {
            Dimension.Duration => value.Number >= 10 ? (value.Number, "s") : (value.Number * 1000, "ms"),
            Dimension.Ratio => (value.Number * 100, "%"),
            Dimension.BitRate => Scale(value.Number, "bit/s"),
            // Packets are not rounded.
            Dimension.Volume => characteristic == "mtu" ? (value.Number, "B") : Scale(value.Number, "B"),
            Dimension.Price => (value.Number, "/GB"),
            Dimension.Signal => (value.Number, "dBm"),
            _ => (value.Number, ""),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{(Math.Abs(number) >= 100 ? Math.Round(number) : Math.Round(number, Math.Abs(number) >= 10 ? 1 : 2))} {word}");
    }

    /// <summary>How a candidate fared, as the rest of a sentence about it.</summary>
    public static string Verdict(CandidateVerdict verdict) => verdict switch
    {
        CandidateVerdict.Chosen => "chosen",
        CandidateVerdict.NotPreferred => "another is preferred",
        CandidateVerdict.KeptOther => "no better than the one in use by more than the tolerance",
        CandidateVerdict.HeldDown => "held down, it has been flapping",
        CandidateVerdict.Violates => "does not satisfy",
        CandidateVerdict.Unknown => "not measured yet",
        CandidateVerdict.Down => "down",
        CandidateVerdict.NoFamily => "no address or route of this family",
        CandidateVerdict.OutOfScope => "its protocol cannot carry these flows",
        CandidateVerdict.Disabled => "disabled by the administrator",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static (double, string) Scale(double value, string unit) => Math.Abs(value) switch
    {
        >= 1e12 => (value / 1e12, "T" + unit),
        >= 1e9 => (value / 1e9, "G" + unit),
        >= 1e6 => (value / 1e6, "M" + unit),
        >= 1e3 => (value / 1e3, "k" + unit),
        _ => (value, unit),
    };
}
