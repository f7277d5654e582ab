using Waymark.ConditionDecision;
using Waymark.Flows;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.PathDecision;

/// <summary>One wish tried: which of the eligible paths satisfy it, and how they rank.</summary>
internal sealed class WishTrial
{
    private readonly EligiblePaths eligible;
    private readonly CandidateVerdict[] verdicts;
    private readonly bool[] satisfies;
    private List<PathState> ranked = [];

    /// <summary>Asks each eligible path for the requirement.</summary>
    /// <param name="eligible">The paths.</param>
    /// <param name="claims">What holds of them.</param>
    /// <param name="require">What is required.</param>
    /// <param name="refusesAll">Whether no path shall do, as <c>drop</c> wants it.</param>
    /// <param name="hasFindings">Whether what is looked at is noted.</param>
    public WishTrial(EligiblePaths eligible, ClaimEvaluation claims, EquatableArray<Predicate> require, bool refusesAll, bool hasFindings)
    {
        this.eligible = eligible;
        verdicts = eligible.Verdicts();
        satisfies = new bool[verdicts.Length];
        Findings = hasFindings ? new(verdicts.Length) : null;
        foreach (var path in eligible.Usable)
        {
            var truth = Kleene.Of(!refusesAll);
            foreach (var predicate in require)
            {
                truth = Kleene.And(truth, claims.Evaluate(predicate, path, eligible.Family, Findings?.Of(path)));
            }
            if (truth == Truth.True)
            {
                Satisfying.Add(path);
                satisfies[path.Index] = true;
            }
            else
            {
                verdicts[path.Index] = truth == Truth.False ? CandidateVerdict.Violates : CandidateVerdict.Unknown;
            }
        }
    }

    /// <summary>The paths that satisfy, in order of path.</summary>
    public List<PathState> Satisfying { get; } = [];

    /// <summary>The paths that were chosen among them, the best first.</summary>
    public List<PathState> Chosen { get; private set; } = [];

    /// <summary>What was looked at; null where nobody wants to know.</summary>
    public PathFindings? Findings { get; }

    /// <summary>Whether the path satisfies.</summary>
    public bool Satisfies(PathState path) => satisfies[path.Index];

    /// <summary>How the path fared.</summary>
    public CandidateVerdict Verdict(PathState path) => verdicts[path.Index];

    /// <summary>Orders the satisfying paths by the preference and chooses.</summary>
    public void Rank(PolicyAction.Wish wish, Ranking ranking, bool[] isHeldDown, bool[] isInUse)
    {
        var free = Satisfying.FindAll(path => !isHeldDown[path.Index]);
        var field = Satisfying;
        if (free.Count > 0 && free.Count < Satisfying.Count)
        {
            field = free;
            foreach (var path in Satisfying)
            {
                if (isHeldDown[path.Index])
                {
                    verdicts[path.Index] = CandidateVerdict.HeldDown;
                }
            }
        }
        var first = ranking.Order(ranking.Filter(field, wish.Prefer, isInUse, Findings), wish.Prefer);
        // Only who reads the reason wants to know the order of the others.
        var order = Findings is null ? first : ranking.Order(field, wish.Prefer);
        if (wish.Balance is not null || wish.Duplicate)
        {
            Choose(first, order);
            return;
        }
        // Staying spares flows a move for the sake of a measurement. Where there is none, the system's own order decides, as it did at first.
        var kept = wish.Prefer.IsEmpty || ranking.TellsApart(first, wish.Prefer) ? first.FindIndex(path => isInUse[path.Index]) : -1;
        Choose([first[Math.Max(kept, 0)]], order);
        for (var i = 0; i < kept; i++)
        {
            verdicts[first[i].Index] = CandidateVerdict.KeptOther;
        }
    }

    /// <summary>Takes <paramref name="chosen"/> out of those in <paramref name="ordered"/>.</summary>
    public void Choose(List<PathState> chosen, List<PathState> ordered)
    {
        Chosen = chosen;
        ranked = ordered;
        foreach (var path in ordered)
        {
            verdicts[path.Index] = CandidateVerdict.NotPreferred;
        }
        foreach (var path in chosen)
        {
            verdicts[path.Index] = CandidateVerdict.Chosen;
        }
    }

    /// <summary>The paths were chosen and cannot do it after all.</summary>
    public void Refuse(Predicate<PathState> cannot)
    {
        foreach (var path in Chosen)
        {
            verdicts[path.Index] = cannot(path) ? CandidateVerdict.Violates : CandidateVerdict.NotPreferred;
        }
    }

    /// <summary>What was wrong with the answers of a path to probes of the family that is decided, or of either; null: nothing.</summary>
    private Finding? Answered(PathState path)
    {
        foreach (var family in eligible.Family is { } one ? [one] : new[] { IpFamily.V4, IpFamily.V6 })
        {
            if (path.Find(PathCharacteristics.ProbeFinding(family)) is { } found)
            {
                return new(null, PathCharacteristics.ProbeFinding(family), Truth.False, found);
            }
        }
        return null;
    }

    /// <summary>Every path: chosen first, then by rank, then the others by id.</summary>
    /// <param name="isServed">Whether the wish was met.</param>
    /// <param name="failed">Those that were tried before and that no path satisfied.</param>
    public EquatableArray<Candidate> Candidates(bool isServed, IReadOnlyList<WishTrial> failed)
    {
        EquatableArray<Finding> All(PathState path)
        {
            // Where somebody answers probes and it is no good answer, that is what the path is down for: a portal wants a login.
            if (verdicts[path.Index] == CandidateVerdict.Down && Findings is not null && Answered(path) is { } answered)
            {
                return [answered];
            }
            if (failed.Count == 0)
            {
                return Findings?.All(path) ?? [];
            }
            IEnumerable<WishTrial> tried = failed.Contains(this) ? failed : [.. failed, this];
            return tried.SelectMany(trial => trial.Findings?.All(path) ?? []).ToEquatableArray();
        }

        var candidates = new Candidate[verdicts.Length];
        var isListed = new bool[verdicts.Length];
        var count = 0;
        void List(List<PathState> paths)
        {
            foreach (var path in paths)
            {
                if (!isListed[path.Index])
                {
                    isListed[path.Index] = true;
                    candidates[count++] = new(path.Id, verdicts[path.Index], All(path));
                }
            }
        }
        if (isServed)
        {
            List(Chosen);
            List(ranked);
        }
        foreach (var path in eligible.All)
        {
            if (!isListed[path.Index])
            {
                candidates[count++] = new(path.Id, verdicts[path.Index], All(path));
            }
        }
        return new(candidates);
    }
}
