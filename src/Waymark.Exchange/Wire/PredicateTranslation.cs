using System.Diagnostics;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Policies.Language;
using Waymark.Units;

namespace Waymark.Exchange.Wire;

/// <summary>Claims about paths, wire and core.</summary>
internal static class PredicateTranslation
{
    private const string Kinds = "allOf, anyOf, not, held, compare, is, flag, label";

    /// <summary>The claim as a message.</summary>
    internal static V1.Predicate ToWire(Predicate core) => core switch
    {
        Predicate.And it => new() { AllOf = new() { Predicates_ = { it.Operands.Select(ToWire) } } },
        Predicate.Or it => new() { AnyOf = new() { Predicates_ = { it.Operands.Select(ToWire) } } },
        Predicate.Not it => new() { Not = ToWire(it.Operand) },
        Predicate.For it => new() { Held = new() { Predicate = ToWire(it.Operand), Duration = QuantityTranslation.ToWire(it.Duration) } },
        Predicate.Compare it => new()
        {
            Compare = new() { Characteristic = it.Characteristic, Comparison = QuantityTranslation.ToWire(it.Comparison), Limit = QuantityTranslation.ToWire(it.Limit) },
        },
        Predicate.Is it => new() { Is = new() { Characteristic = it.Characteristic, Negated = !it.Equal, Word = it.Word } },
        Predicate.Flag it => new() { Flag = it.Characteristic },
        Predicate.Label it => new() { Label = new() { Key = it.Key, Negated = !it.Equal, Value = it.Value } },
        _ => throw new UnreachableException(),
    };

    /// <summary>The claim of a message from outside.</summary>
    internal static Predicate ToCore(this WireReading reading, V1.Predicate wire) => wire.KindCase switch
    {
        V1.Predicate.KindOneofCase.AllOf => new Predicate.And(reading.Operands("allOf", wire.AllOf)),
        V1.Predicate.KindOneofCase.AnyOf => new Predicate.Or(reading.Operands("anyOf", wire.AnyOf)),
        V1.Predicate.KindOneofCase.Not => new Predicate.Not(reading.Claim("not", wire.Not)),
        V1.Predicate.KindOneofCase.Held => reading.Required("held", wire.Held, held => new Predicate.For(
            reading.Claim("predicate", held.Predicate), reading.Required("duration", held.Duration, reading.ToCore, default)), Placeholder),
        V1.Predicate.KindOneofCase.Compare => reading.Required<V1.NumberPredicate, Predicate>("compare", wire.Compare, reading.ToCore, Placeholder),
        V1.Predicate.KindOneofCase.Is => reading.Required<V1.WordPredicate, Predicate>("is", wire.Is, reading.ToCore, Placeholder),
        V1.Predicate.KindOneofCase.Flag => new Predicate.Flag(reading.Characteristic("flag", wire.Flag, CharacteristicKind.Flag).Name),
        V1.Predicate.KindOneofCase.Label => reading.Required<V1.LabelPredicate, Predicate>("label", wire.Label, label => new Predicate.Label(
            reading.Name("key", label.Key), !label.Negated, reading.Text("value", label.Value)), Placeholder),
        _ => reading.RefuseNothing(Kinds, Placeholder),
    };

    /// <summary>A claim that has to be there.</summary>
    internal static Predicate Claim(this WireReading reading, string field, V1.Predicate? wire) => reading.Required(field, wire, reading.ToCore, Placeholder);

    /// <summary>A claim that may be left out.</summary>
    internal static Predicate? OptionalClaim(this WireReading reading, string field, V1.Predicate? wire) => wire is null ? null : reading.Claim(field, wire);

    /// <summary>A characteristic of the language's table, or another dotted word, of the kind that is needed.</summary>
    internal static Characteristic Characteristic(this WireReading reading, string field, string name, CharacteristicKind kind)
    {
        using (reading.Enter(field))
        {
            if (name.Length > PolicyLimits.NameLength || name.Any(c => c is not ('.' or '_' or '-') && !char.IsAsciiLetterOrDigit(c)) || !Paths.Characteristic.TryFind(name, out var found))
            {
                reading.Refuse(WireReading.BadCharacteristic, $"'{(name.Length <= 64 ? name : name[..64] + "...")}' is not a characteristic of paths",
                    (name.Length == 0 ? null : NearestWord.Mend(name, Paths.Characteristic.All.Select(one => one.Name))) ?? "see the table in the language reference; those of other programs have a dot in their name");
            }
            else if (found.Kind != kind)
            {
                reading.Refuse(WireReading.BadCharacteristic, $"'{name}' is {Named(found.Kind)}, not {Named(kind)}");
            }
            else
            {
                return found;
            }
        }
        return new(name, kind);
    }

    /// <summary>Refuses a quantity whose dimension is not the characteristic's; what another program provides has any.</summary>
    internal static void Agree(this WireReading reading, string field, Characteristic characteristic, Quantity quantity)
    {
        if (quantity.Dimension != characteristic.Dimension && !characteristic.IsOpen)
        {
            using (reading.Enter(field))
            {
                reading.Refuse(WireReading.BadCharacteristic, $"'{characteristic.Name}' is measured in another dimension than this unit");
            }
        }
    }

    /// <summary>Refuses a word that is not one of the media.</summary>
    internal static void Medium(this WireReading reading, string field, string word)
    {
        if (!Paths.Characteristic.Media.Contains(word))
        {
            using (reading.Enter(field))
            {
                reading.Refuse(WireReading.BadCharacteristic, $"'{(word.Length <= 64 ? word : word[..64] + "...")}' is not a medium", $"give one of {string.Join(", ", Paths.Characteristic.Media)}");
            }
        }
    }

    private static Predicate Placeholder { get; } = new Predicate.Flag("up");

    private static Predicate.Compare ToCore(this WireReading reading, V1.NumberPredicate wire)
    {
        var before = reading.Mistakes;
        var characteristic = reading.Characteristic("characteristic", wire.Characteristic, CharacteristicKind.Numeric);
        var comparison = reading.ToCore(wire.Comparison);
        var limit = reading.Required("limit", wire.Limit, reading.ToCore, new(0, characteristic.Dimension));
        if (reading.Mistakes == before)
        {
            reading.Agree("limit", characteristic, limit);
        }
        if (limit is { Dimension: Dimension.Duration, Value: < 0 })
        {
            using (reading.Enter("limit"))
            {
                reading.Refuse(WireReading.OutOfRange, "a duration is not negative");
            }
        }
        return new(characteristic.Name, comparison, limit);
    }

    private static Predicate.Is ToCore(this WireReading reading, V1.WordPredicate wire)
    {
        var characteristic = reading.Characteristic("characteristic", wire.Characteristic, CharacteristicKind.Name);
        var word = reading.Name("word", wire.Word);
        if (characteristic.Name == "medium")
        {
            reading.Medium("word", word);
        }
        return new(characteristic.Name, !wire.Negated, word);
    }

    private static EquatableArray<Predicate> Operands(this WireReading reading, string field, V1.Predicates wire) =>
        reading.Required(field, wire, all => reading.List("predicates", all.Predicates_, reading.ToCore, least: 2), []);

    private static string Named(CharacteristicKind kind) => kind switch
    {
        CharacteristicKind.Numeric => "a number",
        CharacteristicKind.Flag => "a flag",
        CharacteristicKind.Name => "a word",
        _ => throw new UnreachableException(),
    };
}
