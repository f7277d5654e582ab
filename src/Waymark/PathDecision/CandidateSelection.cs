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
/// <param name="Reason">Every path and how it fared.</param>
/// <param name="Failure">Why no wish could be met and nothing was said for that case; null where all is well.</param>
/// <param name="HasPaths">Whether any path of the node carries the family at all.</param>
internal sealed record FamilyOutcome(
    FilterAction Action, EquatableArray<PathId> Denied, EquatableArray<PathShare> Shares, FamilyReason Reason, Failure? Failure, bool HasPaths);

/// <summary>Why a policy could not be resolved.</summary>
/// <param name="Code"><c>WAY3nnn</c>.</param>
/// <param name="Message">One sentence with the mend.</param>
internal sealed record Failure(string Code, string Message);

/// <summary>
/// The heart of module D (paper 5.2; language, Meaning 3, 5 and 6): the paths that satisfy a class's requirement, the ones it likes best among them, and what it
/// falls back to where there is none. One instance a class, region and family, and another for its backup.
/// </summary>
internal sealed class CandidateSelection
{
    private readonly PolicyClass policy;
    private readonly ScopeRegion region;
    private readonly IpFamily family;
    private readonly World world;
    private readonly ClaimEvaluation claims;
    private readonly Ranking ranking;
    private readonly HashSet<PathId> suppressed;
    private readonly EquatableArray<PathShare> sharesInUse;
    private readonly HashSet<PathId> used;
    private readonly Dictionary<PathId, CandidateVerdict> excluded = [];
    private readonly List<Path> usable = [];
    private readonly bool hasPaths;

    /// <summary>Sorts out what cannot carry the flows.</summary>
    /// <param name="policy">The class.</param>
    /// <param name="region">The region.</param>
    /// <param name="family">Of which flows.</param>
    /// <param name="world">The decision's world.</param>
    /// <param name="claims">What holds of paths.</param>
    /// <param name="timers">Since when.</param>
    /// <param name="suppressed">Paths that are held down.</param>
    /// <param name="inUse">What the last decision chose; null: there was none.</param>
    /// <param name="lost">A path that counts as down although it is up: the one in use, when its backup is looked for.</param>
    public CandidateSelection(
        PolicyClass policy, ScopeRegion region, IpFamily family, World world, ClaimEvaluation claims, HoldTimers timers, HashSet<PathId> suppressed, PathsInUse? inUse, PathId? lost = null)
    {
        (this.policy, this.region, this.family, this.world, this.claims, this.suppressed) = (policy, region, family, world, claims, suppressed);
        sharesInUse = inUse?.Shares ?? [];
        used = lost is null ? [.. sharesInUse.Select(share => share.Path)] : [];
        // The two selections wait for a `for` of their own.
        ranking = new(claims, timers, family, lost is null ? $"{policy.Key} [{region.Key}]" : $"{policy.Key} [{region.Key}] backup");
        var inRegion = region.Paths.Select(path => path.Id).ToHashSet();
        foreach (var path in world.Paths.Paths)
        {
            hasPaths |= path.Half(family) is not null;
            if (!inRegion.Contains(path.Id))
            {
                excluded[path.Id] = CandidateVerdict.OutOfScope;
            }
            else if (claims.IsDisabled(path))
            {
                excluded[path.Id] = CandidateVerdict.Disabled;
            }
            else if (path.Half(family) is null)
            {
                excluded[path.Id] = CandidateVerdict.NoFamily;
            }
            else if (path.Id == lost || !claims.IsUp(path, family))
            {
                excluded[path.Id] = CandidateVerdict.Down;
            }
            else
            {
                usable.Add(path);
            }
        }
        // The backup takes over from a path that is lost, and is in use from then on.
        if (inUse?.Backup is { } backup && !usable.Any(path => used.Contains(path.Id)))
        {
            used = [backup];
        }
    }

