using Waymark.Paths;
using Waymark.Units;

namespace Waymark.Policies.Language;

/// <summary>Policies: what is wanted, clauses, fallbacks, preferences.</summary>
internal sealed partial class PolicyParser
{
    private const string ActionWords = "'drop', 'default', 'require', 'prefer', 'balance' or 'duplicate'";

    /// <summary>Actions that were read, by themselves: most of the policies of a long text want what another wanted before, and a node keeps all of them.</summary>
    private readonly Dictionary<PolicyAction, PolicyAction> read = [];

    private Policy Policy()
    {
        var start = Now;
        string? name = null;
        if (Now.Kind is TokenKind.Word or TokenKind.String && Then.Is(":"))
        {
            name = Name("the name of a policy");
            Take();
        }
        var flows = Flows();
        Target? target = IsWord("at") ? AtTarget() : null;
        var action = Shared(Action());
        var policy = new Policy { Name = name, Flows = flows, Action = action, Place = Source.PlaceOf(start.Start) };
        var fallbacks = new List<PolicyAction>();
        while (true)
        {
            var clause = Now;
            if (TryTake("else"))
            {
                var fallback = Shared(Fallback());
                if (action is not PolicyAction.Wish { Require.Count: > 0 })
                {
                    Source.Error("WAY1010", clause.Start, clause.End, "'else' without a 'require' is never reached", "say what is required, or remove it");
                }
                else if (fallbacks.Count > 0 && fallbacks[^1] is PolicyAction.Drop or PolicyAction.Default)
                {
                    Source.Error("WAY1011", clause.Start, clause.End, "this 'else' is never reached: the one before always succeeds", "remove one of them");
                }
                Add(fallbacks, fallback, clause);
            }
            else if (IsWord("at"))
            {
                var given = AtTarget();
                Once(target is not null, clause);
                target = given;
            }
            else if (TryTake("established"))
            {
                Once(policy.Established is not null, clause);
                policy = policy with
                {
                    Established = TryTake("keep") ? Established.Keep : TryTake("move") ? Established.Move : TryTake("cut") ? Established.Cut
                        : throw Unexpected("'keep', 'move' or 'cut' behind 'established'", Now.Kind == TokenKind.Word ? NearestWord.Mend(Now.Text, ["keep", "move", "cut"]) : null),
                };
            }
            else if (TryTake("lifetime"))
            {
                Once(policy.Lifetime is not null, clause);
                var time = Now;
                policy = policy with { Lifetime = Duration("a lifetime") };
                if (policy.Lifetime == TimeSpan.Zero)
                {
                    Source.Error("WAY1008", time.Start, Last.End, "a lifetime is more than nothing", "leave it out for 'for ever'");
                }
            }
            else
            {
                break;
            }
        }
        ExpectSemicolon(() => "'else', 'at', 'established', 'lifetime' or ';'");
        policy = policy with { Target = target ?? new Target.Local(), Else = fallbacks.ToEquatableArray() };
        CheckNesting(start, PolicyNesting.Of(policy));
        return policy;
    }

    private PolicyAction Shared(PolicyAction action) => read.TryAdd(action, action) ? action : read[action];

    private void Once(bool isSecond, Token clause)
    {
        if (isSecond)
        {
            Source.Error("WAY1013", clause.Start, clause.End, $"'{clause.Text}' is said twice of one policy", "remove one of them");
        }
    }

    private Target AtTarget()
    {
        Take();
        if (TryTake("local"))
        {
            return new Target.Local();
        }
        if (!TryTake("peer"))
        {
            throw Unexpected("'local' or 'peer' behind 'at'");
        }
        if (TryTake("any"))
        {
            return new Target.AnyPeer();
        }
        return Now.Kind == TokenKind.Address ? new Target.PeerAt(Prefix("a peer's address")) : new Target.NamedPeer(Name("a peer's name"));
    }

