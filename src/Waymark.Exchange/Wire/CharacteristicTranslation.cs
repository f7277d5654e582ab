using Waymark.Paths;
using Waymark.PathExamination;
using Waymark.Policies.Language;

namespace Waymark.Exchange.Wire;

/// <summary>What other programs say of paths, as messages and back.</summary>
public static class CharacteristicTranslation
{
    /// <summary>The most settings of one call.</summary>
    public const int MostSettings = 64;

    /// <summary>A setting.</summary>
    public static V1.CharacteristicSetting ToWire(CharacteristicSetting core)
    {
        var wire = new V1.CharacteristicSetting { Name = core.Name };
        switch (core.Value.Kind)
        {
            case CharacteristicKind.Numeric:
                wire.Number = QuantityTranslation.ToWire(core.Number!.Value);
                break;
            case CharacteristicKind.Flag:
                wire.Flag = core.Value.Flag;
                break;
            case CharacteristicKind.Name:
                wire.Word = core.Value.Word!;
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
        return wire;
    }

    /// <summary>The settings of a call; null with every mistake where there is one.</summary>
    public static EquatableArray<CharacteristicSetting>? ToCore(IReadOnlyList<V1.CharacteristicSetting> wires, out EquatableArray<Diagnostic> diagnostics)
    {
        var reading = new WireReading("request");
        if (wires.Count is 0 or > MostSettings)
        {
            using (reading.Enter("settings"))
            {
                reading.Refuse(wires.Count == 0 ? WireReading.Missing : WireReading.TooMuch, wires.Count == 0 ? "nothing is given" : $"more than the {MostSettings} settings of a call are given");
            }
            diagnostics = reading.Diagnostics;
            return null;
        }
        var settings = reading.List("settings", wires, reading.Setting);
        if (reading.IsClean && settings.Select(one => one.Name).Distinct(StringComparer.Ordinal).Count() != settings.Count)
        {
            reading.Refuse(WireReading.BadCombination, "a characteristic is given twice", "give each once");
        }
        diagnostics = reading.Diagnostics;
        return reading.IsClean ? settings : null;
    }

    /// <summary>What is said of a path.</summary>
    /// <param name="core">The value with its path and requester.</param>
    /// <param name="standing">What becomes of it.</param>
    public static V1.OutsideCharacteristic ToWire(OutsideValue core, OutsideStanding standing) => new()
    {
        Path = core.Path,
        Characteristic = new() { Name = core.Name, Measured = DecisionTranslation.ToWire(core.Name, new(core.Value, core.At, 1, core.Requester)) },
        Until = core.Until is { } until ? DecisionTranslation.ToWire(until) : null,
        Standing = (V1.OutsideStanding)(standing + 1),
    };

    private static CharacteristicSetting Setting(this WireReading reading, V1.CharacteristicSetting wire)
    {
        var placeholder = CharacteristicSetting.Of(wire.Name, false);
        if (OutsideNames.FaultOf(wire.Name, out _) is var (sentence, mend))
        {
            using (reading.Enter("name"))
            {
                reading.Refuse(WireReading.BadCharacteristic, sentence, mend);
            }
            return placeholder;
        }
        var before = reading.Mistakes;
        switch (wire.ValueCase)
        {
            case V1.CharacteristicSetting.ValueOneofCase.Number:
                var characteristic = reading.Characteristic("name", wire.Name, CharacteristicKind.Numeric);
                var number = reading.Required("number", wire.Number, reading.ToCore, default);
                if (reading.Mistakes == before)
                {
                    reading.Agree("number", characteristic, number);
                }
                if (reading.Mistakes == before && CharacteristicSetting.RangeFaultOf(wire.Name, number) is { } fault)
                {
                    using (reading.Enter("number"))
                    {
                        reading.Refuse(WireReading.OutOfRange, fault);
                    }
                }
                return CharacteristicSetting.Of(wire.Name, number);
            case V1.CharacteristicSetting.ValueOneofCase.Flag:
                reading.Characteristic("name", wire.Name, CharacteristicKind.Flag);
                return CharacteristicSetting.Of(wire.Name, wire.Flag);
            case V1.CharacteristicSetting.ValueOneofCase.Word:
                reading.Characteristic("name", wire.Name, CharacteristicKind.Name);
                if (reading.Mistakes == before)
                {
                    reading.Medium("word", wire.Word);
                }
                return CharacteristicSetting.Of(wire.Name, wire.Word);
            default:
                return reading.RefuseNothing("number, flag, word", placeholder);
        }
    }
}
