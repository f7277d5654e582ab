using Waymark.ConditionDecision;
using Waymark.Flows;

namespace Waymark.PathDecision;

/// <summary>What changed from one decision to the next, and which classes and conditions that reaches.</summary>
internal sealed class DecisionChanges
{
    private readonly DateTimeOffset now;
    private readonly Affected affected = new();
    private readonly bool[] falseFacts = [];
    private readonly bool hasFalseFacts;
    private readonly bool arePeersOthers;

    /// <summary>Looks.</summary>
    /// <param name="last">The decision before; null: there is none.</param>
    /// <param name="before">What it was put together from, where the regions of scopes are the same; else null.</param>
    /// <param name="world">The world now.</param>
    /// <param name="plan">Its policies.</param>
    /// <param name="claims">Its paths.</param>
    /// <param name="isHeldDown">Which paths have been flapping, by index.</param>
    public DecisionChanges(DecisionState? last, DecisionParts? before, World world, PolicyPlan plan, ClaimEvaluation claims, bool[] isHeldDown)
    {
        now = world.Now;
        // A path that comes, goes or is held down may be anybody's.
        IsAll = last is null || before is null || last.World.Paths != world.Paths || last.World.Disabled != world.Disabled || before.Facts.IsWorn
            || !isHeldDown.AsSpan().SequenceEqual(before.IsHeldDown) || !claims.Paths.Zip(before.Paths).All(pair => AreUpAlike(pair.First, pair.Second));
        if (!IsAll)
        {
            arePeersOthers = last!.World.ConnectedPeers != world.ConnectedPeers;
            falseFacts = Follow(before!, plan, claims);
            hasFalseFacts = falseFacts.Contains(true);
            IsTimeUp = before!.ReviewAt <= now;
        }
    }

    /// <summary>Whether everything is to be decided anew.</summary>
    public bool IsAll { get; }

    /// <summary>Whether something that a class or a condition waits for has come.</summary>
    public bool IsTimeUp { get; }

    /// <summary>Whether any condition may be reached.</summary>
    public bool MayReachConditions => IsAll || arePeersOthers || IsTimeUp || affected.Conditions.Count > 0;

    /// <summary>The classes whose claims have other answers, by index; null: each has to be asked whether it is reached.</summary>
    public IReadOnlyCollection<int>? Classes => IsAll || IsTimeUp || hasFalseFacts || affected.Weighing.Count > 0 ? null : affected.Classes;

    /// <summary>How many claims were asked whether they have another answer.</summary>
    public int Asked => affected.Asked;

    /// <summary>How many facts of rankings were looked at again.</summary>
    public int Rankings { get; private set; }

    /// <summary>Whether they reach a class that was decided as in <paramref name="entry"/>.</summary>
    public bool Reach(ClassEntry entry, int index)
    {
        if (IsAll || !entry.IsSettled || entry.Waiting.ReviewAt <= now || affected.Classes.Contains(index) || (entry.IsByValue && affected.Weighing.Contains(index)))
        {
            return true;
        }
        foreach (var fact in entry.Facts)
        {
            if (falseFacts[fact])
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether they reach a condition that was evaluated as in <paramref name="entry"/>.</summary>
    public bool Reach(ConditionEntry entry, int index) => IsAll || arePeersOthers || entry.Waiting.ReviewAt <= now || affected.Conditions.Contains(index);

    /// <summary>Follows each value that changed to the claims whose limit it met or crossed and the facts that it made false.</summary>
    private bool[] Follow(DecisionParts before, PolicyPlan plan, ClaimEvaluation claims)
    {
        var changed = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var (path, was) in claims.Paths.Zip(before.Paths))
        {
            foreach (var characteristic in path.ChangedSince(was))
            {
                plan.Index.Mark(characteristic, was, path, affected);
                changed[characteristic] = changed.GetValueOrDefault(characteristic) | (1ul << path.Index);
            }
        }
        var known = before.Facts.All;
        var isFalse = new bool[known.Length];
        for (var i = 0; i < known.Length && changed.Count > 0; i++)
        {
            if (known[i].Concerns(changed))
            {
                Rankings++;
                isFalse[i] = !known[i].Holds(claims.Paths);
            }
        }
        return isFalse;
    }

    private static bool AreUpAlike(PathState a, PathState b) => a.IsUp(IpFamily.V4) == b.IsUp(IpFamily.V4) && a.IsUp(IpFamily.V6) == b.IsUp(IpFamily.V6);
}
