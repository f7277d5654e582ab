using Waymark.ConditionDecision;
using Waymark.FilterRules;
using Waymark.Policies;

namespace Waymark.PathDecision;

/// <summary>One decision under way: what changes reach is decided anew, all else is the last decision's, the very same objects. Used once.</summary>
internal sealed class DecisionRound
{
    private readonly DecisionState? last;
    private readonly DecisionParts? before;
    private readonly World world;
    private readonly HoldTimers timers;
    private readonly ClaimEvaluation claims;
    private readonly EquatableArray<FlapPenalty> penalties;
    private readonly DateTimeOffset? forgivenAt;
    private readonly bool[] isHeldDown;
    private readonly PolicyPlan plan;
    private readonly IReadOnlyList<ScopeRegion> regions;
    private readonly DecisionChanges changes;
    private readonly RankingFacts.Growing? facts;
    private readonly ClassResolution resolution;
    private readonly Dictionary<ClassPlace, ClassEntry> replaced = [];
    private ClassEntry?[] entries;
    private ClassNumbers? numbers;
    private int conditionsEvaluated, classesDecided;

    /// <summary>Of a world.</summary>
    /// <param name="last">The decision that it follows; null: it follows none.</param>
    /// <param name="world">The world.</param>
    public DecisionRound(DecisionState? last, World world)
    {
        (this.last, this.world) = (last, world);
        timers = new(world.Previous.TrueSince, world.Now);
        claims = new(world, timers);
        penalties = FlapDamping.Update(world, claims, timers);
        forgivenAt = timers.Take().ReviewAt;
        isHeldDown = new bool[claims.Paths.Count];
        foreach (var penalty in penalties)
        {
            if (penalty.IsSuppressed && claims.Find(penalty.Path) is { } path)
            {
                isHeldDown[path.Index] = true;
            }
        }
        plan = last is not null && ReferenceEquals(last.World.Policies, world.Policies) ? last.Parts.Plan : new(world.Policies);
        regions = last is not null && last.World.Paths == world.Paths ? last.Parts.Regions : ScopeRegions.Of(world.Paths);
        before = last is not null && last.Parts.Regions.Select(one => (one.Key, one.Selector)).SequenceEqual(regions.Select(one => (one.Key, one.Selector))) ? last.Parts : null;
        changes = new(last, before, world, plan, claims, isHeldDown);
        facts = claims.Paths.Count <= DecisionState.MostPaths ? (changes.IsAll ? RankingFacts.None : before!.Facts).Grow() : null;
        resolution = new(regions, new(claims, timers, isHeldDown, facts), world.Previous.InUse);
        entries = before?.Classes ?? [];
    }

    private bool IsSamePlan => ReferenceEquals(before?.Plan, plan);

    /// <summary>Decides.</summary>
    public DecisionState Decide()
    {
        var conditions = Conditions();
        var isKept = IsSamePlan && AreElectedAlike(conditions) && !(before!.Outline.NextEnd <= world.Now) && StandAlike(before.Outline);
        var outline = isKept ? before!.Outline : Walk(conditions);
        var order = isKept ? before!.Order : InOrder(outline);
        var isAlike = isKept && replaced.All(one => ReferenceEquals(entries[IndexOf(one.Key)]!.Resolved, one.Value.Resolved));
        var (classes, inUse) = isAlike ? (last!.Decision.FilterRules.Classes, last.Decision.Next.InUse) : Listed(order);
        var reviewAt = ReviewAt(conditions, isKept);
        var holds = Holds(conditions, isKept);
        var decision = new Decision
        {
            FilterRules = isAlike ? last!.Decision.FilterRules : new(outline.Rules, classes),
            Unresolved = outline.Unresolved,
            Standings = outline.Standings,
            Reasons = new(world, regions, isHeldDown, order),
            Next = new() { TrueSince = holds.TrueSince, ClassNumbers = numbers?.All ?? world.Previous.ClassNumbers, InUse = inUse, Penalties = penalties },
            ReviewAt = Waiting.Earlier(Waiting.Earlier(forgivenAt, outline.NextEnd), reviewAt),
        };
        // Where all that is unsettled was just decided, what still is is among that.
        ClassPlace[] unsettled = [.. (isKept ? (IEnumerable<ClassPlace>)replaced.Keys : outline.Classes).Where(place => !entries[IndexOf(place)]!.IsSettled)];
        return new(world, decision,
            new(changes.IsAll, changes.Asked + claims.Looks, changes.Rankings, conditionsEvaluated, classesDecided, isKept ? 0 : outline.Walked),
            new(plan, claims.Paths, regions, isHeldDown, conditions, entries, facts?.ToFacts() ?? RankingFacts.None, outline, order, holds, reviewAt, unsettled));
    }

