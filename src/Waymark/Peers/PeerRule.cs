using Waymark.Policies;

namespace Waymark.Peers;

/// <summary>
/// What one node asks of another (module X of the paper, 5.2): how it shall send its direction of some flows. Said from the side of who shall do it: <c>local</c> is its end, <c>peer</c> the asking host's.
/// </summary>
/// <param name="Name">What the asker calls it, for people.</param>
/// <param name="Precedence">Among the asker's rules, from 0; lower wins.</param>
/// <param name="Definitions">What the flows refer to by name.</param>
/// <param name="Flows">Which flows, at least one.</param>
/// <param name="Established">What becomes of established flows when the choice changes.</param>
/// <param name="Wish">What is wanted.</param>
public sealed record PeerRule(string Name, int Precedence, EquatableArray<FlowDefinition> Definitions, EquatableArray<Flow> Flows, Established Established, PeerWish Wish);

/// <summary>What a rule wants: one of two forms.</summary>
public abstract record PeerWish
{
    private PeerWish()
    {
    }

    /// <summary>The nodes share paths, and the asker has decided: a filter rule.</summary>
    /// <param name="V4">What becomes of IPv4 flows.</param>
    /// <param name="V6">What becomes of IPv6 flows.</param>
    public sealed record Shared(SharedChoice V4, SharedChoice V6) : PeerWish;

    /// <summary>The choice is among the other node's own paths, and it decides: a policy.</summary>
    /// <param name="Action">What is wanted.</param>
    /// <param name="Else">What to do where nothing satisfies the one before, in order.</param>
    public sealed record Own(PolicyAction Action, EquatableArray<PolicyAction> Else) : PeerWish;
}

/// <summary>Which shared paths flows of one family take.</summary>
/// <param name="Paths">Their numbers, the best first; those behind take over where those before are lost. None: refused where strict, else left to the system's own routing.</param>
/// <param name="IsStrict">Whether not one packet may leave by another path.</param>
/// <param name="Spread">Over all of them at once, and what stays together; null: the first alone.</param>
public sealed record SharedChoice(EquatableArray<int> Paths, bool IsStrict, BalancePer? Spread)
{
    /// <summary>The most paths that are named.</summary>
    public const int MostPaths = 64;

    /// <summary>Nothing is asked of flows of the family.</summary>
    public static SharedChoice None { get; } = new([], IsStrict: false, null);
}
