namespace Waymark.Policies;

/// <summary>
/// What one requester asks for: flow definitions, policies and policy rules in the order of its text (paper 5.1, Fig. 2). The model of the language, of its
/// JSON form and of what the exchange carries; names are not yet resolved.
/// </summary>
public sealed record PolicySet
{
    /// <summary>Asks for nothing.</summary>
    public static PolicySet Empty { get; } = new();

    /// <summary>The definitions, in order; names are unique.</summary>
    public EquatableArray<FlowDefinition> Definitions { get; init; } = [];

    /// <summary>Policies and rules at the top level, in order.</summary>
    public EquatableArray<Statement> Statements { get; init; } = [];
}

/// <summary>A name for flows: <c>flow NAME = FLOWS;</c>.</summary>
/// <param name="Name">Unique in the set.</param>
/// <param name="Flows">At least one.</param>
public sealed record FlowDefinition(string Name, EquatableArray<Flow> Flows)
{
    /// <summary>Where its name stands.</summary>
    public Place Place { get; init; }
}

/// <summary>A policy or a rule.</summary>
public abstract record Statement
{
    private protected Statement()
    {
    }

    /// <summary>Where it starts.</summary>
    public Place Place { get; init; }
}

/// <summary>A condition and the policies that it elects (paper: policy rule).</summary>
public sealed record PolicyRule : Statement
{
    /// <summary>Its name; null without one.</summary>
    public string? Name { get; init; }

    /// <summary>Lower wins; null comes after all numbers.</summary>
    public int? Priority { get; init; }

    /// <summary>When <see cref="Then"/> is elected.</summary>
    public required Condition Condition { get; init; }

    /// <summary>Elected while the condition is true; may hold rules.</summary>
    public EquatableArray<Statement> Then { get; init; } = [];

    /// <summary>Elected while the condition is false, not while it is unknown; empty without an <c>otherwise</c>.</summary>
    public EquatableArray<Statement> Otherwise { get; init; } = [];

    /// <summary>Whether <c>otherwise</c> was written; true where <see cref="Otherwise"/> is not empty.</summary>
    public bool HasOtherwise { get; init; }
}

/// <summary>Which flows, and what their path shall be like.</summary>
public sealed record Policy : Statement
{
    /// <summary>Its name; null without one.</summary>
    public string? Name { get; init; }

    /// <summary>The flows, at least one; the policy speaks of their union.</summary>
    public required EquatableArray<Flow> Flows { get; init; }

    /// <summary>Where it is to be enforced.</summary>
    public Target Target { get; init; } = new Target.Local();

    /// <summary>What is wanted; never <see cref="PolicyAction.Closest"/>.</summary>
    public required PolicyAction Action { get; init; }

    /// <summary>What to do where nothing satisfies the one before, in order; only where <see cref="Action"/> has a requirement.</summary>
    public EquatableArray<PolicyAction> Else { get; init; } = [];

    /// <summary>What becomes of established flows; null where it was not said (see <see cref="EffectiveEstablished"/>).</summary>
    public Established? Established { get; init; }

    /// <summary>How long it holds, counted from its first acceptance; null for ever.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>What was said, else <c>cut</c> where the last else is a drop and <c>keep</c> elsewhere (language, Meaning 6).</summary>
    public Established EffectiveEstablished =>
        Established ?? (Else.Count > 0 && Else[Else.Count - 1] is PolicyAction.Drop ? Policies.Established.Cut : Policies.Established.Keep);
}

/// <summary>What becomes of established flows on plain IP paths when the decision changes (language, Meaning 6).</summary>
public enum Established
{
    /// <summary>They stay while their path is up and satisfies the requirement.</summary>
    Keep,

    /// <summary>They are reset as soon as the decision changes.</summary>
    Move,

    /// <summary>They end once the requirement no longer holds on their path.</summary>
    Cut,
}

/// <summary>Where a policy is enforced (language, Meaning 8).</summary>
public abstract record Target
{
    private Target()
    {
    }

    /// <summary>On this node.</summary>
    public sealed record Local : Target;

    /// <summary>On every connected peer.</summary>
    public sealed record AnyPeer : Target;

    /// <summary>On the peer that the node file names so.</summary>
    public sealed record NamedPeer(string Name) : Target;

    /// <summary>On the peer that has this address.</summary>
    public sealed record PeerAt(Flows.IpPrefix Address) : Target;
}
