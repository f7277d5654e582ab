using Waymark.ConditionDecision;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.PathDecision;

/// <summary>What became of one class's flows of one family in one region.</summary>
/// <param name="Action">What is done with them.</param>
/// <param name="Denied">Where established ones may not go on, in order of path.</param>
/// <param name="Shares">The paths that new ones take, and their weights.</param>
/// <param name="Reason">Every path and how it fared; null where nobody asked.</param>
/// <param name="Failure">Why no wish could be met and nothing was said for that case; null where all is well.</param>
/// <param name="HasPaths">Whether any path of the node carries the family at all.</param>
internal sealed record FamilyOutcome(
    FilterAction Action, EquatableArray<PathId> Denied, EquatableArray<PathShare> Shares, FamilyReason? Reason, Failure? Failure, bool HasPaths);

/// <summary>Why a policy could not be resolved.</summary>
/// <param name="Code"><c>WAY3nnn</c>.</param>
/// <param name="Message">One sentence with the mend.</param>
internal sealed record Failure(string Code, string Message);

/// <summary>What every selection of a decision rests on.</summary>
/// <param name="Claims">What holds of paths.</param>
/// <param name="Timers">Since when.</param>
/// <param name="IsHeldDown">Which have been flapping, by index of path.</param>
/// <param name="Facts">Where it is noted what was found; null: nowhere.</param>
internal sealed record SelectionBasis(ClaimEvaluation Claims, HoldTimers Timers, bool[] IsHeldDown, RankingFacts.Growing? Facts);

/// <summary>
/// The heart of module D (paper 5.2; language, Meaning 3, 5 and 6): the paths that satisfy a class's requirement, the ones it likes best among them, and what it
/// falls back to where there is none. One instance a class, region and family, and another for its backup.
/// </summary>
internal sealed class CandidateSelection
{
    private readonly PolicyClass policy;
    private readonly EligiblePaths eligible;
    private readonly ClaimEvaluation claims;
    private readonly bool[] isHeldDown;
    private readonly Ranking ranking;
    private readonly EquatableArray<PathShare> sharesInUse;
    private readonly bool[] isInUse;
    private readonly bool isBackup;
    private readonly bool hasReason;
    private readonly List<WishTrial> failed = [];

    /// <summary>Of a class.</summary>
    /// <param name="policy">The class.</param>
    /// <param name="eligible">The paths that can carry its flows; without the one in use where its backup is looked for.</param>
    /// <param name="basis">What holds.</param>
    /// <param name="inUse">What the last decision chose; null: there was none.</param>
    /// <param name="isBackup">Whether the backup is looked for: only the action counts.</param>
    /// <param name="hasReason">Whether the reason is wanted, which takes many times as long.</param>
    public CandidateSelection(PolicyClass policy, EligiblePaths eligible, SelectionBasis basis, PathsInUse? inUse, bool isBackup = false, bool hasReason = false)
    {
        (this.policy, this.eligible, this.isBackup, this.hasReason) = (policy, eligible, isBackup, hasReason);
        (claims, isHeldDown) = (basis.Claims, basis.IsHeldDown);
        // The two selections wait for a `for` of their own.
        ranking = new(claims, basis.Timers, eligible.Family, () => $"{policy.Key} [{eligible.Region.Key}]{(isBackup ? " backup" : "")}", basis.Facts);
        sharesInUse = inUse?.Shares ?? [];
        isInUse = new bool[eligible.All.Count];
        var stays = false;
        foreach (var share in sharesInUse)
        {
            if (!isBackup && claims.Find(share.Path) is { } path)
            {
                isInUse[path.Index] = true;
                stays |= eligible.Usable.Contains(path);
            }
        }
        // The backup takes over from a path that is lost, and is in use from then on.
        if (!stays && inUse?.Backup is { } id && claims.Find(id) is { } backup)
        {
            Array.Clear(isInUse);
            isInUse[backup.Index] = true;
        }
    }

    /// <summary>Whether the very value of a number decided, not only on which side of a limit it is, or its rank.</summary>
    public bool IsByValue { get; private set; }

