using System.Diagnostics;
using System.Globalization;
using Waymark.ConditionDecision;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Nodes;
using Waymark.PathDecision;
using Waymark.Paths;
using Waymark.Policies;

namespace Waymark.Peers;

/// <summary>A peer as this node knows it when it decides what to ask of it.</summary>
/// <param name="Peer">What the node file says of it.</param>
/// <param name="Granted">The addresses that it takes for ours, as it told; none before it has.</param>
/// <param name="Told">What it told of shared paths, by number.</param>
public sealed record PeerView(PeerDeclaration Peer, EquatableArray<IpPrefix> Granted, EquatableArray<KeyValuePair<int, PathCharacteristics>> Told);

/// <summary>A policy and the rule that it became.</summary>
/// <param name="Origin">The policy.</param>
/// <param name="Rule">What is asked; null: it cannot be asked.</param>
/// <param name="Fault">Why it cannot be asked, one sentence; null where it is.</param>
public sealed record PolicyAsked(PolicyOrigin Origin, PeerRule? Rule, string? Fault);

/// <summary>What is to be asked of a peer.</summary>
/// <param name="Policies">Each elected policy with this target, in order of precedence.</param>
/// <param name="State">What the next decision goes on from; null: nothing was decided here.</param>
public sealed record PeerRequest(EquatableArray<PolicyAsked> Policies, DecisionState? State)
{
    /// <summary>Nothing.</summary>
    public static PeerRequest None { get; } = new([], null);

    /// <summary>When the answer may become another by itself; null: never.</summary>
    public DateTimeOffset? ReviewAt => State?.Decision.ReviewAt;
}

/// <summary>
/// What to ask of a peer (language, Meaning 8; the asker's half of module X). Conditions are this node's, as decided for its own policies. Where both nodes share paths, the choice among them is made
/// here, by the function that decides everything else, on a world of these paths alone with what the peer measured of its direction; else the wish travels and the peer chooses.
/// </summary>
public static class PeerAsking
{
    /// <summary>Decides.</summary>
    /// <param name="world">What this node knows.</param>
    /// <param name="decision">What it decided from it.</param>
    /// <param name="view">The peer.</param>
    /// <param name="last">What the last request to it went on to; null: nothing.</param>
    public static PeerRequest Decide(World world, Decision decision, PeerView view, DecisionState? last)
    {
        var elected = new List<(MergedPolicy Policy, int Precedence)>();
        var precedence = 0;
        foreach (var index in world.Policies.AtPeers)
        {
            var policy = world.Policies.Policies[index];
            if (IsAt(policy.Policy.Target, view.Peer))
            {
                if (decision.Standings[index].Standing == Standing.AtPeer && !policy.IsDuplicate)
                {
                    elected.Add((policy, precedence));
                }
                // Counted whether or not it is elected: the others keep their places when it comes and goes.
                precedence++;
            }
        }
        if (elected.Count == 0)
        {
            return PeerRequest.None;
        }
        var shared = world.Paths.Paths.Where(path => path.Shared is not null && path.Peer == view.Peer.Name).ToList();
        var sets = world.Policies.Sets.ToDictionary(set => (set.Requester.Name, set.Name), set => set.Set.Definitions);
        EquatableArray<FlowDefinition> DefinitionsOf(PolicyOrigin origin) => sets.GetValueOrDefault((origin.Requester, origin.Set));
        if (shared.Count == 0)
        {
            return new(elected.Select(one => Ask(one.Policy, one.Precedence, view, world.Policies.Names, DefinitionsOf,
                (new PeerWish.Own(WishMirror.Of(one.Policy.Policy.Action), one.Policy.Policy.Else.Select(WishMirror.Of).ToEquatableArray()), null))).ToEquatableArray(), null);
        }
        var state = Decide(world, [.. elected.Select(one => one.Policy)], shared, view, last);
        var asked = elected.Zip(state.Decision.Standings, (one, standing) => Ask(one.Policy, one.Precedence, view, world.Policies.Names, DefinitionsOf, Choose(state, standing))).ToEquatableArray();
        return new(asked, state);
    }

    /// <summary>Whether a policy with that target is meant for the peer.</summary>
    public static bool IsAt(Target target, PeerDeclaration peer) => target switch
    {
        Target.Local => false,
        Target.AnyPeer => true,
        Target.NamedPeer(var name) => name == peer.Name,
        Target.PeerAt(var address) => peer.Prefixes.Any(prefix => prefix.Contains(address.First) && prefix.Contains(address.Last)),
        _ => throw new UnreachableException(),
    };

