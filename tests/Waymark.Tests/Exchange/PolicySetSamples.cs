using CsCheck;
using Waymark.Flows;
using Waymark.Paths;
using Waymark.Policies;
using Waymark.Tests.Flows;
using Waymark.Units;

namespace Waymark.Tests.Exchange;

/// <summary>Generators of policy sets with every kind of part, as the core's types promise them: what a translation has to carry without loss.</summary>
public static class PolicySetSamples
{
    private static readonly Gen<string> Name = One("voice", "a", "Büro", "a b", "päth \"quoted\"", "日本", "😀", new string('x', 255));

    private static readonly Gen<TimeSpan> Span = Gen.Long[1, TimeSpan.TicksPerDay * 400].Select(TimeSpan.FromTicks);

    private static readonly Gen<decimal> Number = Gen.OneOf(Gen.Int[-1000, 1000].Select(n => (decimal)n), Gen.Int[0, 100_000].Select(n => n / 1000m), Gen.Long[0, 1L << 50].Select(n => (decimal)n));

    private static readonly Gen<Characteristic> Numeric = One([.. Characteristic.All.Where(one => one.Kind == CharacteristicKind.Numeric), new("rtt.p95", CharacteristicKind.Numeric, Dimension.Duration), new("acme.score", CharacteristicKind.Numeric), new("lte.rsrp", CharacteristicKind.Numeric, Dimension.Signal)]);

    private static readonly Gen<Predicate> Leaf = Gen.OneOf<Predicate>(
        Gen.Select(Numeric, One(Enum.GetValues<Comparison>()), Number, (one, comparison, limit) => (Predicate)new Predicate.Compare(one.Name, comparison, new(one.Dimension == Dimension.Duration ? Math.Abs(limit) : limit, one.Dimension))),
        Gen.Select(One([.. Characteristic.Media]), Gen.Bool, (medium, equal) => (Predicate)new Predicate.Is("medium", equal, medium)),
        One("up", "metered", "movable", "encrypted", "estimated").Select(flag => (Predicate)new Predicate.Flag(flag)),
        Gen.Select(Name, Gen.Bool, Name, (key, equal, value) => (Predicate)new Predicate.Label(key, equal, value)));

    private static readonly Gen<Predicate> Claim = MakePredicate(3);

    private static readonly Gen<Predicate?> MaybeClaim = Gen.OneOf(Gen.Const((Predicate?)null), Claim.Select(claim => (Predicate?)claim));

    private static readonly Gen<Criterion> Criterion = Gen.OneOf<Criterion>(
        Claim.Select(claim => (Criterion)new Criterion.ByPredicate(claim)),
        Gen.Select(Numeric, Gen.Bool, Number, Gen.Int[0, 2], Gen.OneOf(Gen.Const((TimeSpan?)null), Span.Select(span => (TimeSpan?)span))).Select((one, highest, within, kind, span) =>
            (Criterion)new Criterion.ByNumber(one.Name, highest, kind == 0 ? null : new Quantity(Math.Abs(within), kind == 1 ? Dimension.Ratio : one.Dimension), span)));

    private static readonly Gen<PolicyAction.Wish> Wish = Gen.Select(Claim.Array[0, 2], Criterion.Array[0, 2], Gen.Int[0, 3], Gen.OneOf(Gen.Const((string?)null), Numeric.Select(one => (string?)one.Name)), One(Enum.GetValues<BalancePer>()))
        .Select((require, prefer, kind, by, per) => new PolicyAction.Wish
        {
            Require = require.ToEquatableArray(),
            Prefer = prefer.ToEquatableArray(),
            Balance = kind == 1 || (kind != 2 && require.Length + prefer.Length == 0) ? new(by, per) : null,
            Duplicate = kind == 2,
        });

    private static readonly Gen<PolicyAction> Action = Gen.OneOf<PolicyAction>(Wish.Select(wish => (PolicyAction)wish), One<PolicyAction>(new PolicyAction.Drop(), new PolicyAction.Default()));

    private static readonly Gen<EquatableArray<PolicyAction>> Fallbacks = Gen.Select(Gen.OneOf<PolicyAction>(Wish.Select(wish => (PolicyAction)wish), Gen.Const((PolicyAction)new PolicyAction.Closest())).Array[0, 2], Action.Array[0, 1],
        (inner, last) => new[] { inner, last }.SelectMany(one => one).ToEquatableArray());

    private static readonly Gen<Target> Target = Gen.OneOf<Target>(
        One<Target>(new Target.Local(), new Target.AnyPeer(), new Target.PeerAt(new(IpAddress.Parse("2001:db8::1"), 128)), new Target.PeerAt(new(IpAddress.Parse("192.0.2.0"), 24))),
        Name.Select(name => (Target)new Target.NamedPeer(name)));

    private static readonly Gen<Flow> Flow = Gen.Select(FlowSamples.Flow, Gen.Int[0, 5], Name).Select((flow, kind, name) => kind switch
    {
        0 => flow with { Named = name, Family = null, Protocol = null },
        1 => flow with { Peer = new() { Domain = "www.example.net", Ports = flow.Peer?.Ports ?? [] } },
        _ => flow,
    }).Select(Whole);

