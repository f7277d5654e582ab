using Waymark.ConditionDecision;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Policies;

namespace Waymark.PathDecision;

/// <summary>
/// The half of a decision that knows policies: what each became, its rules, its standing. It depends on which policies are elected and how their classes stand, not on
/// measurements, so that nearly every decision finds that the last one's <see cref="Holds">still holds</see>.
/// </summary>
internal sealed class PolicyOutline
{
    private readonly MergedPolicies policies;
    private readonly IReadOnlyList<ScopeRegion> regions;
    private readonly int mostClasses;
    private readonly DateTimeOffset madeAt;
    private readonly List<(EquatableArray<Guard> Guards, Truth Truth)> guards = [];
    private readonly Dictionary<(int Class, int Region), ClassStanding?> classes = [];
    private readonly List<(int Class, int Region)> order = [];
    private readonly List<FilterRule> rules = [];
    private readonly List<PolicyStanding> standings = [];
    private readonly List<(Unresolved Unresolved, (int Class, int Region)? Cause)> unresolved = [];

    /// <summary>Goes through all policies.</summary>
    public PolicyOutline(World world, PolicyElection election, ClassResolution resolution)
    {
        (policies, regions, mostClasses, madeAt) = (world.Policies, resolution.Regions, world.Settings.Classes, world.Now);
        foreach (var policy in policies.Policies)
        {
            // Policies of one rule stand beside each other and share their guards.
            if (guards.Count == 0 || guards[^1].Guards.AsSpan() != policy.Guards.AsSpan())
            {
                guards.Add((policy.Guards, election.Elects(policy.Guards)));
            }
            var (standing, numbers) = Stand(policy, guards[^1].Truth, resolution);
            standings.Add(new(policy.Origin, standing, numbers));
        }
        (Rules, Standings) = (rules.ToEquatableArray(), standings.ToEquatableArray());
    }

    /// <summary>The filter rules, in order of precedence.</summary>
    public EquatableArray<FilterRule> Rules { get; }

    /// <summary>Every policy's standing, in order of precedence.</summary>
    public EquatableArray<PolicyStanding> Standings { get; }

    /// <summary>When the next lifetime of a policy ends; null: none does.</summary>
    public DateTimeOffset? NextEnd { get; private set; }

    /// <summary>Policies that could not be resolved, with the reasons of this decision's classes.</summary>
    public EquatableArray<Unresolved> UnresolvedBy(ClassResolution resolution) => unresolved
        .Select(one => one.Cause is var (index, region) ? one.Unresolved with { Reason = resolution.Of(index, region)?.Reason } : one.Unresolved).ToEquatableArray();

    /// <summary>Whether another would say the same. Resolves the classes, in the order in which another would.</summary>
    public bool Holds(World world, PolicyElection election, ClassResolution resolution)
    {
        if (!ReferenceEquals(policies, world.Policies) || mostClasses != world.Settings.Classes || world.Now < madeAt || NextEnd <= world.Now
            || !regions.Select(region => (region.Key, region.Selector)).SequenceEqual(resolution.Regions.Select(region => (region.Key, region.Selector))))
        {
            return false;
        }
        foreach (var (one, truth) in guards)
        {
            if (election.Elects(one) != truth)
            {
                return false;
            }
        }
        // Up to the first that differs, which is what another would resolve too: it gives the same numbers.
        foreach (var place in order)
        {
            if (resolution.Of(place.Class, place.Region)?.Standing != classes[place])
            {
                return false;
            }
        }
        return true;
    }

    private (Standing, EquatableArray<int>) Stand(MergedPolicy policy, Truth elected, ClassResolution resolution)
    {
        if (policy.EndsAt is { } end)
        {
            if (end <= madeAt)
            {
                return (Standing.Expired, []);
            }
            NextEnd = NextEnd < end ? NextEnd : end;
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
            unresolved.Add((new(policy.Origin, "WAY3003", string.Join("; ", policy.Flows.Problems), null), null));
            return (Standing.Unresolved, []);
        }
        return Resolve(policy, resolution);
    }

    /// <summary>One filter rule for each region of scopes that the policy's flows touch (Meaning 3).</summary>
    private (Standing, EquatableArray<int>) Resolve(MergedPolicy policy, ClassResolution resolution)
    {
        bool hasV4 = Carries(policy, IpFamily.V4), hasV6 = Carries(policy, IpFamily.V6);
        var numbers = default(EquatableArray<int>);
        (Failure Failure, int Region)? failed = null;
        var served = false;
        for (var i = 0; i < regions.Count; i++)
        {
            var selector = regions.Count == 1 ? policy.Flows.Selector : policy.Flows.Selector.Intersect(regions[i].Selector);
            if (selector.IsEmpty)
            {
                continue;
            }
            if (Class(policy.Class, i, resolution) is not { } one)
            {
                unresolved.Add((new(policy.Origin, "WAY3005", $"there are more than {mostClasses} different actions, and this one has no number: give policies the same 'require' and 'prefer' where that is meant, or widen 'ctmark' in the node file", null), null));
                return (Standing.Unresolved, []);
            }
            // Policies of one class that touch one region, which is nearly all of them, share the list of their class.
            numbers = numbers.IsEmpty ? one.Numbers : [.. numbers.Append(one.Class.Number).Distinct().Order()];
            rules.Add(new(selector, one.Class.Number, policy.Origin, policy.EndsAt));
            if (hasV4)
            {
                served |= one.V4.Failure is null;
                failed ??= Failure(one.V4, i, hasBoth: hasV6);
            }
            if (hasV6)
            {
                served |= one.V6.Failure is null;
                failed ??= Failure(one.V6, i, hasBoth: hasV4);
            }
        }
        if (failed is null && !served && !numbers.IsEmpty)
        {
            failed = (new("WAY3001", "no path carries its flows at the moment: they are left to the system's own routing; an 'else' would say what else to do"), 0);
        }
        if (failed is var (failure, region))
        {
            unresolved.Add((new(policy.Origin, failure.Code, failure.Message, null), (policy.Class, region)));
            return (Standing.Unresolved, numbers);
        }
        return (Standing.InForce, numbers);
    }

    private ResolvedClass? Class(int index, int region, ClassResolution resolution)
    {
        var one = resolution.Of(index, region);
        if (classes.TryAdd((index, region), one?.Standing))
        {
            order.Add((index, region));
        }
        return one;
    }

    /// <summary>A family that no path of the node carries is not the policy's failure, unless the policy speaks of nothing else.</summary>
    private static (Failure Failure, int Region)? Failure(FamilyOutcome outcome, int region, bool hasBoth) =>
        outcome.Failure is { } failure && (outcome.HasPaths || !hasBoth) ? (failure, region) : null;

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
}
