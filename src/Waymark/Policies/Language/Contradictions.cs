namespace Waymark.Policies.Language;

/// <summary>Finds claims that exclude each other whatever is measured.</summary>
internal static class Contradictions
{
    /// <summary>Each pair is compared; nobody writes more claims than that in one policy.</summary>
    private const int MostClaims = 300;

    /// <summary>Two claims that cannot both hold; null where there are none.</summary>
    public static (Predicate One, Predicate Other)? Between(IEnumerable<Predicate> claims)
    {
        var all = claims.SelectMany(Conjuncts).Take(MostClaims).ToList();
        for (var i = 0; i < all.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (Exclude(all[j], all[i]))
                {
                    return (all[j], all[i]);
                }
            }
        }
        return null;
    }

    private static IEnumerable<Predicate> Conjuncts(Predicate predicate) => predicate is Predicate.And(var operands) ? operands.SelectMany(Conjuncts) : [predicate];

    private static bool Exclude(Predicate a, Predicate b) => (a, b) switch
    {
        (Predicate.Not(var inner), _) when inner == b => true,
        (_, Predicate.Not(var inner)) when inner == a => true,
        (Predicate.Is x, Predicate.Is y) => x.Characteristic == y.Characteristic && ((x.Equal && y.Equal && x.Word != y.Word) || (x.Equal != y.Equal && x.Word == y.Word)),
        (Predicate.Label x, Predicate.Label y) => x.Key == y.Key && ((x.Equal && y.Equal && x.Value != y.Value) || (x.Equal != y.Equal && x.Value == y.Value)),
        (Predicate.Compare x, Predicate.Compare y) => x.Characteristic == y.Characteristic && x.Limit.Dimension == y.Limit.Dimension && IsEmpty(x, y),
        _ => false,
    };

    /// <summary>Whether no number is in both: none of the candidates around the two limits is.</summary>
    private static bool IsEmpty(Predicate.Compare x, Predicate.Compare y)
    {
        decimal a = x.Limit.Value, b = y.Limit.Value;
        ReadOnlySpan<decimal> candidates = [a, b, (a / 2) + (b / 2), Math.Min(a, b) - 1, Math.Max(a, b) + 1];
        foreach (var candidate in candidates)
        {
            if (Holds(x, candidate) && Holds(y, candidate))
            {
                return false;
            }
        }
        return true;
    }

    private static bool Holds(Predicate.Compare claim, decimal value) => claim.Comparison switch
    {
        Comparison.Less => value < claim.Limit.Value,
        Comparison.LessOrEqual => value <= claim.Limit.Value,
        Comparison.Greater => value > claim.Limit.Value,
        Comparison.GreaterOrEqual => value >= claim.Limit.Value,
        Comparison.Equal => value == claim.Limit.Value,
        Comparison.NotEqual => value != claim.Limit.Value,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
