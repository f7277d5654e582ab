using System.Diagnostics;
using Waymark.Policies;
using Waymark.Policies.Language;

namespace Waymark.Exchange.Wire;

/// <summary>
/// Policy sets, wire and core. Takes nothing on trust: lists, depth, names and numbers of a message from outside are bounded (<see cref="WireLimits"/>) and
/// checked against what the core's types promise, and every mistake is reported, not the first one only. <c>ToCore(ToWire(set)) == set</c>.
/// </summary>
public static class PolicySetTranslation
{
    /// <summary>The set as a message.</summary>
    /// <param name="core">The set.</param>
    /// <param name="withPlaces">Whether to say where in their text its parts stand: true towards a daemon, whose messages then name lines; false for the JSON form.</param>
    public static V1.PolicySet ToWire(PolicySet core, bool withPlaces = false)
    {
        ArgumentNullException.ThrowIfNull(core);
        return new()
        {
            Definitions =
            {
                core.Definitions.Select(definition => new V1.FlowDefinition
                {
                    Name = definition.Name,
                    Flows = { definition.Flows.Select(flow => FlowTranslation.ToWire(flow, withPlaces)) },
                    Place = FlowTranslation.ToWire(definition.Place, withPlaces),
                }),
            },
            Statements = { core.Statements.Select(statement => ToWire(statement, withPlaces)) },
        };
    }

    /// <summary>One policy as a message.</summary>
    public static V1.Policy ToWire(Policy core, bool withPlaces = false)
    {
        ArgumentNullException.ThrowIfNull(core);
        var wire = new V1.Policy
        {
            Flows = { core.Flows.Select(flow => FlowTranslation.ToWire(flow, withPlaces)) },
            Target = ToWire(core.Target),
            Action = ActionTranslation.ToWire(core.Action),
            Else = { core.Else.Select(ActionTranslation.ToWire) },
            Established = core.Established is { } established ? ToWire(established) : V1.Established.Unspecified,
            Lifetime = core.Lifetime is { } lifetime ? QuantityTranslation.ToWire(lifetime) : null,
            Place = FlowTranslation.ToWire(core.Place, withPlaces),
        };
        if (core.Name is not null)
        {
            wire.Name = core.Name;
        }
        return wire;
    }

