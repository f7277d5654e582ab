using Waymark.ConditionDecision;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.PathDecision;

/// <summary>
/// Modules C and D as one pure function (paper 5.2): elects the policies whose conditions hold, finds the paths that satisfy each and the one that it likes best,
/// and yields filter rules, or the reason why not. No I/O, no clock, no randomness.
/// </summary>
public static class PathResolution
{
    /// <summary>Decides. Never throws for anything that requesters or paths can bring about.</summary>
    public static Decision Decide(World world) => new Resolution(world).Decide();

    private sealed class Resolution
    {
        private readonly World world;
        private readonly HoldTimers timers;
        private readonly ClaimEvaluation claims;
        private readonly IReadOnlyList<ScopeRegion> regions;
        private readonly EquatableArray<FlapPenalty> penalties;
        private readonly bool[] isHeldDown;
        private readonly Dictionary<(int Region, IpFamily Family, int? Lost), EligiblePaths> eligible = [];
        private readonly ClassNumbers numbers;
        private readonly Dictionary<(int Class, IpFamily Family), PathsInUse> inUse;
        private readonly Dictionary<(int Class, int Region), Resolved?> resolved = [];
        private readonly List<FilterRule> rules = [];
        private readonly List<Unresolved> unresolved = [];
        private readonly List<PolicyStanding> standings = [];

        public Resolution(World world)
        {
            this.world = world;
            timers = new(world.Previous.TrueSince, world.Now);
            claims = new(world, timers);
            regions = ScopeRegions.Of(world.Paths);
            penalties = FlapDamping.Update(world, claims, timers);
            isHeldDown = new bool[claims.Paths.Count];
            foreach (var penalty in penalties)
            {
                if (penalty.IsSuppressed && claims.Find(penalty.Path) is { } path)
                {
                    isHeldDown[path.Index] = true;
                }
            }
            numbers = new(world.Previous.ClassNumbers);
            numbers.Reserve(world.Policies.Classes.SelectMany(one => regions.Select(region => Key(one, region))));
            inUse = world.Previous.InUse.ToDictionary(one => (one.Class, one.Family));
        }

        public Decision Decide()
        {
            var election = new PolicyElection(world, claims, timers);
            foreach (var policy in world.Policies.Policies)
            {
                var (standing, classes) = Stand(policy, election.Elects(policy.Guards));
                standings.Add(new(policy.Origin, standing, classes));
            }
            var classesInForce = resolved.Values.OfType<Resolved>().OrderBy(one => one.Class.Number).ToList();
            return new()
            {
                FilterRules = new(rules.ToEquatableArray(), classesInForce.Select(one => one.Class).ToEquatableArray()),
                Unresolved = unresolved.ToEquatableArray(),
                Standings = standings.ToEquatableArray(),
                Reasons = classesInForce.Select(one => one.Reason).ToEquatableArray(),
                Next = new()
                {
                    TrueSince = timers.TrueSince,
                    ClassNumbers = numbers.All,
                    InUse = classesInForce.SelectMany(one => one.InUse).ToEquatableArray(),
                    Penalties = penalties,
                },
                ReviewAt = timers.ReviewAt,
            };
        }

        private (Standing, EquatableArray<int>) Stand(MergedPolicy policy, Truth elected)
        {
            if (policy.EndsAt is { } end)
            {
                if (end <= world.Now)
                {
                    return (Standing.Expired, []);
                }
                timers.Review(end);
            }
            switch (elected)
            {
                case Truth.False:
                    return (Standing.NotElected, []);
                case Truth.Unknown:
                    return (Standing.Unknown, []);
            }
            if (policy.Policy.Target is not Target.Local)
            {
                return (Standing.AtPeer, []);
            }
            if (policy.IsDuplicate)
            {
                return (Standing.Duplicate, []);
            }
            if (!policy.Flows.Problems.IsEmpty)
            {
                unresolved.Add(new(policy.Origin, "WAY3003", string.Join("; ", policy.Flows.Problems), null));
                return (Standing.Unresolved, []);
            }
            return Resolve(policy);
        }

