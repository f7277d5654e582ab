using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Waymark.Units;

namespace Waymark.Paths;

/// <summary>
/// A characteristic that policies may speak of: the language's table. Another dotted word is a number that some other program provides
/// (<see cref="TryFind"/> makes one up for it, of dimension <see cref="Dimension.Number"/>).
/// </summary>
/// <param name="Name">The word of the language, for example <c>rtt.p95</c>.</param>
/// <param name="Kind">What values it has.</param>
/// <param name="Dimension">Of a numeric one; <see cref="Dimension.Number"/> for the others.</param>
public sealed record Characteristic(string Name, CharacteristicKind Kind, Dimension Dimension = Dimension.Number)
{
    /// <summary>The words that <c>medium</c> can be.</summary>
    public static IReadOnlyList<string> Media { get; } = ["ethernet", "wifi", "cellular", "satellite", "tunnel", "other"];

    /// <summary>Every characteristic of the table but the percentiles, in the table's order.</summary>
    public static IReadOnlyList<Characteristic> All { get; } =
    [
        new("up", CharacteristicKind.Flag),
        new("degraded", CharacteristicKind.Flag),
        new("delay", CharacteristicKind.Numeric, Dimension.Duration),
        new("rtt", CharacteristicKind.Numeric, Dimension.Duration),
        new("jitter", CharacteristicKind.Numeric, Dimension.Duration),
        new("loss", CharacteristicKind.Numeric, Dimension.Ratio),
        new("loss.up", CharacteristicKind.Numeric, Dimension.Ratio),
        new("loss.down", CharacteristicKind.Numeric, Dimension.Ratio),
        new("bandwidth", CharacteristicKind.Numeric, Dimension.BitRate),
        new("bandwidth.up", CharacteristicKind.Numeric, Dimension.BitRate),
        new("available", CharacteristicKind.Numeric, Dimension.BitRate),
        new("available.up", CharacteristicKind.Numeric, Dimension.BitRate),
        new("utilization", CharacteristicKind.Numeric, Dimension.Ratio),
        new("cost", CharacteristicKind.Numeric, Dimension.Price),
        new("quota", CharacteristicKind.Numeric, Dimension.Volume),
        new("mtu", CharacteristicKind.Numeric, Dimension.Volume),
        new("signal", CharacteristicKind.Numeric, Dimension.Signal),
        new("mos", CharacteristicKind.Numeric),
        new("medium", CharacteristicKind.Name),
        new("metered", CharacteristicKind.Flag),
        new("movable", CharacteristicKind.Flag),
        new("encrypted", CharacteristicKind.Flag),
        new("estimated", CharacteristicKind.Flag),
    ];

    private static readonly FrozenDictionary<string, Characteristic> ByName = All.ToFrozenDictionary(one => one.Name, StringComparer.Ordinal);

    /// <summary>Whether another program provides it: then its values have the unit that it gives them, and a limit any.</summary>
    public bool IsOpen => Kind == CharacteristicKind.Numeric && Dimension == Dimension.Number && Name.Contains('.', StringComparison.Ordinal);

    /// <summary>The characteristic of that name: of the table, a percentile (<c>rtt.p1</c> to <c>delay.p99</c>), or any other dotted word.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out Characteristic? characteristic)
    {
        if (!ByName.TryGetValue(name, out characteristic) && name.Contains('.', StringComparison.Ordinal))
        {
            characteristic = new(name, CharacteristicKind.Numeric, IsPercentile(name) ? Dimension.Duration : Dimension.Number);
        }
        return characteristic is not null;
    }

    private static bool IsPercentile(string name)
    {
        var dot = name.IndexOf(".p", StringComparison.Ordinal);
        return dot > 0 && (name[..dot] is "rtt" or "delay") && byte.TryParse(name.AsSpan(dot + 2), out var rank) && rank is >= 1 and <= 99;
    }
}
