using CsCheck;
using Waymark.Flows;
using Waymark.Policies;
using Waymark.Tests.Flows;
using Waymark.Units;

namespace Waymark.Tests.Policies.Language;

/// <summary>Generators of everything that a policy set can hold, for what has to be true of all of them.</summary>
public static class PolicySamples
{
    private static readonly Gen<string> Word = One("voice", "a", "x-1", "lte.rsrp", "mon-fri", "10 Gbit", "default", "any", "6in4", "with \"quotes\"", "back\\slash", "ünï", "tcp", "ms", "Mbit", "b.");

    private static readonly Gen<decimal> Amount = Gen.OneOf(Gen.Int[0, 2000].Select(n => (decimal)n), Gen.Int[0, 1_000_000].Select(n => n / 1000m), Gen.Long[0, long.MaxValue / 2].Select(n => (decimal)n));

    private static readonly Gen<TimeSpan> Duration = Gen.OneOf(
        Gen.Long[0, 10_000].Select(n => TimeSpan.FromMilliseconds(n)), Gen.Long[0, 400].Select(n => TimeSpan.FromHours(n)), Gen.Long[0, TimeSpan.TicksPerDay * 1000].Select(TimeSpan.FromTicks));

    private static readonly Gen<(string Name, Dimension Dimension)> Numeric = One(
        ("delay", Dimension.Duration), ("rtt.p95", Dimension.Duration), ("jitter", Dimension.Duration), ("loss", Dimension.Ratio), ("bandwidth.up", Dimension.BitRate),
        ("cost", Dimension.Price), ("quota", Dimension.Volume), ("signal", Dimension.Signal), ("mos", Dimension.Number), ("lte.rsrp", Dimension.Signal), ("my.own", Dimension.Number));

    public static readonly Gen<Predicate> Predicate = PredicateOf(3);

    public static readonly Gen<Condition> Condition = ConditionOf(3);

    private static readonly Gen<Criterion> Criterion = Gen.OneOf(
        Gen.Select(Numeric, Gen.Bool, Gen.Int[0, 2], Amount, Duration.Null()).Select((numeric, highest, within, amount, wait) => (Criterion)new Criterion.ByNumber(
            numeric.Name, highest,
            within == 0 ? null : within == 1 || numeric.Dimension == Dimension.Number || numeric.Name.StartsWith("lte", StringComparison.Ordinal) ? new(amount / 100, Dimension.Ratio) : new Quantity(amount, numeric.Dimension),
            wait)),
        Predicate.Select(predicate => (Criterion)new Criterion.ByPredicate(predicate)));

    private static readonly Gen<PolicyAction.Wish> Wish = Gen.Select(Predicate.Array[0, 3], Criterion.Array[0, 3], Gen.Int[0, 5], One(BalancePer.Peer, BalancePer.Flow, BalancePer.Local), Gen.Bool)
        .Select((require, prefer, kind, per, weighted) => new PolicyAction.Wish
        {
            Require = require.ToEquatableArray(),
            Prefer = prefer.ToEquatableArray(),
            Balance = kind == 1 || (kind != 2 && require.Length + prefer.Length == 0) ? new(weighted ? "bandwidth" : null, per) : null,
            Duplicate = kind == 2,
        });

    private static readonly Gen<PolicyAction> Last = One<PolicyAction>(new PolicyAction.Drop(), new PolicyAction.Default(), new PolicyAction.Closest());

    private static readonly Gen<EquatableArray<PolicyAction>> Else = Gen.Select(Wish.Array[0, 2], Last.Array[0, 1]).Select((wishes, last) => wishes.Concat(last).ToEquatableArray());

    private static readonly Gen<Target> At = Gen.OneOf(
        One<Target>(new Target.Local(), new Target.Local(), new Target.AnyPeer(), new Target.PeerAt(new IpPrefix(IpAddress.Parse("2001:db8::1"), 128))), Word.Select(name => (Target)new Target.NamedPeer(name)));

    private static readonly Gen<Flow> AnyFlow = Gen.Select(FlowSamples.Flow, Gen.Int[0, 9], Word).Select((flow, pick, name) => pick switch
    {
        // Narrowed so that something is left: a name narrowed to nothing is refused.
        0 => new Flow { Named = "ssh", Peer = flow.Peer is { Addresses.IsEmpty: false } peer ? peer with { Ports = [] } : null, Extras = [new FlowExtra.User(name)] },
        1 => flow with { Peer = (flow.Peer ?? new()) with { Addresses = [], Domain = "x." + name } },
        2 => flow with { Extras = [.. flow.Extras, new FlowExtra.User(name), new FlowExtra.Cgroup(name)] },
        3 => new Flow { Named = "defined one" },
        _ => flow,
    }).Select(Written);

    private static readonly Gen<EquatableArray<Flow>> Flows = AnyFlow.Array[1, 3].Select(flows => flows.ToEquatableArray());

    public static readonly Gen<Policy> Policy = Gen.Select(
        Gen.Select(Word, Gen.Bool).Select((name, named) => named ? name : null), Flows, At, Gen.OneOf(Wish.Cast<PolicyAction.Wish, PolicyAction>(), One<PolicyAction>(new PolicyAction.Drop(), new PolicyAction.Default())),
        Else, One<Established?>(null, Established.Keep, Established.Move, Established.Cut), Duration.Where(time => time > TimeSpan.Zero).Null())
        .Select((name, flows, target, action, otherwise, established, lifetime) => new Policy
        {
            Name = name,
            Flows = flows,
            Target = target,
            Action = action,
            Else = action is PolicyAction.Wish { Require.Count: > 0 } ? otherwise : [],
            Established = established,
            Lifetime = lifetime,
        });

