namespace Waymark.FilterRules;

/// <summary>What is to be enforced: ordered rules and the classes that they name. Two equal sets need nothing done.</summary>
/// <param name="Rules">In order of precedence: the first match decides. A packet that none matches is left to the operating system, untouched.</param>
/// <param name="Classes">In order of number; every class that a rule names is here.</param>
public sealed record FilterRuleSet(EquatableArray<FilterRule> Rules, EquatableArray<FilterClass> Classes)
{
    /// <summary>Enforces nothing.</summary>
    public static FilterRuleSet Empty { get; } = new([], []);
}
