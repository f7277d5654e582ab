using Waymark.Paths;
using Waymark.Units;

namespace Waymark.PathExamination;

/// <summary>What another program says of a path: the name of a characteristic and its value, of one of the three kinds.</summary>
public sealed record CharacteristicSetting
{
    private CharacteristicSetting(string name, CharacteristicValue value, Quantity? number) => (Name, Value, Number) = (name, value, number);

    /// <summary>The word of the language, for example <c>lte.rsrp</c>.</summary>
    public string Name { get; }

    /// <summary>The value; a number in the base unit of its dimension.</summary>
    public CharacteristicValue Value { get; }

    /// <summary>The number as it was written; null for a flag or a word.</summary>
    public Quantity? Number { get; }

    /// <summary>A number.</summary>
    public static CharacteristicSetting Of(string name, Quantity number) => new(name, CharacteristicValue.Of(number.ToDouble()), number);

    /// <summary>A flag.</summary>
    public static CharacteristicSetting Of(string name, bool flag) => new(name, CharacteristicValue.Of(flag), null);

    /// <summary>A word.</summary>
    public static CharacteristicSetting Of(string name, string word) => new(name, CharacteristicValue.Of(word), null);

    /// <summary>What is wrong with the value of a number of the right dimension, as a sentence; null where nothing is. Of what other programs name themselves any number will do.</summary>
    public static string? RangeFaultOf(string name, Quantity number) => number switch
    {
        { Dimension: Dimension.BitRate or Dimension.Volume or Dimension.Price, Value: < 0 } => $"'{name}' is never negative",
        { Dimension: Dimension.Volume, Value: < 1 } when name == "mtu" => "'mtu' is at least 1 B",
        _ => null,
    };
}