    /// <summary>Whole sets; what they say may be nonsense, but it can be written.</summary>
    public static readonly Gen<PolicySet> Set = Gen.Select(Flows.Array[0, 2], StatementOf(2).Array[0, 4]).Select((defined, statements) => new PolicySet
    {
        Definitions = [new FlowDefinition("defined one", [new Flow { Protocol = new FlowProtocol.Any() }]), .. defined.Select((flows, i) => new FlowDefinition($"flow-{i}", flows))],
        Statements = statements.ToEquatableArray(),
    });

    /// <summary>A flow without any part cannot be written; 'any' is the same.</summary>
    public static Flow Written(Flow flow)
    {
        flow = flow with { Extras = flow.Extras.Select(extra => extra is FlowExtra.Not(var inner) ? new FlowExtra.Not(inner.Select(Written).ToEquatableArray()) : extra).ToEquatableArray() };
        return flow == new Flow() ? new Flow { Protocol = new FlowProtocol.Any() } : flow;
    }

    private static Gen<T> One<T>(params T[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    private static Gen<TTo> Cast<TFrom, TTo>(this Gen<TFrom> gen)
        where TFrom : TTo => gen.Select(value => (TTo)value);

    private static Gen<TimeSpan?> Null(this Gen<TimeSpan> gen) => Gen.Select(gen, Gen.Bool).Select((value, some) => some ? value : (TimeSpan?)null);

    private static Gen<Predicate> PredicateOf(int depth)
    {
        var leaf = Gen.OneOf(
            Gen.Select(Numeric, One(Enum.GetValues<Comparison>()), Amount, Gen.Bool).Select((numeric, comparison, amount, minus) =>
                (Predicate)new Predicate.Compare(numeric.Name, comparison, new(minus && numeric.Dimension is Dimension.Signal or Dimension.Number ? -amount : amount, numeric.Dimension))),
            Gen.Select(Gen.Bool, One("wifi", "cellular", "other")).Select((equal, word) => (Predicate)new Predicate.Is("medium", equal, word)),
            One("up", "metered", "encrypted").Select(flag => (Predicate)new Predicate.Flag(flag)),
            Gen.Select(Word, Gen.Bool, Word).Select((key, equal, value) => (Predicate)new Predicate.Label(key, equal, value)));
        if (depth == 0)
        {
            return leaf;
        }
        var inner = PredicateOf(depth - 1);
        return Gen.OneOf(
            leaf, leaf,
            inner.Array[2, 3].Select(all => (Predicate)new Predicate.And(all.ToEquatableArray())),
            inner.Array[2, 3].Select(all => (Predicate)new Predicate.Or(all.ToEquatableArray())),
            inner.Select(one => (Predicate)new Predicate.Not(one)),
            Gen.Select(inner, Duration).Select((one, duration) => (Predicate)new Predicate.For(one, duration)));
    }

    private static Gen<Condition> ConditionOf(int depth)
    {
        var maybe = Gen.Select(PredicateOf(1), Gen.Bool).Select((predicate, some) => some ? predicate : null);
        var leaf = Gen.OneOf(
            Gen.Const((Condition)new Condition.Always()),
            Gen.Select(One(Enum.GetValues<Quantifier>()), maybe).Select((quantifier, predicate) => (Condition)new Condition.Quantified(quantifier, predicate)),
            Gen.Select(maybe, One(Enum.GetValues<Comparison>()), Gen.Int[0, 100]).Select((predicate, comparison, limit) => (Condition)new Condition.Count(predicate, comparison, limit)),
            Gen.Select(Word, PredicateOf(1)).Select((name, predicate) => (Condition)new Condition.NamedPath(name, predicate)),
            Gen.Select(Gen.Int[0, 1439], Gen.Int[0, 1439]).Select((from, to) => (Condition)new Condition.Time(TimeOnly.MinValue.AddMinutes(from), TimeOnly.MinValue.AddMinutes(to))),
            Gen.Select(One(Enum.GetValues<DayOfWeek>()), One(Enum.GetValues<DayOfWeek>())).Select((from, to) => (Condition)new Condition.Day(from, to)),
            Word.Select(name => (Condition)new Condition.PeerConnected(name)));
        if (depth == 0)
        {
            return leaf;
        }
        var inner = ConditionOf(depth - 1);
        return Gen.OneOf(
            leaf, leaf,
            inner.Array[2, 3].Select(all => (Condition)new Condition.And(all.ToEquatableArray())),
            inner.Array[2, 3].Select(all => (Condition)new Condition.Or(all.ToEquatableArray())),
            inner.Select(one => (Condition)new Condition.Not(one)),
            Gen.Select(inner, Duration).Select((one, duration) => (Condition)new Condition.For(one, duration)));
    }

    private static Gen<Statement> StatementOf(int depth)
    {
        var policy = Policy.Cast<Policy, Statement>();
        if (depth == 0)
        {
            return policy;
        }
        var inner = StatementOf(depth - 1).Array[0, 3];
        var rule = Gen.Select(Word, Gen.Bool, Gen.Int[-1, 100], Condition, inner, inner, Gen.Bool).Select((name, named, priority, condition, then, otherwise, has) => (Statement)new PolicyRule
        {
            Name = named ? name : null,
            Priority = named && priority >= 0 ? priority : null,
            Condition = condition,
            Then = then.ToEquatableArray(),
            Otherwise = has ? otherwise.ToEquatableArray() : [],
            HasOtherwise = has,
        });
        return Gen.OneOf(policy, policy, rule);
    }
}
