using Waymark.ConditionDecision;

namespace Waymark.Policies.Language;

/// <summary>Numbers for the guards of policies, equal exactly where the guards are: pairs of policies are compared by them, for a condition may be as long as the text.</summary>
internal sealed class GuardNumbers
{
    private readonly Dictionary<Condition, int> conditions = [];

    /// <summary>The numbers of a policy's guards. That of the same condition in the other block (<c>otherwise</c>) differs in the lowest bit.</summary>
    public int[] Of(EquatableArray<Guard> guards)
    {
        var numbers = new int[guards.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!conditions.TryGetValue(guards[i].Condition, out var number))
            {
                conditions.Add(guards[i].Condition, number = conditions.Count);
            }
            numbers[i] = (2 * number) + (guards[i].Holds ? 1 : 0);
        }
        return numbers;
    }

    /// <summary>Whether whoever has the later guards is elected only where who has the earlier ones is.</summary>
    public static bool Covers(int[] earlier, int[] later)
    {
        foreach (var guard in earlier)
        {
            if (Array.IndexOf(later, guard) < 0)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Whether the two are never elected together.</summary>
    public static bool AreExclusive(int[] one, int[] other)
    {
        foreach (var guard in one)
        {
            if (Array.IndexOf(other, guard ^ 1) >= 0)
            {
                return true;
            }
        }
        return false;
    }
}