    private static DecisionState Decide(World world, MergedPolicy[] elected, List<Path> shared, PeerView view, DecisionState? last)
    {
        var told = view.Told.ToDictionary(one => one.Key, one => one.Value);
        MergedPolicy[] policies = [.. elected.Select(one => one with { Policy = one.Policy with { Target = new Target.Local() }, Guards = [] })];
        var merged = last?.World.Policies is { } before && before.Classes == world.Policies.Classes && before.Policies.AsSpan().SequenceEqual(policies)
            ? before : world.Policies with { Policies = policies.ToEquatableArray() };
        var next = world with
        {
            // Which flows they carry is the peer's affair: here they are all that there is to choose from.
            Paths = new(shared.Select(path => path with { Scope = FlowSelector.Everything })),
            Characteristics = new(shared.Select(path => SharedMeasurements.Seen(world.Characteristics.Of(path.Id), told.GetValueOrDefault(path.Shared!.Value) ?? new(path.Id, [])))),
            Policies = merged,
            Previous = last?.Decision.Next ?? DecisionMemory.None,
        };
        return last?.Next(next) ?? DecisionState.Start(next);
    }

    private static PolicyAsked Ask(
        MergedPolicy policy, int precedence, PeerView view, NodeNames names, Func<PolicyOrigin, EquatableArray<FlowDefinition>> definitionsOf, (PeerWish? Wish, string? Fault) wish)
    {
        if (wish.Wish is null)
        {
            return new(policy.Origin, null, wish.Fault);
        }
        var (flows, definitions, fault) = FlowMirror.Of(policy.Policy.Flows, definitionsOf(policy.Origin), names, view.Granted);
        return fault is not null ? new(policy.Origin, null, fault)
            : new(policy.Origin, new(NameOf(policy.Origin), precedence, definitions, flows, policy.Policy.EffectiveEstablished, wish.Wish), null);
    }

    /// <summary>Without its line: a text that has only moved asks for nothing new.</summary>
    private static string NameOf(PolicyOrigin origin)
    {
        var name = origin.Policy is { } policy ? $"{origin.Set} {policy}" : string.Create(CultureInfo.InvariantCulture, $"{origin.Set}#{origin.Index}");
        return name.Length <= PolicyLimits.NameLength ? name : name[..PolicyLimits.NameLength];
    }

    private static (PeerWish? Wish, string? Fault) Choose(DecisionState state, PolicyStanding standing)
    {
        var decision = state.Decision;
        if (decision.Unresolved.FirstOrDefault(one => one.Origin == standing.Origin) is { } unresolved && standing.Classes.IsEmpty)
        {
            return (null, unresolved.Message);
        }
        if (standing.Standing == Standing.Expired)
        {
            return (null, "its lifetime is over");
        }
        if (standing.Classes.IsEmpty)
        {
            return (null, "there are no such flows");
        }
        var number = standing.Classes[0];
        var found = decision.FilterRules.Classes.First(one => one.Number == number);
        var reason = decision.Reasons.Of(number);
        SharedChoice? v4 = Choice(found, IpFamily.V4), v6 = Choice(found, IpFamily.V6);
        return v4 is null || v6 is null ? (null, "a peer sends no packet over several paths at once: leave 'duplicate' out")
            : v4 == SharedChoice.None && v6 == SharedChoice.None && standing.Standing == Standing.Unresolved ? (null, decision.Unresolved.First(one => one.Origin == standing.Origin).Message)
            : (new PeerWish.Shared(v4, v6), null);

        SharedChoice? Choice(FilterClass one, IpFamily family)
        {
            int NumberOf(PathId id) => state.World.Paths.Find(id)!.Shared!.Value;
            return one.Action(family) switch
            {
                FilterAction.Drop => SharedChoice.None with { IsStrict = true },
                FilterAction.Default => SharedChoice.None,
                FilterAction.Spread(var shares, var per) => new(shares.Select(share => NumberOf(share.Path)).ToEquatableArray(), one.IsStrict, per),
                FilterAction.Use => new(Ranked(family).Take(SharedChoice.MostPaths).Select(NumberOf).ToEquatableArray(), one.IsStrict, null),
                FilterAction.Duplicate => null,
                _ => throw new UnreachableException(),
            };
        }

        // All that satisfy, so that the peer goes over to the next by itself when one is lost; what is held down for flapping only then.
        IEnumerable<PathId> Ranked(IpFamily family) => ((family == IpFamily.V4 ? reason?.V4 : reason?.V6)?.Candidates ?? [])
            .Where(one => one.Verdict is CandidateVerdict.Chosen or CandidateVerdict.NotPreferred or CandidateVerdict.KeptOther or CandidateVerdict.HeldDown)
            .OrderBy(one => one.Verdict == CandidateVerdict.HeldDown).Select(one => one.Path);
    }
}
