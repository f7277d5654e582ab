using Waymark.Units;

namespace Waymark.PathExamination;

/// <summary>How much probing a path may cost (node file, <c>probe-budget</c>), requests and answers together, as IP packets.</summary>
/// <param name="Volume">Bytes, above 0.</param>
/// <param name="Per">In what time.</param>
public sealed record ProbeAllowance(Quantity Volume, BudgetPeriod Per)
{
    /// <summary>
    /// Of a metered path about which nothing is said: 155 MB in a month of 31 days, 3 % of a contract of 5 GB. Two resolvers in both families can be asked every 7 s with it, each time a path
    /// falls silent a few times a second; as by default it would be 32 MB a day.
    /// </summary>
    public static ProbeAllowance OfMetered { get; } = new(new(5_000_000, Dimension.Volume), BudgetPeriod.Day);

    /// <summary>Bytes a day that never add up to more than is allowed: a month has 31 of them.</summary>
    public long BytesPerDay => (long)(Volume.Value / Per switch { BudgetPeriod.Day => 1, BudgetPeriod.Week => 7, BudgetPeriod.Month => 31, _ => throw new System.Diagnostics.UnreachableException() });

    /// <summary>As the node file writes it.</summary>
    public override string ToString() => $"{Unit.Print(Volume)} / {Word(Per)}";

    /// <summary>The word of the node file.</summary>
    public static string Word(BudgetPeriod per) => per switch
    {
        BudgetPeriod.Day => "day",
        BudgetPeriod.Week => "week",
        BudgetPeriod.Month => "month",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>In what time a budget may be spent.</summary>
public enum BudgetPeriod
{
    /// <summary>24 hours, any.</summary>
    Day,

    /// <summary>Seven days, any.</summary>
    Week,

    /// <summary>31 days, any.</summary>
    Month,
}
