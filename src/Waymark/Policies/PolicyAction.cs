using Waymark.Units;

namespace Waymark.Policies;

/// <summary>What a policy wants for its flows.</summary>
public abstract record PolicyAction
{
    private PolicyAction()
    {
    }

    /// <summary>The flows are refused.</summary>
    public sealed record Drop : PolicyAction;

    /// <summary>The flows are left to the operating system's own routing.</summary>
    public sealed record Default : PolicyAction;

    /// <summary>Only after <c>else</c>: the path that misses the requirement of the policy by least.</summary>
    public sealed record Closest : PolicyAction;

    /// <summary>What the path must be like and which is liked best. At least one part is given.</summary>
    public sealed record Wish : PolicyAction
    {
        /// <summary>All of them have to hold; empty for no requirement.</summary>
        public EquatableArray<Predicate> Require { get; init; } = [];

        /// <summary>Lexicographic; empty for no preference.</summary>
        public EquatableArray<Criterion> Prefer { get; init; } = [];

        /// <summary>Over all remaining paths at once; null: the best one only.</summary>
        public Balance? Balance { get; init; }

        /// <summary>Every packet over all remaining paths, where the protocol can.</summary>
        public bool Duplicate { get; init; }
    }
}

/// <summary>How flows are spread.</summary>
/// <param name="By">The characteristic that weighs the paths; null: equally.</param>
/// <param name="Per">What stays together.</param>
public sealed record Balance(string? By, BalancePer Per);

/// <summary>What stays on one path under <c>balance</c>.</summary>
public enum BalancePer
{
    /// <summary>All flows between the same two hosts (the default).</summary>
    Peer,

    /// <summary>Each flow by itself.</summary>
    Flow,

    /// <summary>All flows of the same local address.</summary>
    Local,
}

/// <summary>One step of a lexicographic preference.</summary>
public abstract record Criterion
{
    private Criterion()
    {
    }

    /// <summary>By a number.</summary>
    /// <param name="Characteristic">Its name.</param>
    /// <param name="Highest">True: highest first; false: lowest first.</param>
    /// <param name="Within">The tolerance: of the characteristic's dimension, or a <see cref="Dimension.Ratio"/> relative to the best (percentage points for ratios); null: the default (Meaning 5).</param>
    /// <param name="For">How long another path has to be better before flows change over; null: at once.</param>
    public sealed record ByNumber(string Characteristic, bool Highest, Quantity? Within, TimeSpan? For) : Criterion;

    /// <summary>Paths that satisfy it come first.</summary>
    public sealed record ByPredicate(Predicate Predicate) : Criterion;
}