    /// <summary>Tries the main wish, then each fallback in order.</summary>
    public FamilyOutcome Select()
    {
        for (var number = 0; number <= policy.Else.Count; number++)
        {
            var action = number == 0 ? policy.Action : policy.Else[number - 1];
            switch (action)
            {
                case PolicyAction.Drop:
                    return Outcome(new FilterAction.Drop(), number, First ?? Try([], refusesAll: true), isServed: false);
                case PolicyAction.Default:
                    return Outcome(new FilterAction.Default(), number, First ?? Try([]), isServed: false);
                case PolicyAction.Closest:
                    if (eligible.Usable.Count > 0)
                    {
                        var stage = Try([]);
                        stage.Choose([Closest(stage)], ordered: eligible.Usable);
                        return Outcome(new FilterAction.Use(stage.Chosen[0].Id), number, stage, isServed: true);
                    }
                    break;
                case PolicyAction.Wish wish:
                {
                    var stage = Try(wish.Require);
                    if (stage.Satisfying.Count == 0)
                    {
                        failed.Add(stage);
                        break;
                    }
                    stage.Rank(wish, ranking, isHeldDown, isInUse);
                    if (wish.Duplicate && stage.Chosen.Where(path => !path.Path.CanDuplicate).MinBy(path => path.Index) is { } plain)
                    {
                        stage.Refuse(path => !path.Path.CanDuplicate);
                        return Outcome(new FilterAction.Default(), null, stage, isServed: false) with
                        {
                            Failure = new("WAY3004", $"'duplicate' needs paths whose protocol can send each packet twice, and path '{plain.Path.Name}' ({plain.Id.Protocol}) cannot: leave 'duplicate' out, or require 'movable'"),
                        };
                    }
                    return Outcome(Action(wish, stage), number, stage, isServed: true);
                }
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }
        return Outcome(new FilterAction.Default(), null, First ?? Try([]), isServed: false) with
        {
            Failure = eligible.Usable.Count == 0
                ? new("WAY3001", $"no path carries {FamilyName} at the moment: its flows are left to the system's own routing; an 'else' would say what else to do")
                : new("WAY3002", $"no path satisfies the requirement for {FamilyName}: its flows are left to the system's own routing; an 'else' would say what else to do"),
        };
    }

    /// <summary>The first wish that failed: how paths fared is told by it where none served.</summary>
    private WishTrial? First => failed.Count > 0 ? failed[0] : null;

    private WishTrial Try(EquatableArray<Predicate> require, bool refusesAll = false) => new(eligible, claims, require, refusesAll, hasReason);

    private string FamilyName => eligible.Family == IpFamily.V4 ? "IPv4" : "IPv6";

    private FilterAction Action(PolicyAction.Wish wish, WishTrial stage)
    {
        if (wish.Duplicate)
        {
            return new FilterAction.Duplicate(stage.Chosen.Select(path => path.Id).Order().ToEquatableArray());
        }
        if (wish.Balance is { } balance && stage.Chosen.Count > 1)
        {
            IsByValue |= balance.By is not null;
            var weights = stage.Chosen.Select(path => (path.Id, balance.By is null ? 1 : path.Look(balance.By, eligible.Family)?.Value.Number)).ToList();
            return new FilterAction.Spread(BalanceShares.Of(weights, sharesInUse), balance.Per);
        }
        return new FilterAction.Use(stage.Chosen[0].Id);
    }

    private FamilyOutcome Outcome(FilterAction action, int? number, WishTrial stage, bool isServed)
    {
        if (isBackup)
        {
            return new(action, [], [], null, null, eligible.HasPaths);
        }
        var shares = action switch
        {
            FilterAction.Use(var path) => (EquatableArray<PathShare>)[new PathShare(path, 1)],
            FilterAction.Spread(var spread, _) => spread,
            FilterAction.Duplicate(var paths) => paths.Select(path => new PathShare(path, 1)).ToEquatableArray(),
            _ => default(EquatableArray<PathShare>),
        };
        var reason = hasReason ? new FamilyReason(eligible.Family, number, stage.Candidates(isServed, failed)) : null;
        return new(action, Denied(stage, isServed), shares, reason, null, eligible.HasPaths);
    }

    /// <summary>
    /// Where established flows may not go on (Meaning 6). Strict: wherever it has not been seen that the path satisfies, from the start. <c>move</c>: on every path but
    /// the chosen. <c>keep</c>: on a path that is down or violates, while there is another to go to; one whose measurement is merely missing is left alone.
    /// </summary>
    private EquatableArray<PathId> Denied(WishTrial stage, bool isServed)
    {
        var denied = new List<PathId>();
        foreach (var path in eligible.All)
        {
            if (IsDenied(path, stage, isServed))
            {
                denied.Add(path.Id);
            }
        }
        return denied.ToEquatableArray();
    }

    private bool IsDenied(PathState path, WishTrial stage, bool isServed)
    {
        var isChosen = isServed && stage.Chosen.Contains(path);
        if (policy.IsStrict || policy.Established == Established.Cut)
        {
            // A `cut` that has nowhere to go is cut only where its last word is drop.
            return (policy.IsStrict || isServed) && !stage.Satisfies(path) && !isChosen;
        }
        if (!isServed || isChosen || path.Path.IsMovable)
        {
            return false;
        }
        return policy.Established == Established.Move || (!stage.Satisfies(path) && stage.Verdict(path) != CandidateVerdict.Unknown);
    }

    /// <summary>The smallest sum over the violated claims of the main requirement of |value - limit| / limit, 1 for what has no distance (Meaning 3).</summary>
    private PathState Closest(WishTrial stage)
    {
        IsByValue = true;
        var require = policy.Action is PolicyAction.Wish wish ? wish.Require : [];
        var best = eligible.Usable[0];
        var least = double.PositiveInfinity;
        foreach (var path in ranking.Order(eligible.Usable, []))
        {
            var distance = 0.0;
            foreach (var predicate in require)
            {
                distance += Distance(predicate, path, stage.Findings?.Of(path));
            }
            if (distance < least || (distance == least && isInUse[path.Index] && !isInUse[best.Index]))
            {
                (best, least) = (path, distance);
            }
        }
        return best;
    }

    private double Distance(Predicate predicate, PathState path, List<Finding>? findings)
    {
        if (predicate is Predicate.And(var operands))
        {
            return operands.Sum(operand => Distance(operand, path, findings));
        }
        if (predicate is Predicate.Or(var alternatives))
        {
            return alternatives.Min(operand => Distance(operand, path, findings));
        }
        if (claims.Evaluate(predicate, path, eligible.Family, findings) == Truth.True)
        {
            return 0;
        }
        return predicate is Predicate.Compare compare && path.Look(compare.Characteristic, eligible.Family) is { } measured && compare.Limit.Value != 0
            && double.IsFinite(measured.Value.Number)
            ? Math.Abs((measured.Value.Number - compare.Limit.ToDouble()) / compare.Limit.ToDouble())
            : 1;
    }
}
