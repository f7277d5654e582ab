using Waymark.Nodes;
using Waymark.Peers;
using Waymark.Policies;

namespace Waymark.Daemon.Peers;

/// <summary>How this node stands to its peers, for whoever looks.</summary>
internal sealed class PeerStanding
{
    private volatile Box current = new([]);

    /// <summary>As it was at the last change, in the order of the node file.</summary>
    public EquatableArray<State> Current
    {
        get => current.All;
        set => current = new(value);
    }

    /// <summary>How it stands to one.</summary>
    /// <param name="Peer">What the node file says of it.</param>
    /// <param name="Node">What it calls itself; empty: it has not said.</param>
    /// <param name="IsConnected">Whether it is connected.</param>
    /// <param name="Since">Since when it is so, or not; null: since the start.</param>
    /// <param name="Endpoint">Where it is; empty where it is not connected.</param>
    /// <param name="Fault">Why it is not connected.</param>
    /// <param name="Asked">What is asked of it.</param>
    /// <param name="Held">What it asks.</param>
    /// <param name="LeaseUntil">When what it asks ends without another word; null: it asks nothing.</param>
    /// <param name="Connections">How many connections there have been in which it said who it is.</param>
    /// <param name="Refusals">How many of its rules, and of its updates as a whole, were refused.</param>
    public sealed record State(
        PeerDeclaration Peer, string Node, bool IsConnected, DateTimeOffset? Since, string Endpoint, string Fault, EquatableArray<Asked> Asked, EquatableArray<Held> Held, DateTimeOffset? LeaseUntil,
        long Connections, long Refusals);

    /// <summary>A policy that is asked of a peer.</summary>
    public sealed record Asked(PolicyOrigin Origin, RuleState State, string Detail);

    /// <summary>A rule that a peer asks.</summary>
    public sealed record Held(string Name, RuleState State, string Detail, PolicySet? Set);

    private sealed record Box(EquatableArray<State> All);
}