    private static readonly Gen<EquatableArray<Flow>> Flows = Flow.Array[1, 3].Select(flows => flows.ToEquatableArray());

    private static readonly Gen<Policy> Policy = Gen.Select(Maybe(Name), Flows, Target, Action, Fallbacks, Gen.Int[-1, 2], Gen.OneOf(Gen.Const((TimeSpan?)null), Span.Select(span => (TimeSpan?)span)))
        .Select((name, flows, target, action, fallbacks, established, lifetime) => new Policy
        {
            Name = name,
            Flows = flows,
            Target = target,
            Action = action,
            Else = action is PolicyAction.Wish { Require.IsEmpty: false } ? fallbacks : [],
            Established = established < 0 ? null : (Established)established,
            Lifetime = lifetime,
        });

    private static readonly Gen<Condition> Condition = MakeCondition(3);

    private static readonly Gen<Statement> Statement = MakeStatement(3);

    /// <summary>Sets that the core's types allow.</summary>
    public static readonly Gen<PolicySet> Set = Gen.Select(Flows.Array[0, 3], Statement.Array[0, 4]).Select((definitions, statements) => new PolicySet
    {
        Definitions = definitions.Select((flows, i) => new FlowDefinition($"flow-{i}", flows)).ToEquatableArray(),
        Statements = statements.ToEquatableArray(),
    });

    private static Gen<Predicate> MakePredicate(int depth)
    {
        if (depth == 0)
        {
            return Leaf;
        }
        var inner = MakePredicate(depth - 1);
        var several = inner.Array[2, 3].Select(operands => operands.ToEquatableArray());
        return Gen.OneOf(Leaf, Leaf, several.Select(all => (Predicate)new Predicate.And(all)), several.Select(all => (Predicate)new Predicate.Or(all)), inner.Select(one => (Predicate)new Predicate.Not(one)),
            Gen.Select(inner, Span, (one, span) => (Predicate)new Predicate.For(one, span)));
    }

    private static Gen<Condition> MakeCondition(int depth)
    {
        var leaf = Gen.OneOf<Condition>(
            Gen.Const((Condition)new Condition.Always()),
            Gen.Select(One(Enum.GetValues<Quantifier>()), MaybeClaim, (quantifier, claim) => (Condition)new Condition.Quantified(quantifier, claim)),
            Gen.Select(MaybeClaim, One(Enum.GetValues<Comparison>()), Gen.Int[0, int.MaxValue], (claim, comparison, limit) => (Condition)new Condition.Count(claim, comparison, limit)),
            Gen.Select(Name, Claim, (name, claim) => (Condition)new Condition.NamedPath(name, claim)),
            Gen.Select(Gen.Int[0, 1439], Gen.Int[0, 1439], (from, to) => (Condition)new Condition.Time(new(from / 60, from % 60), new(to / 60, to % 60))),
            Gen.Select(One(Enum.GetValues<DayOfWeek>()), One(Enum.GetValues<DayOfWeek>()), (from, to) => (Condition)new Condition.Day(from, to)),
            Name.Select(name => (Condition)new Condition.PeerConnected(name)));
        if (depth == 0)
        {
            return leaf;
        }
        var inner = MakeCondition(depth - 1);
        var several = inner.Array[2, 3].Select(operands => operands.ToEquatableArray());
        return Gen.OneOf(leaf, leaf, several.Select(all => (Condition)new Condition.And(all)), several.Select(all => (Condition)new Condition.Or(all)), inner.Select(one => (Condition)new Condition.Not(one)),
            Gen.Select(inner, Span, (one, span) => (Condition)new Condition.For(one, span)));
    }

    private static Gen<Statement> MakeStatement(int depth)
    {
        var policy = Policy.Select(one => (Statement)one);
        if (depth == 0)
        {
            return policy;
        }
        var several = MakeStatement(depth - 1).Array[0, 2].Select(statements => statements.ToEquatableArray());
        var rule = Gen.Select(Maybe(Name), Gen.Int[-1, 2], Condition, several, several, Gen.Bool).Select((name, priority, condition, then, otherwise, hasOtherwise) => (Statement)new PolicyRule
        {
            Name = name,
            Priority = name is null || priority < 0 ? null : priority * 1000,
            Condition = condition,
            Then = then,
            Otherwise = hasOtherwise ? otherwise : [],
            HasOtherwise = hasOtherwise,
        });
        return Gen.OneOf(policy, policy, rule);
    }

    /// <summary>The flow with <c>any</c> where neither it nor a flow inside it says anything.</summary>
    private static Flow Whole(Flow flow) => flow switch
    {
        { Named: null, Family: null, Protocol: null, Local: null, Peer: null, Extras.IsEmpty: true } => new() { Protocol = new FlowProtocol.Any() },
        _ => flow with { Extras = flow.Extras.Select(extra => extra is FlowExtra.Not(var flows) ? new FlowExtra.Not(flows.Select(Whole).ToEquatableArray()) : extra).ToEquatableArray() },
    };

    private static Gen<string?> Maybe(Gen<string> name) => Gen.OneOf(Gen.Const((string?)null), name.Select(one => (string?)one));

    private static Gen<T> One<T>(params T[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);
}
