namespace Waymark.Policies;

/// <summary>When the policies of a rule are elected; three-valued.</summary>
public abstract record Condition
{
    private Condition()
    {
    }

    /// <summary>Holds at all times.</summary>
    public sealed record Always : Condition;

    /// <summary>All hold; at least two.</summary>
    public sealed record And(EquatableArray<Condition> Operands) : Condition;

    /// <summary>One holds; at least two.</summary>
    public sealed record Or(EquatableArray<Condition> Operands) : Condition;

    /// <summary>It does not hold.</summary>
    public sealed record Not(Condition Operand) : Condition;

    /// <summary>It has held that long without a break, at every decision.</summary>
    public sealed record For(Condition Operand, TimeSpan Duration) : Condition;

    /// <summary><c>any path (...)</c>, <c>every path (...)</c>, <c>no path (...)</c>; without a predicate: of any path at all.</summary>
    public sealed record Quantified(Quantifier Quantifier, Predicate? Predicate) : Condition;

    /// <summary><c>count path (...) &gt;= 2</c>.</summary>
    public sealed record Count(Predicate? Predicate, Comparison Comparison, int Limit) : Condition;

    /// <summary><c>path "lte" (...)</c>, by the administrator's name; unknown where no such path is.</summary>
    public sealed record NamedPath(string Name, Predicate Predicate) : Condition;

    /// <summary><c>time 22:00-06:00</c>, in the node's zone; the start is included, the end is not; may cross midnight.</summary>
    public sealed record Time(TimeOnly From, TimeOnly To) : Condition;

    /// <summary><c>day mon-fri</c>, both included; may cross the weekend.</summary>
    public sealed record Day(DayOfWeek From, DayOfWeek To) : Condition;

    /// <summary><c>peer NAME connected</c>.</summary>
    public sealed record PeerConnected(string Peer) : Condition;
}

/// <summary>How many of the paths that are not ignored.</summary>
public enum Quantifier
{
    /// <summary>At least one.</summary>
    Any,

    /// <summary>All; false where there is none.</summary>
    Every,

    /// <summary>None.</summary>
    No,
}