    private PolicyAction Action()
    {
        if (TryTake("drop"))
        {
            return new PolicyAction.Drop();
        }
        if (TryTake("default"))
        {
            return new PolicyAction.Default();
        }
        return Wish() ?? throw Unexpected(ActionWords, MendBehindFlow());
    }

    private PolicyAction Fallback()
    {
        if (TryTake("drop"))
        {
            return new PolicyAction.Drop();
        }
        if (TryTake("default"))
        {
            return new PolicyAction.Default();
        }
        if (TryTake("closest"))
        {
            return new PolicyAction.Closest();
        }
        if (IsWord("lowest") || IsWord("highest"))
        {
            return new PolicyAction.Wish { Prefer = Criteria() };
        }
        return Wish() ?? throw Unexpected("'drop', 'default', 'closest', 'lowest', 'highest', 'require', 'prefer', 'balance' or 'duplicate' behind 'else'",
            Now.Kind == TokenKind.Word ? NearestWord.Mend(Now.Text, Words.ActionStarts.Concat(["closest", "lowest", "highest"])) : null);
    }

    private PolicyAction.Wish? Wish()
    {
        var wish = new PolicyAction.Wish();
        var start = Now.Start;
        if (TryTake("require"))
        {
            var require = new List<Predicate>();
            do
            {
                var first = Now;
                Add(require, Predicate(), first);
            }
            while (TryTake(","));
            wish = wish with { Require = require.ToEquatableArray() };
        }
        if (TryTake("prefer"))
        {
            wish = wish with { Prefer = Criteria() };
        }
        if (TryTake("balance"))
        {
            var by = TryTake("by") ? Numeric("balance by").Name : null;
            var per = !TryTake("per") ? BalancePer.Peer
                : TryTake("peer") ? BalancePer.Peer : TryTake("flow") ? BalancePer.Flow : TryTake("local") ? BalancePer.Local
                : throw Unexpected("'peer', 'flow' or 'local' behind 'per'");
            wish = wish with { Balance = new(by, per) };
        }
        else if (TryTake("duplicate"))
        {
            wish = wish with { Duplicate = true };
        }
        return Now.Start == start ? null : wish;
    }

    private EquatableArray<Criterion> Criteria()
    {
        var criteria = new List<Criterion>();
        do
        {
            var first = Now;
            Add(criteria, OneCriterion(), first);
        }
        while (TryTake(","));
        return criteria.ToEquatableArray();
    }

    private Criterion OneCriterion()
    {
        if (!IsWord("lowest") && !IsWord("highest"))
        {
            return new Criterion.ByPredicate(Predicate());
        }
        var highest = Take().Text == "highest";
        var characteristic = Numeric(highest ? "highest" : "lowest");
        Quantity? within = TryTake("within") ? Quantity($"the tolerance of '{characteristic.Name}'", characteristic.IsOpen ? null : characteristic.Dimension, orElse: Dimension.Ratio) : null;
        if (within is { Value: < 0 })
        {
            Source.Error("WAY1008", Last.Start, Last.End, "a tolerance is not negative");
        }
        return new Criterion.ByNumber(characteristic.Name, highest, within, TryTake("for") ? Duration("the time behind 'for'") : null);
    }

    /// <summary>A characteristic that is a number.</summary>
    private Characteristic Numeric(string behind)
    {
        if (Now.Kind != TokenKind.Word || Words.Reserved.Contains(Now.Text))
        {
            throw Unexpected($"a characteristic behind '{behind}'");
        }
        var token = Take();
        if (!Characteristic.TryFind(token.Text, out var found))
        {
            Source.Error("WAY1004", token.Start, token.End, $"no characteristic is called '{token.Text}'", NearestWord.Mend(token.Text, Characteristic.All.Select(one => one.Name)));
            return new(token.Text, CharacteristicKind.Numeric);
        }
        if (found.Kind != CharacteristicKind.Numeric)
        {
            Source.Error("WAY1005", token.Start, token.End, $"'{token.Text}' is no number and has no {behind}");
        }
        return found;
    }
}
