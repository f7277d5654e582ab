using Waymark.ConditionDecision;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Policies;

namespace Waymark.PathDecision;

/// <summary>What policies became that stand beside each other and are elected together: their rules, standings and errors, and what those rest on.</summary>
internal sealed class OutlinePiece
{
    private readonly Truth elected;
    private readonly List<FilterRule> rules = [];
    private readonly List<Unresolved> unresolved = [];
    private readonly Dictionary<ClassPlace, ClassStanding?> classes = [];

    /// <summary>Goes through the policies of a run.</summary>
    /// <param name="run">Which.</param>
    /// <param name="elected">Whether they are elected.</param>
    /// <param name="ground">What they are resolved on.</param>
    public OutlinePiece(PolicyRun run, Truth elected, OutlineGround ground)
    {
        this.elected = elected;
        var policies = ground.World.Policies.Policies.AsSpan()[run.Start..run.End];
        var standings = new PolicyStanding[policies.Length];
        for (var i = 0; i < policies.Length; i++)
        {
            var (standing, numbers) = Stand(policies[i], ground);
            standings[i] = new(policies[i].Origin, standing, numbers);
        }
        Standings = standings;
        rules.TrimExcess();
    }

    /// <summary>The filter rules, in order of precedence.</summary>
    public IReadOnlyList<FilterRule> Rules => rules;

    /// <summary>Every policy's standing.</summary>
    public IReadOnlyList<PolicyStanding> Standings { get; }

    /// <summary>Policies that could not be resolved.</summary>
    public IReadOnlyList<Unresolved> Unresolved => unresolved;

    /// <summary>The classes that were asked for, each once, in order of the asking.</summary>
    public IEnumerable<ClassPlace> Classes => classes.Keys;

    /// <summary>When the next lifetime of a policy ends; null: none does.</summary>
    public DateTimeOffset? NextEnd { get; private set; }

    /// <summary>Whether another would say the same. Asks for the classes up to the first that differs, in the order in which another would.</summary>
    public bool Holds(Truth electedNow, OutlineGround ground)
    {
        if (elected != electedNow || NextEnd <= ground.World.Now)
        {
            return false;
        }
        foreach (var (place, standing) in classes)
        {
            if (ground.Resolve(place).Resolved?.Standing != standing)
            {
                return false;
            }
        }
        return true;
    }

    private (Standing, EquatableArray<int>) Stand(MergedPolicy policy, OutlineGround ground)
    {
        if (policy.EndsAt is { } end)
        {
            if (end <= ground.World.Now)
            {
                return (Standing.Expired, []);
            }
            NextEnd = Waiting.Earlier(NextEnd, end);
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
        return Resolve(policy, ground);
    }

    /// <summary>One filter rule for each region of scopes that the policy's flows touch (Meaning 3).</summary>
    private (Standing, EquatableArray<int>) Resolve(MergedPolicy policy, OutlineGround ground)
    {
        bool hasV4 = Carries(policy, IpFamily.V4), hasV6 = Carries(policy, IpFamily.V6);
        var numbers = default(EquatableArray<int>);
        (Failure Failure, int Class)? failed = null;
        var served = false;
        var first = 0;
        for (var i = 0; i < ground.Regions.Count; i++)
        {
            var selector = ground.Regions.Count == 1 ? policy.Flows.Selector : policy.Flows.Selector.Intersect(ground.Regions[i].Selector);
            if (selector.IsEmpty)
            {
                continue;
            }
            if (Class(new(policy.Class, i), ground) is not { } one)
            {
                unresolved.Add(new(policy.Origin, "WAY3005", $"there are more than {ground.World.Settings.Classes} different actions, and this one has no number: give policies the same 'require' and 'prefer' where that is meant, or widen 'ctmark' in the node file", null));
                return (Standing.Unresolved, []);
            }
            first = numbers.IsEmpty ? one.Class.Number : first;
            // Policies of one class that touch one region, which is nearly all of them, share the list of their class.
            numbers = numbers.IsEmpty ? one.Numbers : [.. numbers.Append(one.Class.Number).Distinct().Order()];
            rules.Add(new(selector, one.Class.Number, policy.Origin, policy.EndsAt));
            if (hasV4)
            {
                served |= one.Standing.V4.Failure is null;
                failed ??= Failure(one.Standing.V4, one.Class.Number, hasBoth: hasV6);
            }
            if (hasV6)
            {
                served |= one.Standing.V6.Failure is null;
                failed ??= Failure(one.Standing.V6, one.Class.Number, hasBoth: hasV4);
            }
        }
        if (failed is null && !served && !numbers.IsEmpty)
        {
            failed = (new("WAY3001", "no path carries its flows at the moment: they are left to the system's own routing; an 'else' would say what else to do"), first);
        }
        if (failed is var (failure, number))
        {
            unresolved.Add(new(policy.Origin, failure.Code, failure.Message, number));
            return (Standing.Unresolved, numbers);
        }
        return (Standing.InForce, numbers);
    }

    private ResolvedClass? Class(ClassPlace place, OutlineGround ground)
    {
        var one = ground.Resolve(place).Resolved;
        classes.TryAdd(place, one?.Standing);
        return one;
    }

    /// <summary>A family that no path of the node carries is not the policy's failure, unless the policy speaks of nothing else.</summary>
    private static (Failure Failure, int Class)? Failure(FamilyStanding standing, int number, bool hasBoth) =>
        standing.Failure is { } failure && (standing.HasPaths || !hasBoth) ? (failure, number) : null;

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

/// <summary>A class in a region.</summary>
/// <param name="Class">Index of the class, in <see cref="MergedPolicies.Classes"/>.</param>
/// <param name="Region">Index of the region.</param>
internal readonly record struct ClassPlace(int Class, int Region);

/// <summary>What policies are resolved on.</summary>
/// <param name="World">The world.</param>
/// <param name="Regions">The regions of the paths' scopes.</param>
/// <param name="Resolve">What becomes of a class in a region.</param>
internal sealed record OutlineGround(World World, IReadOnlyList<ScopeRegion> Regions, Func<ClassPlace, ClassEntry> Resolve);
