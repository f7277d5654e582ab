using System.Globalization;
using Waymark.Policies.Language;

namespace Waymark.Lab.Links;

/// <summary>What one direction of an emulated link does to packets.</summary>
public sealed record LinkShape
{
    /// <summary>A cable: nothing.</summary>
    public static LinkShape Cable { get; } = new();

    /// <summary>Time in flight, from zero.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Each packet is later by a random time between zero and this; packets never overtake each other.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Share of packets that are lost at random, 0 to 1.</summary>
    public double Loss { get; init; }

    /// <summary>Bit/s; 0: no limit. What does not fit into <see cref="Queue"/> is dropped.</summary>
    public long Rate { get; init; }

    /// <summary>How much waits in front of the bottleneck, as time at the rate.</summary>
    public TimeSpan Queue { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Changes what words name: <c>delay 80ms jitter 5ms loss 2% rate 20Mbit</c>; null, and the mend, where a word is not known.
    /// </summary>
    public LinkShape? With(IReadOnlyList<string> words, out string? mistake)
    {
        var shape = this;
        mistake = null;
        for (var i = 0; i < words.Count; i += 2)
        {
            var value = i + 1 < words.Count ? words[i + 1] : "";
            var changed = words[i] switch
            {
                "delay" when Time(value) is { } time => shape with { Delay = time },
                "jitter" when Time(value) is { } time => shape with { Jitter = time },
                "loss" when Number(value, ["%"]) is { } percent and <= 100 => shape with { Loss = (double)percent / 100 },
                "rate" when Rates(value) is { } rate => shape with { Rate = rate },
                "queue" when Time(value) is { } time => shape with { Queue = time },
                _ => null,
            };
            if (changed is null)
            {
                mistake = $"'{words[i]} {value}' is not understood: {Mend(words[i])}";
                return null;
            }
            shape = changed;
        }
        return shape;
    }

    private static string Mend(string word) => word switch
    {
        "delay" or "jitter" or "queue" => $"a time from 0 to less than 60 s with its unit, for example '{word} 80ms'",
        "loss" => "a share from 0% to 100%, for example 'loss 2%'",
        "rate" => "a bit rate below 100 Gbit with its unit, or 'unlimited', for example 'rate 20Mbit'",
        _ => NearestWord.Mend(word, ["delay", "jitter", "loss", "rate", "queue"]) ?? "write for example 'delay 80ms jitter 5ms loss 2% rate 20Mbit'",
    };

    /// <summary>In the words of <see cref="With"/>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"delay {Delay.TotalMilliseconds:0.#}ms jitter {Jitter.TotalMilliseconds:0.#}ms loss {Loss * 100:0.##}% rate {(Rate == 0 ? "unlimited" : $"{Rate / 1e6:0.##}Mbit")}");

    private static TimeSpan? Time(string text) =>
        text.EndsWith("ms", StringComparison.Ordinal) ? Number(text, ["ms"]) is { } milliseconds and < 60_000 ? TimeSpan.FromMilliseconds((double)milliseconds) : null
        : Number(text, ["s"]) is { } seconds and < 60 ? TimeSpan.FromSeconds((double)seconds) : null;

    private static long? Rates(string text) =>
        text == "unlimited" ? 0
        : Number(text, ["Gbit", "Gbit/s"]) is { } giga and < 100 ? (long)(giga * 1_000_000_000)
        : Number(text, ["Mbit", "Mbit/s"]) is { } mega and < 100_000 ? (long)(mega * 1_000_000)
        : Number(text, ["kbit", "kbit/s"]) is { } kilo and < 100_000_000 ? (long)(kilo * 1_000) : null;

    private static decimal? Number(string text, string[] units)
    {
        foreach (var unit in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal) && decimal.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }
        }
        return null;
    }
}
