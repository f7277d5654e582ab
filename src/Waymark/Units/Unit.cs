using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Waymark.Units;

/// <summary>A unit of the language: a word and how many base units of its dimension it is worth.</summary>
/// <param name="Word">As written, case included.</param>
/// <param name="Dimension">What it measures.</param>
/// <param name="Factor">Base units in one of it.</param>
public sealed record Unit(string Word, Dimension Dimension, decimal Factor)
{
    /// <summary>Every unit, largest first within a dimension.</summary>
    public static IReadOnlyList<Unit> All { get; } =
    [
        new("d", Dimension.Duration, 86_400), new("h", Dimension.Duration, 3_600), new("min", Dimension.Duration, 60), new("s", Dimension.Duration, 1),
        new("ms", Dimension.Duration, 0.001m), new("us", Dimension.Duration, 0.000_001m), new("ns", Dimension.Duration, 0.000_000_001m),
        new("Gbit/s", Dimension.BitRate, 1_000_000_000), new("Mbit/s", Dimension.BitRate, 1_000_000), new("kbit/s", Dimension.BitRate, 1_000), new("bit/s", Dimension.BitRate, 1),
        new("TB", Dimension.Volume, 1_000_000_000_000), new("GiB", Dimension.Volume, 1L << 30), new("GB", Dimension.Volume, 1_000_000_000),
        new("MiB", Dimension.Volume, 1 << 20), new("MB", Dimension.Volume, 1_000_000), new("KiB", Dimension.Volume, 1 << 10), new("kB", Dimension.Volume, 1_000), new("B", Dimension.Volume, 1),
        new("%", Dimension.Ratio, 0.01m),
        new("/GB", Dimension.Price, 1),
        new("dBm", Dimension.Signal, 1),
    ];

    private static readonly FrozenDictionary<string, Unit> ByWord = All.ToFrozenDictionary(unit => unit.Word, StringComparer.Ordinal);

    /// <summary>The unit of that word.</summary>
    public static bool TryFind(string word, [NotNullWhen(true)] out Unit? unit) => ByWord.TryGetValue(word, out unit);

    /// <summary>What a number without a unit is taken for (the language's table of characteristics); null where the dimension has no unit.</summary>
    public static Unit? Default(Dimension dimension) => dimension switch
    {
        Dimension.Duration => ByWord["ms"],
        Dimension.BitRate => ByWord["bit/s"],
        Dimension.Ratio => ByWord["%"],
        Dimension.Price => ByWord["/GB"],
        Dimension.Volume => ByWord["B"],
        Dimension.Signal => ByWord["dBm"],
        Dimension.Number => null,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>
    /// The canonical text of a quantity: in the largest unit of which there is at least one and that needs no more than three decimals (minutes, hours and days: none; kilobytes: none, for an MTU is said in bytes).
    /// Binary multiples are only read. Reading the text again gives the same quantity.
    /// </summary>
    public static string Print(Quantity quantity)
    {
        Unit? smallest = null;
        foreach (var unit in All)
        {
            if (unit.Dimension != quantity.Dimension || unit.Word.Contains("iB", StringComparison.Ordinal))
            {
                continue;
            }
            smallest = unit;
            var count = quantity.Value / unit.Factor;
            var decimals = (unit.Dimension == Dimension.Duration && unit.Factor > 1) || unit.Word == "kB" ? 0 : 3;
            if (Math.Abs(count) >= 1 && decimal.Round(count, decimals) == count)
            {
                return Text(count, unit);
            }
        }
        return smallest is null
            ? Number(quantity.Value)
            : quantity.Value == 0 ? Text(0, Default(quantity.Dimension)!) : Text(quantity.Value / smallest.Factor, smallest);
    }

    /// <summary>The canonical text of a duration, for example <c>10 s</c>.</summary>
    public static string Print(TimeSpan duration) => Print(new Quantity(duration.Ticks / (decimal)TimeSpan.TicksPerSecond, Dimension.Duration));

    private static string Text(decimal count, Unit unit) => $"{Number(count)} {unit.Word}";

    private static string Number(decimal value) => value.ToString("0.############################", CultureInfo.InvariantCulture);
}