    /// <summary>The set of a message from outside; null where it has mistakes.</summary>
    /// <param name="wire">The message.</param>
    /// <param name="file">What diagnostics call it: a file's or a set's name.</param>
    /// <param name="diagnostics">Every mistake, in order of place; empty where the set is given.</param>
    public static PolicySet? ToCore(V1.PolicySet wire, string file, out EquatableArray<Diagnostic> diagnostics)
    {
        ArgumentNullException.ThrowIfNull(wire);
        var reading = new WireReading(file);
        var core = new PolicySet
        {
            Definitions = reading.Statements("definitions", wire.Definitions, reading.ToCore),
            Statements = reading.Statements("statements", wire.Statements, reading.ToCore),
        };
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var definition in core.Definitions)
        {
            if (definition is not null && !names.Add(definition.Name))
            {
                reading.At(FlowTranslation.ToWire(definition.Place, true));
                reading.Refuse(WireReading.BadCombination, $"the flow '{definition.Name}' is defined twice", "give one of them another name");
            }
        }
        reading.CheckNesting("definitions", core.Definitions, definition => PolicyNesting.Of(definition.Flows));
        reading.CheckNesting("statements", core.Statements, PolicyNesting.Of);
        diagnostics = reading.Diagnostics;
        return reading.IsClean ? core : null;
    }

    /// <summary>What nests deeper than a text may; only where all could be read, for a placeholder nests nowhere.</summary>
    private static void CheckNesting<T>(this WireReading reading, string field, EquatableArray<T> all, Func<T, int> nesting)
    {
        for (var i = 0; i < all.Count && reading.IsClean; i++)
        {
            using (reading.Enter(field, i))
            {
                if (nesting(all[i]) > PolicyLimits.Nesting)
                {
                    reading.RefuseNesting();
                }
            }
        }
    }

    internal static V1.Established ToWire(Established core) => (V1.Established)(core + 1);

    private static FlowDefinition ToCore(this WireReading reading, V1.FlowDefinition wire)
    {
        var place = reading.At(wire.Place);
        return new(reading.Name("name", wire.Name), reading.List("flows", wire.Flows, reading.ToCore, least: 1)) { Place = place };
    }

    private static V1.Statement ToWire(Statement core, bool withPlaces) => core switch
    {
        Policy policy => new() { Policy = ToWire(policy, withPlaces) },
        PolicyRule rule => new() { Rule = ToWire(rule, withPlaces) },
        _ => throw new UnreachableException(),
    };

    private static Statement ToCore(this WireReading reading, V1.Statement wire) => wire.KindCase switch
    {
        V1.Statement.KindOneofCase.Policy => reading.Required<V1.Policy, Statement>("policy", wire.Policy, reading.ToCore, Placeholder),
        V1.Statement.KindOneofCase.Rule => reading.Required<V1.PolicyRule, Statement>("rule", wire.Rule, reading.ToCore, Placeholder),
        _ => reading.RefuseNothing<Statement>("policy, rule", Placeholder),
    };

    private static V1.PolicyRule ToWire(PolicyRule core, bool withPlaces)
    {
        var wire = new V1.PolicyRule
        {
            Condition = ConditionTranslation.ToWire(core.Condition),
            Then = { core.Then.Select(statement => ToWire(statement, withPlaces)) },
            Otherwise = core.HasOtherwise || !core.Otherwise.IsEmpty ? new() { Statements = { core.Otherwise.Select(statement => ToWire(statement, withPlaces)) } } : null,
            Place = FlowTranslation.ToWire(core.Place, withPlaces),
        };
        if (core.Name is not null)
        {
            wire.Name = core.Name;
        }
        if (core.Priority is { } priority)
        {
            wire.Priority = priority;
        }
        return wire;
    }

    private static PolicyRule ToCore(this WireReading reading, V1.PolicyRule wire)
    {
        var place = reading.At(wire.Place);
        if (wire.HasPriority && !wire.HasName)
        {
            reading.Refuse(WireReading.BadCombination, "a rule without a name has a priority", "give it a name");
        }
        reading.InRange("priority", wire.Priority, 0, int.MaxValue);
        return new()
        {
            Name = wire.HasName ? reading.Name("name", wire.Name) : null,
            Priority = wire.HasPriority ? wire.Priority : null,
            Condition = reading.Required("condition", wire.Condition, reading.ToCore, new Condition.Always()),
            Then = reading.Statements("then", wire.Then, reading.ToCore),
            Otherwise = wire.Otherwise is null ? [] : reading.Required("otherwise", wire.Otherwise, it => reading.Statements("statements", it.Statements, reading.ToCore), []),
            HasOtherwise = wire.Otherwise is not null,
            Place = place,
        };
    }

    private static Policy ToCore(this WireReading reading, V1.Policy wire)
    {
        var place = reading.At(wire.Place);
        var policy = new Policy
        {
            Name = wire.HasName ? reading.Name("name", wire.Name) : null,
            Flows = reading.List("flows", wire.Flows, reading.ToCore, least: 1),
            Target = wire.Target is null ? new Target.Local() : reading.Required("target", wire.Target, reading.ToCore, new Target.Local()),
            Action = reading.Required("action", wire.Action, reading.ToCore, new PolicyAction.Default()),
            Else = reading.List("else", wire.Else, reading.ToCore),
            Established = reading.ToCore(wire.Established),
            Lifetime = wire.Lifetime is null ? null : reading.Required("lifetime", wire.Lifetime, reading.ToCore, default),
            Place = place,
        };
        reading.Check(policy);
        return policy;
    }

    /// <summary>What the core's type promises beyond the shape of the message.</summary>
    private static void Check(this WireReading reading, Policy policy)
    {
        if (policy.Action is PolicyAction.Closest)
        {
            reading.Refuse(WireReading.BadCombination, "'closest' stands outside of 'else'", "give a wish with a requirement, and closest in else");
        }
        if (!policy.Else.IsEmpty && policy.Action is not PolicyAction.Wish { Require.IsEmpty: false })
        {
            reading.Refuse(WireReading.BadCombination, "'else' stands beside an action that requires nothing", "leave it out or give a requirement");
        }
        for (var i = 0; i < policy.Else.Count - 1; i++)
        {
            if (policy.Else[i] is PolicyAction.Drop or PolicyAction.Default)
            {
                reading.Refuse(WireReading.BadCombination, "an 'else' after drop or default can never be reached", "leave out what follows it");
                break;
            }
        }
        if (policy.Lifetime == TimeSpan.Zero)
        {
            reading.Refuse(WireReading.OutOfRange, "the lifetime is zero", "give more, or leave it out for ever");
        }
    }

    private static Established? ToCore(this WireReading reading, V1.Established wire)
    {
        if (wire is < V1.Established.Unspecified or > V1.Established.Cut)
        {
            reading.Refuse(WireReading.OutOfRange, $"'established' {(int)wire} is not known", "give ESTABLISHED_KEEP, ESTABLISHED_MOVE or ESTABLISHED_CUT");
            return null;
        }
        return wire == V1.Established.Unspecified ? null : (Established)(wire - 1);
    }

    private static V1.Target? ToWire(Target core) => core switch
    {
        Target.Local => null,
        Target.AnyPeer => new() { AnyPeer = new() },
        Target.NamedPeer it => new() { PeerName = it.Name },
        Target.PeerAt it => new() { PeerAddress = it.Address.ToString() },
        _ => throw new UnreachableException(),
    };

    private static Target ToCore(this WireReading reading, V1.Target wire) => wire.KindCase switch
    {
        V1.Target.KindOneofCase.Local => new Target.Local(),
        V1.Target.KindOneofCase.AnyPeer => new Target.AnyPeer(),
        V1.Target.KindOneofCase.PeerName => new Target.NamedPeer(reading.Name("peerName", wire.PeerName)),
        V1.Target.KindOneofCase.PeerAddress => new Target.PeerAt(reading.Required("peerAddress", wire.PeerAddress, reading.Prefix, default)),
        _ => reading.RefuseNothing<Target>("local, anyPeer, peerName, peerAddress", new Target.Local()),
    };

    private static Policy Placeholder { get; } = new() { Flows = [], Action = new PolicyAction.Default() };
}
