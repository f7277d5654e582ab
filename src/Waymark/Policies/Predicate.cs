using Waymark.Units;

namespace Waymark.Policies;

/// <summary>How two numbers are compared.</summary>
public enum Comparison
{
    /// <summary>&lt;</summary>
    Less,

    /// <summary>&lt;=</summary>
    LessOrEqual,

    /// <summary>&gt;</summary>
    Greater,

    /// <summary>&gt;=</summary>
    GreaterOrEqual,

    /// <summary>=</summary>
    Equal,

    /// <summary>!=</summary>
    NotEqual,
}

/// <summary>A claim about one path; three-valued, for what has not been measured is unknown.</summary>
public abstract record Predicate
{
    private Predicate()
    {
    }

    /// <summary>All hold; at least two.</summary>
    public sealed record And(EquatableArray<Predicate> Operands) : Predicate;

    /// <summary>One holds; at least two.</summary>
    public sealed record Or(EquatableArray<Predicate> Operands) : Predicate;

    /// <summary>It does not hold.</summary>
    public sealed record Not(Predicate Operand) : Predicate;

    /// <summary>It has held that long without a break, at every decision.</summary>
    public sealed record For(Predicate Operand, TimeSpan Duration) : Predicate;

    /// <summary>A number against a limit of the same dimension.</summary>
    public sealed record Compare(string Characteristic, Comparison Comparison, Quantity Limit) : Predicate;

    /// <summary>A word against another: <c>medium = wifi</c>.</summary>
    public sealed record Is(string Characteristic, bool Equal, string Word) : Predicate;

    /// <summary>A flag: <c>up</c>, <c>metered</c>.</summary>
    public sealed record Flag(string Characteristic) : Predicate;

    /// <summary>A label: <c>label "site" = "home"</c>; a label that the path does not have is unequal to every word.</summary>
    public sealed record Label(string Key, bool Equal, string Value) : Predicate;
}
