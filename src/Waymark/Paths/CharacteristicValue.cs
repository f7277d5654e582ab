using System.Globalization;

namespace Waymark.Paths;

/// <summary>The kind of a characteristic's value.</summary>
public enum CharacteristicKind
{
    /// <summary>A number in the base unit of its dimension.</summary>
    Numeric,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>A word of a closed or open list (medium, labels).</summary>
    Name,
}

/// <summary>The value of a characteristic of a path. The default is the number 0.</summary>
public readonly record struct CharacteristicValue
{
    private CharacteristicValue(CharacteristicKind kind, double number, string? name) => (Kind, Number, Word) = (kind, number, name);

    /// <summary>Which of the others holds.</summary>
    public CharacteristicKind Kind { get; }

    /// <summary>The number, in the base unit of the characteristic's dimension; positive infinity where there is no limit; 1 or 0 for a flag.</summary>
    public double Number { get; }

    /// <summary>The word; null unless <see cref="Kind"/> is <see cref="CharacteristicKind.Name"/>.</summary>
    public string? Word { get; }

    /// <summary>The flag; meaningful where <see cref="Kind"/> is <see cref="CharacteristicKind.Flag"/>.</summary>
    public bool Flag => Number != 0;

    /// <summary>A number; not-a-number throws <see cref="ArgumentOutOfRangeException"/>, for unknown is no value at all.</summary>
    public static CharacteristicValue Of(double number)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(double.IsNaN(number), true, nameof(number));
        return new(CharacteristicKind.Numeric, number, null);
    }

    /// <summary>A truth value.</summary>
    public static CharacteristicValue Of(bool flag) => new(CharacteristicKind.Flag, flag ? 1 : 0, null);

    /// <summary>A word.</summary>
    public static CharacteristicValue Of(string word) => new(CharacteristicKind.Name, 0, word);

    /// <summary>The bare value, invariant, without unit.</summary>
    public override string ToString() => Kind switch
    {
        CharacteristicKind.Flag => Flag ? "yes" : "no",
        CharacteristicKind.Name => Word!,
        _ => Number.ToString(CultureInfo.InvariantCulture),
    };
}