    /// <summary>Evaluates the conditions that changes reach.</summary>
    private ConditionEntry[] Conditions()
    {
        var all = IsSamePlan ? before!.Conditions : new ConditionEntry[plan.Conditions.Count];
        if (IsSamePlan && !changes.MayReachConditions)
        {
            return all;
        }
        var election = new PolicyElection(world, claims, timers);
        for (var i = 0; i < plan.Conditions.Count; i++)
        {
            var old = IsSamePlan ? all[i] : before?.Plan.Find(plan.Conditions[i]) is { } place ? before.Conditions[place] : (ConditionEntry?)null;
            var entry = old is { } known && !changes.Reach(known, i) ? known : Evaluate(plan.Conditions[i]);
            if (entry != old && IsSamePlan && ReferenceEquals(all, before!.Conditions))
            {
                all = [.. all];
            }
            if (entry != old || !IsSamePlan)
            {
                all[i] = entry;
            }
        }
        return all;

        ConditionEntry Evaluate(Condition condition)
        {
            conditionsEvaluated++;
            return new(election.Evaluate(condition), timers.Take());
        }
    }

    private bool AreElectedAlike(ConditionEntry[] conditions)
    {
        for (var i = 0; i < conditions.Length; i++)
        {
            if (conditions[i].Truth != before!.Conditions[i].Truth)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Decides the classes that changes reach, until one stands otherwise than before; false where one does.</summary>
    private bool StandAlike(PolicyOutline outline)
    {
        var places = changes.Classes is { } reached ? before!.Unsettled.Concat(reached.SelectMany(index => regions.Select((_, region) => new ClassPlace(index, region)))) : outline.Classes;
        foreach (var place in places)
        {
            var index = IndexOf(place);
            if (entries[index] is not { } old || replaced.ContainsKey(place) || !changes.Reach(old, place.Class))
            {
                continue;
            }
            if (replaced.Count == 0)
            {
                entries = [.. entries];
            }
            replaced.Add(place, old);
            entries[index] = old.Resolved is { } resolved ? Decide(place, resolved.Class.Number, resolved) : old;
            if (entries[index]!.Resolved?.Standing != old.Resolved?.Standing)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Goes through the policies; a class is decided where one asks for it and changes reach it.</summary>
    private PolicyOutline Walk(ConditionEntry[] conditions)
    {
        numbers = new(world.Previous.ClassNumbers, world.Settings.Classes);
        numbers.Reserve(plan.Policies.Classes.SelectMany(one => regions.Select(region => Key(one, region))));
        var tried = entries;
        entries = new ClassEntry?[plan.Policies.Classes.Count * regions.Count];
        return new(plan.Runs, [.. plan.Runs.Select(run => Elected(run, conditions))], new(world, regions, Resolve), IsSamePlan ? before!.Outline : null);

        ClassEntry Resolve(ClassPlace place)
        {
            var index = IndexOf(place);
            if (entries[index] is { } known)
            {
                return known;
            }
            var isTried = replaced.ContainsKey(place);
            var old = isTried ? tried[index] : Before(place);
            return entries[index] =
                numbers.Of(Key(plan.Policies.Classes[place.Class], regions[place.Region])) is not { } number ? ClassEntry.Numberless
                : old?.Resolved?.Class.Number == number && (isTried || !changes.Reach(old, place.Class)) ? old
                : Decide(place, number, old?.Resolved);
        }
    }

    private ClassEntry Decide(ClassPlace place, int number, ResolvedClass? old)
    {
        classesDecided++;
        var entry = resolution.Resolve(plan.Policies.Classes[place.Class], place.Region, number);
        // The same object where it is the same: nobody has to compare it again.
        return entry.Resolved == old ? entry with { Resolved = old } : entry;
    }

    private ResolvedPlace[] InOrder(PolicyOutline outline) => [.. outline.Classes
        .Where(place => entries[IndexOf(place)]!.Resolved is not null)
        .Select(place => new ResolvedPlace(place.Class, place.Region, entries[IndexOf(place)]!.Resolved!.Class.Number))
        .OrderBy(one => one.Number)];

    /// <summary>The classes in force and the paths that they use.</summary>
    private (EquatableArray<FilterClass> Classes, EquatableArray<PathsInUse> InUse) Listed(ResolvedPlace[] order)
    {
        var classes = new FilterClass[order.Length];
        var inUse = new List<PathsInUse>(2 * order.Length);
        for (var i = 0; i < order.Length; i++)
        {
            var resolved = entries[IndexOf(new(order[i].Class, order[i].Region))]!.Resolved!;
            classes[i] = resolved.Class;
            if (resolved.InUse4 is { } v4)
            {
                inUse.Add(v4);
            }
            if (resolved.InUse6 is { } v6)
            {
                inUse.Add(v6);
            }
        }
        return (new(classes), inUse.ToEquatableArray());
    }

    /// <summary>The earliest instant that a class or a condition waits for.</summary>
    private DateTimeOffset? ReviewAt(ConditionEntry[] conditions, bool isKept)
    {
        DateTimeOffset? earliest = null;
        if (isKept && ReferenceEquals(conditions, before!.Conditions) && !replaced.Values.Any(one => one.Waiting.ReviewAt is { } at && at == before.ReviewAt))
        {
            // Nobody has left off waiting for what was the earliest.
            earliest = before.ReviewAt;
            foreach (var place in replaced.Keys)
            {
                earliest = Waiting.Earlier(earliest, entries[IndexOf(place)]!.Waiting.ReviewAt);
            }
            return earliest;
        }
        foreach (var condition in conditions)
        {
            earliest = Waiting.Earlier(earliest, condition.Waiting.ReviewAt);
        }
        foreach (var entry in entries)
        {
            earliest = Waiting.Earlier(earliest, entry?.Waiting.ReviewAt);
        }
        return earliest;
    }

    /// <summary>What is waited for now.</summary>
    private HoldLedger Holds(ConditionEntry[] conditions, bool isKept)
    {
        if (isKept)
        {
            var others = Enumerable.Range(0, ReferenceEquals(conditions, before!.Conditions) ? 0 : conditions.Length).ToList();
            return before.Holds.Change(
                replaced.Values.Select(one => one.Waiting).Concat(others.Select(i => before.Conditions[i].Waiting)),
                replaced.Keys.Select(place => entries[IndexOf(place)]!.Waiting).Concat(others.Select(i => conditions[i].Waiting)));
        }
        return HoldLedger.Empty.Change([], conditions.Select(one => one.Waiting).Concat(entries.OfType<ClassEntry>().Select(one => one.Waiting)));
    }

    /// <summary>Whether all guards hold: true elects, unknown and false do not.</summary>
    private static Truth Elected(PolicyRun run, ConditionEntry[] conditions)
    {
        var truth = Truth.True;
        foreach (var (condition, holds) in run.Guards)
        {
            truth = Kleene.And(truth, holds ? conditions[condition].Truth : Kleene.Not(conditions[condition].Truth));
        }
        return truth;
    }

    /// <summary>The class as it was last decided; null: it was not.</summary>
    private ClassEntry? Before(ClassPlace place) =>
        IsSamePlan ? before!.Classes[IndexOf(place)]
        : before?.Plan.Find(plan.Policies.Classes[place.Class].Key) is { } old ? before.Classes[IndexOf(place with { Class = old })]
        : null;

    private int IndexOf(ClassPlace place) => (place.Class * regions.Count) + place.Region;

    private static string Key(PolicyClass policy, ScopeRegion region) => region.Key.Length == 0 ? policy.Key : $"{policy.Key} on {region.Key}";
}
