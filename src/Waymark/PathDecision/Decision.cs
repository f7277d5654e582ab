using Waymark.FilterRules;
using Waymark.Policies;

namespace Waymark.PathDecision;

/// <summary>What modules C and D decided, with the reasons.</summary>
public sealed record Decision
{
    /// <summary>What is to be enforced here. If it equals the last one, the kernel is left alone.</summary>
    public required FilterRuleSet FilterRules { get; init; }

    /// <summary>Policies that were elected but could not be resolved (R3), in order of precedence.</summary>
    public EquatableArray<Unresolved> Unresolved { get; init; } = [];

    /// <summary>Every merged policy's standing, in order of precedence.</summary>
    public EquatableArray<PolicyStanding> Standings { get; init; } = [];

    /// <summary>Why each class has its paths, in order of class number; found when asked for.</summary>
    public ClassReasons Reasons { get; init; } = ClassReasons.None;

    /// <summary>The memory that is the next world's <see cref="World.Previous"/>.</summary>
    public required DecisionMemory Next { get; init; }

    /// <summary>
    /// The earliest instant at which the same inputs could give another answer (a <c>for</c>, a time of day, a lifetime, a penalty); null: none. The loop sets one
    /// timer to it.
    /// </summary>
    public DateTimeOffset? ReviewAt { get; init; }
}

/// <summary>How a policy stands.</summary>
public enum Standing
{
    /// <summary>Its rule's condition is false.</summary>
    NotElected,

    /// <summary>Its rule's condition cannot be told: something is not measured.</summary>
    Unknown,

    /// <summary>It became filter rules.</summary>
    InForce,

    /// <summary>It was elected but resolved into an error.</summary>
    Unresolved,

    /// <summary>The same policy of an earlier place counts; this one is a duplicate.</summary>
    Duplicate,

    /// <summary>Its lifetime has ended.</summary>
    Expired,

    /// <summary>It is to be enforced on a peer.</summary>
    AtPeer,
}

/// <summary>How one policy stands, and the class that it became.</summary>
/// <param name="Origin">The policy.</param>
/// <param name="Standing">How it stands.</param>
/// <param name="Classes">The classes that its filter rules name, ascending; empty unless in force.</param>
public sealed record PolicyStanding(PolicyOrigin Origin, Standing Standing, EquatableArray<int> Classes);

/// <summary>A policy that could not be resolved, and why; reported to its requester.</summary>
/// <param name="Origin">The policy.</param>
/// <param name="Code">Which kind of failure, <c>WAY3nnn</c>.</param>
/// <param name="Message">One sentence with the mend where there is one.</param>
/// <param name="Class">The number of the class whose reason says what excluded each candidate, where candidates were looked at; else null.</param>
public sealed record Unresolved(PolicyOrigin Origin, string Code, string Message, int? Class);
