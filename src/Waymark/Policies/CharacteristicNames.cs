using System.Diagnostics;

namespace Waymark.Policies;

/// <summary>Which characteristics policies speak of: what has to be measured and told.</summary>
public static class CharacteristicNames
{
    /// <summary>Every name in conditions, requirements, preferences and balances of <paramref name="sets"/>; labels are not among them.</summary>
    public static IReadOnlySet<string> In(IEnumerable<PolicySet> sets)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var set in sets)
        {
            Add(names, set.Statements);
        }
        return names;
    }

    private static void Add(SortedSet<string> names, EquatableArray<Statement> statements)
    {
        foreach (var statement in statements)
        {
            switch (statement)
            {
                case PolicyRule rule:
                    Add(names, rule.Condition);
                    Add(names, rule.Then);
                    Add(names, rule.Otherwise);
                    break;
                case Policy policy:
                    foreach (var wish in policy.Else.Prepend(policy.Action).OfType<PolicyAction.Wish>())
                    {
                        Add(names, wish);
                    }
                    break;
                default:
                    throw new UnreachableException();
            }
        }
    }

    private static void Add(SortedSet<string> names, PolicyAction.Wish wish)
    {
        foreach (var predicate in wish.Require)
        {
            Add(names, predicate);
        }
        foreach (var criterion in wish.Prefer)
        {
            switch (criterion)
            {
                case Criterion.ByNumber number:
                    names.Add(number.Characteristic);
                    break;
                case Criterion.ByPredicate holds:
                    Add(names, holds.Predicate);
                    break;
                default:
                    throw new UnreachableException();
            }
        }
        if (wish.Balance?.By is { } weight)
        {
            names.Add(weight);
        }
    }

    private static void Add(SortedSet<string> names, Condition condition)
    {
        switch (condition)
        {
            case Condition.And and:
                Each(and.Operands);
                break;
            case Condition.Or or:
                Each(or.Operands);
                break;
            case Condition.Not not:
                Add(names, not.Operand);
                break;
            case Condition.For lasting:
                Add(names, lasting.Operand);
                break;
            case Condition.Quantified { Predicate: { } predicate }:
                Add(names, predicate);
                break;
            case Condition.Count { Predicate: { } predicate }:
                Add(names, predicate);
                break;
            case Condition.NamedPath path:
                Add(names, path.Predicate);
                break;
            case Condition.Always or Condition.Quantified or Condition.Count or Condition.Time or Condition.Day or Condition.PeerConnected:
                break;
            default:
                throw new UnreachableException();
        }

        void Each(EquatableArray<Condition> operands)
        {
            foreach (var operand in operands)
            {
                Add(names, operand);
            }
        }
    }

    private static void Add(SortedSet<string> names, Predicate predicate)
    {
        switch (predicate)
        {
            case Predicate.And and:
                Each(and.Operands);
                break;
            case Predicate.Or or:
                Each(or.Operands);
                break;
            case Predicate.Not not:
                Add(names, not.Operand);
                break;
            case Predicate.For lasting:
                Add(names, lasting.Operand);
                break;
            case Predicate.Compare compare:
                names.Add(compare.Characteristic);
                break;
            case Predicate.Is word:
                names.Add(word.Characteristic);
                break;
            case Predicate.Flag flag:
                names.Add(flag.Characteristic);
                break;
            case Predicate.Label:
                break;
            default:
                throw new UnreachableException();
        }

        void Each(EquatableArray<Predicate> operands)
        {
            foreach (var operand in operands)
            {
                Add(names, operand);
            }
        }
    }
}
