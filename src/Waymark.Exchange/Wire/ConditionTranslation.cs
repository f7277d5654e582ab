using System.Diagnostics;
using Waymark.Policies;

namespace Waymark.Exchange.Wire;

/// <summary>Conditions of rules, wire and core.</summary>
internal static class ConditionTranslation
{
    private const string Kinds = "always, allOf, anyOf, not, held, quantified, count, namedPath, time, day, peerConnected";

    /// <summary>The condition as a message.</summary>
    internal static V1.Condition ToWire(Condition core) => core switch
    {
        Condition.Always => new() { Always = new() },
        Condition.And it => new() { AllOf = new() { Conditions_ = { it.Operands.Select(ToWire) } } },
        Condition.Or it => new() { AnyOf = new() { Conditions_ = { it.Operands.Select(ToWire) } } },
        Condition.Not it => new() { Not = ToWire(it.Operand) },
        Condition.For it => new() { Held = new() { Condition = ToWire(it.Operand), Duration = QuantityTranslation.ToWire(it.Duration) } },
        Condition.Quantified it => new() { Quantified = new() { Quantifier = (V1.Quantifier)(it.Quantifier + 1), Predicate = Optional(it.Predicate) } },
        Condition.Count it => new() { Count = new() { Predicate = Optional(it.Predicate), Comparison = QuantityTranslation.ToWire(it.Comparison), Limit = it.Limit } },
        Condition.NamedPath it => new() { NamedPath = new() { Path = it.Name, Predicate = PredicateTranslation.ToWire(it.Predicate) } },
        Condition.Time it => new() { Time = new() { From = ToWire(it.From), To = ToWire(it.To) } },
        Condition.Day it => new() { Day = new() { From = ToWire(it.From), To = ToWire(it.To) } },
        Condition.PeerConnected it => new() { PeerConnected = it.Peer },
        _ => throw new UnreachableException(),
    };

    /// <summary>The condition of a message from outside.</summary>
    internal static Condition ToCore(this WireReading reading, V1.Condition wire) => wire.KindCase switch
    {
        V1.Condition.KindOneofCase.Always => new Condition.Always(),
        V1.Condition.KindOneofCase.AllOf => new Condition.And(reading.Operands("allOf", wire.AllOf)),
        V1.Condition.KindOneofCase.AnyOf => new Condition.Or(reading.Operands("anyOf", wire.AnyOf)),
        V1.Condition.KindOneofCase.Not => new Condition.Not(reading.Required("not", wire.Not, reading.ToCore, Placeholder)),
        V1.Condition.KindOneofCase.Held => reading.Required("held", wire.Held, held => new Condition.For(
            reading.Required("condition", held.Condition, reading.ToCore, Placeholder), reading.Required("duration", held.Duration, reading.ToCore, default)), Placeholder),
        V1.Condition.KindOneofCase.Quantified => reading.Required("quantified", wire.Quantified, it => reading.ToCore(it), Placeholder),
        V1.Condition.KindOneofCase.Count => reading.Required("count", wire.Count, it => reading.ToCore(it), Placeholder),
        V1.Condition.KindOneofCase.NamedPath => reading.Required("namedPath", wire.NamedPath, it => new Condition.NamedPath(
            reading.Name("path", it.Path), reading.Claim("predicate", it.Predicate)), Placeholder),
        V1.Condition.KindOneofCase.Time => reading.Required("time", wire.Time, it => new Condition.Time(
            reading.Required("from", it.From, reading.ToCore, default), reading.Required("to", it.To, reading.ToCore, default)), Placeholder),
        V1.Condition.KindOneofCase.Day => reading.Required("day", wire.Day, it => new Condition.Day(reading.ToCore("from", it.From), reading.ToCore("to", it.To)), Placeholder),
        V1.Condition.KindOneofCase.PeerConnected => new Condition.PeerConnected(reading.Name("peerConnected", wire.PeerConnected)),
        _ => reading.RefuseNothing(Kinds, Placeholder),
    };

    private static Condition Placeholder { get; } = new Condition.Always();

    private static Condition.Quantified ToCore(this WireReading reading, V1.QuantifiedCondition wire)
    {
        if (wire.Quantifier is < V1.Quantifier.Any or > V1.Quantifier.No)
        {
            reading.Refuse(WireReading.Missing, "the quantifier is not given or not known", "give QUANTIFIER_ANY, QUANTIFIER_EVERY or QUANTIFIER_NO");
            return new(Quantifier.Any, null);
        }
        return new((Quantifier)(wire.Quantifier - 1), reading.OptionalClaim("predicate", wire.Predicate));
    }

    private static Condition.Count ToCore(this WireReading reading, V1.CountCondition wire)
    {
        reading.InRange("limit", wire.Limit, 0, int.MaxValue);
        return new(reading.OptionalClaim("predicate", wire.Predicate), reading.ToCore(wire.Comparison), wire.Limit);
    }

    private static TimeOnly ToCore(this WireReading reading, V1.TimeOfDay wire)
    {
        reading.InRange("hour", wire.Hour, 0, 23);
        reading.InRange("minute", wire.Minute, 0, 59);
        return wire is { Hour: < 24, Minute: < 60 } ? new((int)wire.Hour, (int)wire.Minute) : default;
    }

    private static DayOfWeek ToCore(this WireReading reading, string field, V1.Day wire)
    {
        if (wire is < V1.Day.Monday or > V1.Day.Sunday)
        {
            using (reading.Enter(field))
            {
                reading.Refuse(WireReading.Missing, "the day is not given or not known", "give one of DAY_MONDAY to DAY_SUNDAY");
            }
            return DayOfWeek.Monday;
        }
        return (DayOfWeek)((int)wire % 7);
    }

    /// <summary>The framework's week begins with Sunday as 0, the wire's with Monday as 1 (ISO 8601).</summary>
    private static V1.Day ToWire(DayOfWeek core) => core == DayOfWeek.Sunday ? V1.Day.Sunday : (V1.Day)core;

    private static V1.TimeOfDay ToWire(TimeOnly core) => new() { Hour = (uint)core.Hour, Minute = (uint)core.Minute };

    private static V1.Predicate? Optional(Predicate? core) => core is null ? null : PredicateTranslation.ToWire(core);

    private static EquatableArray<Condition> Operands(this WireReading reading, string field, V1.Conditions wire) =>
        reading.Required(field, wire, all => reading.List("conditions", all.Conditions_, reading.ToCore, least: 2), []);
}