        /// <summary>One filter rule for each region of scopes that the policy's flows touch (Meaning 3).</summary>
        private (Standing, EquatableArray<int>) Resolve(MergedPolicy policy)
        {
            bool hasV4 = Carries(policy, IpFamily.V4), hasV6 = Carries(policy, IpFamily.V6);
            var classes = default(EquatableArray<int>);
            Failed? failed = null;
            var served = false;
            for (var i = 0; i < regions.Count; i++)
            {
                var selector = regions.Count == 1 ? policy.Flows.Selector : policy.Flows.Selector.Intersect(regions[i].Selector);
                if (selector.IsEmpty)
                {
                    continue;
                }
                if (Class(policy.Class, i) is not { } one)
                {
                    unresolved.Add(new(policy.Origin, "WAY3005", $"there are more than {ClassNumbers.Highest} different actions, and this one has no number: give policies the same 'require' and 'prefer' where that is meant", null));
                    return (Standing.Unresolved, []);
                }
                // Policies of one class that touch one region, which is nearly all of them, share the list of their class.
                classes = classes.IsEmpty ? one.Numbers : [.. classes.Append(one.Class.Number).Distinct().Order()];
                rules.Add(new(selector, one.Class.Number, policy.Origin, policy.EndsAt));
                if (hasV4)
                {
                    served |= one.V4.Failure is null;
                    failed ??= Failure(one.V4, one, hasBoth: hasV6);
                }
                if (hasV6)
                {
                    served |= one.V6.Failure is null;
                    failed ??= Failure(one.V6, one, hasBoth: hasV4);
                }
            }
            if (failed is null && !served && !classes.IsEmpty)
            {
                failed = new(new("WAY3001", "no path carries its flows at the moment: they are left to the system's own routing; an 'else' would say what else to do"), resolved[(policy.Class, 0)]?.Reason);
            }
            if (failed is { } why)
            {
                unresolved.Add(new(policy.Origin, why.Failure.Code, why.Failure.Message, why.Reason));
                return (Standing.Unresolved, classes);
            }
            return (Standing.InForce, classes);
        }

        /// <summary>A family that no path of the node carries is not the policy's failure, unless the policy speaks of nothing else.</summary>
        private static Failed? Failure(FamilyOutcome outcome, Resolved one, bool hasBoth) =>
            outcome.Failure is { } failure && (outcome.HasPaths || !hasBoth) ? new(failure, one.Reason) : null;

        private static bool Carries(MergedPolicy policy, IpFamily family)
        {
            foreach (var box in policy.Flows.Selector.Boxes)
            {
                if (box.Family == family)
                {
                    return true;
                }
            }
            return false;
        }

        private Resolved? Class(int index, int region)
        {
            if (resolved.TryGetValue((index, region), out var known))
            {
                return known;
            }
            var policy = world.Policies.Classes[index];
            Resolved? made = null;
            if (numbers.Of(Key(policy, regions[region])) is { } number)
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
                known = lost is null ? EligiblePaths.Of(regions[region], family, claims.Paths) : Eligible(region, family, lost: null).Without(lost);
                eligible.Add((region, family, lost?.Index), known);
            }
            return known;
        }

        private static string Key(PolicyClass policy, ScopeRegion region) => region.Key.Length == 0 ? policy.Key : $"{policy.Key} on {region.Key}";
    }

    private sealed record Failed(Failure Failure, ClassReason? Reason);

    private sealed record Resolved(FilterClass Class, ClassReason Reason, FamilyOutcome V4, FamilyOutcome V6)
    {
        /// <summary>Its number alone.</summary>
        public EquatableArray<int> Numbers { get; } = [Class.Number];

        public IEnumerable<PathsInUse> InUse
        {
            get
            {
                if (!V4.Shares.IsEmpty)
                {
                    yield return new(Class.Number, IpFamily.V4, V4.Shares, Class.Backup4);
                }
                if (!V6.Shares.IsEmpty)
                {
                    yield return new(Class.Number, IpFamily.V6, V6.Shares, Class.Backup6);
                }
            }
        }
    }
}