    /// <summary>Tries the main wish, then each fallback in order.</summary>
    public FamilyOutcome Select()
    {
        Stage? first = null;
        for (var number = 0; number <= policy.Else.Count; number++)
        {
            var action = number == 0 ? policy.Action : policy.Else[number - 1];
            switch (action)
            {
                case PolicyAction.Drop:
                    return Outcome(new FilterAction.Drop(), number, first ?? new(this, [], refusesAll: true), isServed: false);
                case PolicyAction.Default:
                    return Outcome(new FilterAction.Default(), number, first ?? new(this, []), isServed: false);
                case PolicyAction.Closest:
                    if (usable.Count > 0)
                    {
                        var stage = new Stage(this, []);
                        stage.Choose([Closest(stage)], ordered: usable);
                        return Outcome(new FilterAction.Use(stage.Chosen[0].Id), number, stage, isServed: true);
                    }
                    break;
                case PolicyAction.Wish wish:
                {
                    var stage = new Stage(this, wish.Require);
                    first ??= stage;
                    if (stage.Satisfying.Count == 0)
                    {
                        break;
                    }
                    stage.Rank(wish);
                    if (wish.Duplicate && stage.Chosen.FirstOrDefault(path => !path.CanDuplicate) is { } plain)
                    {
                        return Outcome(new FilterAction.Default(), null, stage, isServed: false) with
                        {
                            Failure = new("WAY3004", $"'duplicate' needs paths whose protocol can send each packet twice, and path '{plain.Name}' ({plain.Id.Protocol}) cannot: leave 'duplicate' out, or require 'movable'"),
                        };
                    }
                    return Outcome(Action(wish, stage), number, stage, isServed: true);
                }
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }
        return Outcome(new FilterAction.Default(), null, first ?? new(this, []), isServed: false) with
        {
            Failure = usable.Count == 0
                ? new("WAY3001", $"no path carries {FamilyName} at the moment: its flows are left to the system's own routing; an 'else' would say what else to do")
                : new("WAY3002", $"no path satisfies the requirement for {FamilyName}: its flows are left to the system's own routing; an 'else' would say what else to do"),
        };
    }

    private string FamilyName => family == IpFamily.V4 ? "IPv4" : "IPv6";

    private FilterAction Action(PolicyAction.Wish wish, Stage stage)
    {
        if (wish.Duplicate)
        {
            return new FilterAction.Duplicate(stage.Chosen.Select(path => path.Id).Order().ToEquatableArray());
        }
        if (wish.Balance is { } balance && stage.Chosen.Count > 1)
        {
            var weights = stage.Chosen.Select(path => (path.Id, balance.By is null ? 1 : claims.Look(path, balance.By, family)?.Value.Number)).ToList();
            return new FilterAction.Spread(Sixteenths.Of(weights, sharesInUse), balance.Per);
        }
        return new FilterAction.Use(stage.Chosen[0].Id);
    }

    private FamilyOutcome Outcome(FilterAction action, int? number, Stage stage, bool isServed)
    {
        var shares = action switch
        {
            FilterAction.Use(var path) => (EquatableArray<PathShare>)[new PathShare(path, 1)],
            FilterAction.Spread(var spread, _) => spread,
            FilterAction.Duplicate(var paths) => paths.Select(path => new PathShare(path, 1)).ToEquatableArray(),
            _ => default(EquatableArray<PathShare>),
        };
        return new(action, Denied(stage, shares, isServed), shares, new(family, number, stage.Candidates(isServed)), null, hasPaths);
    }

    /// <summary>
    /// Where established flows may not go on (Meaning 6). Strict: wherever it has not been seen that the path satisfies, from the start. <c>move</c>: on every path but
    /// the chosen. <c>keep</c>: on a path that is down or violates, while there is another to go to; one whose measurement is merely missing is left alone.
    /// </summary>
    private EquatableArray<PathId> Denied(Stage stage, EquatableArray<PathShare> shares, bool isServed)
    {
        var chosen = shares.Select(share => share.Path).ToHashSet();
        bool IsDenied(Path path)
        {
            if (policy.IsStrict || policy.Established == Established.Cut)
            {
                // A `cut` that has nowhere to go is cut only where its last word is drop.
                return (policy.IsStrict || isServed) && !stage.Satisfies(path.Id) && !chosen.Contains(path.Id);
            }
            if (!isServed || chosen.Contains(path.Id) || path.IsMovable)
            {
                return false;
            }
            return policy.Established == Established.Move || (!stage.Satisfies(path.Id) && stage.Verdict(path.Id) != CandidateVerdict.Unknown);
        }
        return world.Paths.Paths.Where(IsDenied).Select(path => path.Id).ToEquatableArray();
    }

    /// <summary>The smallest sum over the violated claims of the main requirement of |value - limit| / limit, 1 for what has no distance (Meaning 3).</summary>
    private Path Closest(Stage stage)
    {
        var require = policy.Action is PolicyAction.Wish wish ? wish.Require : [];
        Path best = usable[0];
        var least = double.PositiveInfinity;
        foreach (var path in ranking.Order(usable, []))
        {
            var distance = 0.0;
            foreach (var predicate in require)
            {
                distance += Distance(predicate, path, stage.Findings(path.Id));
            }
            if (distance < least || (distance == least && used.Contains(path.Id) && !used.Contains(best.Id)))
            {
                (best, least) = (path, distance);
            }
        }
        return best;
    }

    private double Distance(Predicate predicate, Path path, List<Finding> findings)
    {
        if (predicate is Predicate.And(var operands))
        {
            return operands.Sum(operand => Distance(operand, path, findings));
        }
        if (predicate is Predicate.Or(var alternatives))
        {
            return alternatives.Min(operand => Distance(operand, path, findings));
        }
        if (claims.Evaluate(predicate, path, family, findings) == Truth.True)
        {
            return 0;
        }
        return predicate is Predicate.Compare compare && claims.Look(path, compare.Characteristic, family) is { } measured && compare.Limit.Value != 0
            && double.IsFinite(measured.Value.Number)
            ? Math.Abs((measured.Value.Number - compare.Limit.ToDouble()) / compare.Limit.ToDouble())
            : 1;
    }

    /// <summary>One wish tried: which of the usable paths satisfy it, and how they rank.</summary>
    private sealed class Stage
    {
        private readonly CandidateSelection selection;
        private readonly Dictionary<PathId, CandidateVerdict> verdicts;
        private readonly Dictionary<PathId, List<Finding>> findings = [];
        private readonly HashSet<PathId> satisfying;
        private List<Path> ranked = [];

        public Stage(CandidateSelection selection, EquatableArray<Predicate> require, bool refusesAll = false)
        {
            this.selection = selection;
            verdicts = new(selection.excluded);
            Satisfying = [];
            foreach (var path in selection.usable)
            {
                var truth = Kleene.Of(!refusesAll);
                foreach (var predicate in require)
                {
                    truth = Kleene.And(truth, selection.claims.Evaluate(predicate, path, selection.family, Findings(path.Id)));
                }
                if (truth == Truth.True)
                {
                    Satisfying.Add(path);
                }
                else
                {
                    verdicts[path.Id] = truth == Truth.False ? CandidateVerdict.Violates : CandidateVerdict.Unknown;
                }
            }
            satisfying = [.. Satisfying.Select(path => path.Id)];
        }

        public List<Path> Satisfying { get; }

        public List<Path> Chosen { get; private set; } = [];

        public bool Satisfies(PathId path) => satisfying.Contains(path);

        public CandidateVerdict Verdict(PathId path) => verdicts.GetValueOrDefault(path, CandidateVerdict.NotPreferred);

        public List<Finding> Findings(PathId path)
        {
            if (!findings.TryGetValue(path, out var list))
            {
                findings.Add(path, list = []);
            }
            return list;
        }

        /// <summary>Orders the satisfying paths by the preference and chooses.</summary>
        public void Rank(PolicyAction.Wish wish)
        {
            var free = Satisfying.Where(path => !selection.suppressed.Contains(path.Id)).ToList();
            var field = free.Count > 0 ? free : Satisfying;
            foreach (var path in Satisfying)
            {
                if (!field.Contains(path))
                {
                    verdicts[path.Id] = CandidateVerdict.HeldDown;
                }
            }
            var best = selection.ranking.Filter(field, wish.Prefer, selection.used, Findings);
            var order = selection.ranking.Order(field, wish.Prefer);
            if (wish.Balance is not null || wish.Duplicate)
            {
                Choose([.. order.Where(best.Contains)], order);
                return;
            }
            var kept = order.FirstOrDefault(path => best.Contains(path) && selection.used.Contains(path.Id));
            var first = order.First(best.Contains);
            Choose([kept ?? first], order);
            if (kept is not null)
            {
                foreach (var path in order.TakeWhile(path => path != kept).Where(best.Contains))
                {
                    verdicts[path.Id] = CandidateVerdict.KeptOther;
                }
            }
        }

        public void Choose(List<Path> chosen, List<Path> ordered)
        {
            Chosen = chosen;
            ranked = ordered;
            foreach (var path in ordered)
            {
                verdicts[path.Id] = CandidateVerdict.NotPreferred;
            }
            foreach (var path in chosen)
            {
                verdicts[path.Id] = CandidateVerdict.Chosen;
            }
        }

        public EquatableArray<Candidate> Candidates(bool isServed)
        {
            var first = isServed ? Chosen.Concat(ranked.Where(path => !Chosen.Contains(path))) : [];
            var ordered = first.ToList();
            return ordered.Concat(selection.world.Paths.Paths.Where(path => !ordered.Contains(path)))
                .Select(path => new Candidate(path.Id, Verdict(path.Id), findings.TryGetValue(path.Id, out var list) ? list.ToEquatableArray() : []))
                .ToEquatableArray();
        }
    }
}
