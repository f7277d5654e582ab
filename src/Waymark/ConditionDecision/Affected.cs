namespace Waymark.ConditionDecision;

/// <summary>What changes of characteristics have reached, by index: to be decided anew.</summary>
internal sealed class Affected
{
    /// <summary>A claim of the class has another answer.</summary>
    public HashSet<int> Classes { get; } = [];

    /// <summary>A number has changed that the class may have chosen by.</summary>
    public HashSet<int> Weighing { get; } = [];

    /// <summary>A claim in the condition has another answer.</summary>
    public HashSet<int> Conditions { get; } = [];

    /// <summary>How many claims were asked.</summary>
    public int Asked { get; private set; }

    /// <summary>Asks a claim of a path that has changed.</summary>
    public void Ask(PredicateIndex.Claim claim, PathState before, PathState after)
    {
        Asked++;
        if (ClaimEvaluation.Differs(claim.Predicate, before, after))
        {
            Classes.UnionWith(claim.Classes);
            Conditions.UnionWith(claim.Conditions);
        }
    }
}
