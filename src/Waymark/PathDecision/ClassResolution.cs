using Waymark.ConditionDecision;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Paths;

namespace Waymark.PathDecision;

/// <summary>The half of a decision that knows classes: each is resolved once for each region of scopes in which a policy of it has flows, when it is first asked for.</summary>
internal sealed class ClassResolution
{
    private readonly World world;
    private readonly ClaimEvaluation claims;
    private readonly HoldTimers timers;
    private readonly bool[] isHeldDown;
    private readonly ClassNumbers numbers;
    private readonly Dictionary<(int Class, IpFamily Family), PathsInUse> inUse;
    private readonly Dictionary<(int Region, IpFamily Family, int? Lost), EligiblePaths> eligible = [];
    private readonly Dictionary<(int Class, int Region), ResolvedClass?> resolved = [];

    public ClassResolution(World world, ClaimEvaluation claims, HoldTimers timers, EquatableArray<FlapPenalty> penalties)
    {
        (this.world, this.claims, this.timers) = (world, claims, timers);
        Regions = ScopeRegions.Of(world.Paths);
        isHeldDown = new bool[claims.Paths.Count];
        foreach (var penalty in penalties)
        {
            if (penalty.IsSuppressed && claims.Find(penalty.Path) is { } path)
            {
                isHeldDown[path.Index] = true;
            }
        }
        numbers = new(world.Previous.ClassNumbers, world.Settings.Classes);
        numbers.Reserve(world.Policies.Classes.SelectMany(one => Regions.Select(region => Key(one, region))));
        inUse = world.Previous.InUse.ToDictionary(one => (one.Class, one.Family));
    }

    /// <summary>The regions of the paths' scopes.</summary>
    public IReadOnlyList<ScopeRegion> Regions { get; }

    /// <summary>Which number each class has, for the next decision.</summary>
    public EquatableArray<KeyValuePair<string, int>> Numbers => numbers.All;

    /// <summary>All that were asked for, in order of number.</summary>
    public IReadOnlyList<ResolvedClass> InForce => [.. resolved.Values.OfType<ResolvedClass>().OrderBy(one => one.Class.Number)];

    /// <summary>What becomes of a class in a region; null where there is no number for it.</summary>
    /// <param name="index">Of the class, in <see cref="MergedPolicies.Classes"/>.</param>
    /// <param name="region">Index of the region.</param>
    public ResolvedClass? Of(int index, int region)
    {
        if (resolved.TryGetValue((index, region), out var known))
        {
            return known;
        }
        var policy = world.Policies.Classes[index];
        ResolvedClass? made = null;
        if (numbers.Of(Key(policy, Regions[region])) is { } number)
        {
            var (v4, backup4) = Select(policy, region, IpFamily.V4, number);
            var (v6, backup6) = Select(policy, region, IpFamily.V6, number);
            var filterClass = new FilterClass
            {
                Number = number,
                V4 = v4.Action,
                V6 = v6.Action,
                Backup4 = backup4,
                Backup6 = backup6,
                Denied4 = v4.Denied,
                Denied6 = v6.Denied,
                IsStrict = policy.IsStrict,
                Established = policy.Established,
                EndsAt = policy.EndsAt,
            };
            made = new(filterClass, new(number, policy.Action, policy.Else, v4.Reason, v6.Reason), v4, v6);
        }
        resolved.Add((index, region), made);
        return made;
    }

    /// <summary>What is done with the flows, and where they go should the path that they take be lost.</summary>
    private (FamilyOutcome Outcome, PathId? Backup) Select(PolicyClass policy, int region, IpFamily family, int number)
    {
        var before = inUse.GetValueOrDefault((number, family));
        var outcome = new CandidateSelection(policy, Eligible(region, family, lost: null), claims, timers, isHeldDown, before).Select();
        if (outcome.Action is not FilterAction.Use(var path))
        {
            return (outcome, null);
        }
        var without = new CandidateSelection(policy, Eligible(region, family, claims.Find(path)), claims, timers, isHeldDown, before, isBackup: true).Select();
        return (outcome, (without.Action as FilterAction.Use)?.Path);
    }

    private EligiblePaths Eligible(int region, IpFamily family, PathState? lost)
    {
        if (!eligible.TryGetValue((region, family, lost?.Index), out var known))
        {
            known = lost is null ? EligiblePaths.Of(Regions[region], family, claims.Paths) : Eligible(region, family, lost: null).Without(lost);
            eligible.Add((region, family, lost?.Index), known);
        }
        return known;
    }

    private static string Key(PolicyClass policy, ScopeRegion region) => region.Key.Length == 0 ? policy.Key : $"{policy.Key} on {region.Key}";
}
