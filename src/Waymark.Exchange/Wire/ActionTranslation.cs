using System.Diagnostics;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Units;

namespace Waymark.Exchange.Wire;

/// <summary>What policies want, wire and core.</summary>
internal static class ActionTranslation
{
    /// <summary>The action as a message.</summary>
    internal static V1.Action ToWire(PolicyAction core) => core switch
    {
        PolicyAction.Drop => new() { Drop = new() },
        PolicyAction.Default => new() { Default = new() },
        PolicyAction.Closest => new() { Closest = new() },
        PolicyAction.Wish it => new()
        {
            Wish = new()
            {
                Require = { it.Require.Select(PredicateTranslation.ToWire) },
                Prefer = { it.Prefer.Select(ToWire) },
                Balance = it.Balance is null ? null : ToWire(it.Balance),
                Duplicate = it.Duplicate,
            },
        },
        _ => throw new UnreachableException(),
    };

    /// <summary>The action of a message from outside.</summary>
    internal static PolicyAction ToCore(this WireReading reading, V1.Action wire) => wire.KindCase switch
    {
        V1.Action.KindOneofCase.Drop => new PolicyAction.Drop(),
        V1.Action.KindOneofCase.Default => new PolicyAction.Default(),
        V1.Action.KindOneofCase.Closest => new PolicyAction.Closest(),
        V1.Action.KindOneofCase.Wish => reading.Required("wish", wire.Wish, reading.ToCore, new PolicyAction.Wish()),
        _ => reading.RefuseNothing<PolicyAction>("drop, default, closest, wish", new PolicyAction.Default()),
    };

    /// <summary>How flows are spread, on the wire.</summary>
    internal static V1.BalancePer ToWire(BalancePer core) => (V1.BalancePer)(core + 1);

    private static PolicyAction.Wish ToCore(this WireReading reading, V1.Wish wire)
    {
        if (wire.Require.Count == 0 && wire.Prefer.Count == 0 && wire.Balance is null && !wire.Duplicate)
        {
            reading.Refuse(WireReading.Missing, "no part of the wish is given", "give one of require, prefer, balance, duplicate");
        }
        if (wire.Balance is not null && wire.Duplicate)
        {
            reading.Refuse(WireReading.BadCombination, "balance and duplicate exclude each other", "leave one out");
        }
        return new()
        {
            Require = reading.List("require", wire.Require, reading.ToCore),
            Prefer = reading.List("prefer", wire.Prefer, reading.ToCore),
            Balance = wire.Balance is null ? null : reading.Required("balance", wire.Balance, reading.ToCore, new Balance(null, BalancePer.Peer)),
            Duplicate = wire.Duplicate,
        };
    }

    private static V1.Balance ToWire(Balance core)
    {
        var wire = new V1.Balance { Per = core.Per == BalancePer.Peer ? V1.BalancePer.Unspecified : ToWire(core.Per) };
        if (core.By is not null)
        {
            wire.By = core.By;
        }
        return wire;
    }

    private static Balance ToCore(this WireReading reading, V1.Balance wire)
    {
        if (wire.Per is < V1.BalancePer.Unspecified or > V1.BalancePer.Local)
        {
            reading.Refuse(WireReading.OutOfRange, $"'per' {(int)wire.Per} is not known", "give BALANCE_PER_PEER, BALANCE_PER_FLOW or BALANCE_PER_LOCAL");
        }
        return new(
            wire.HasBy ? reading.Characteristic("by", wire.By, CharacteristicKind.Numeric).Name : null,
            wire.Per is > V1.BalancePer.Unspecified and <= V1.BalancePer.Local ? (BalancePer)(wire.Per - 1) : BalancePer.Peer);
    }

    private static V1.Criterion ToWire(Criterion core) => core switch
    {
        Criterion.ByNumber it => new()
        {
            Number = new()
            {
                Characteristic = it.Characteristic,
                Order = it.Highest ? V1.Order.Highest : V1.Order.Lowest,
                Within = it.Within is { } within ? QuantityTranslation.ToWire(within) : null,
                For = it.For is { } duration ? QuantityTranslation.ToWire(duration) : null,
            },
        },
        Criterion.ByPredicate it => new() { Predicate = PredicateTranslation.ToWire(it.Predicate) },
        _ => throw new UnreachableException(),
    };

    private static Criterion ToCore(this WireReading reading, V1.Criterion wire) => wire.KindCase switch
    {
        V1.Criterion.KindOneofCase.Number => reading.Required("number", wire.Number, reading.ToCore, new Criterion.ByNumber("", false, null, null)),
        V1.Criterion.KindOneofCase.Predicate => new Criterion.ByPredicate(reading.Claim("predicate", wire.Predicate)),
        _ => reading.RefuseNothing<Criterion>("number, predicate", new Criterion.ByNumber("", false, null, null)),
    };

    private static Criterion.ByNumber ToCore(this WireReading reading, V1.NumberCriterion wire)
    {
        if (wire.Order is not (V1.Order.Lowest or V1.Order.Highest))
        {
            reading.Refuse(WireReading.Missing, "the order is not given or not known", "give ORDER_LOWEST or ORDER_HIGHEST");
        }
        var before = reading.Mistakes;
        var characteristic = reading.Characteristic("characteristic", wire.Characteristic, CharacteristicKind.Numeric);
        Quantity? within = wire.Within is null ? null : reading.Required("within", wire.Within, reading.ToCore, new Quantity(0, characteristic.Dimension));
        if (within is { Dimension: not Dimension.Ratio } tolerance && reading.Mistakes == before)
        {
            reading.Agree("within", characteristic, tolerance);
        }
        if (within is { Value: < 0 })
        {
            using (reading.Enter("within"))
            {
                reading.Refuse(WireReading.OutOfRange, "a tolerance is not negative");
            }
        }
        return new(characteristic.Name, wire.Order == V1.Order.Highest, within, wire.For is null ? null : reading.Required("for", wire.For, reading.ToCore, default));
    }
}
