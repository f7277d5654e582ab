namespace Waymark.Policies;

/// <summary>Somebody who asks for policies (paper 2.1).</summary>
/// <param name="Name">Unique on the node.</param>
/// <param name="Rank">Set by the node's administrator; lower wins.</param>
public sealed record Requester(string Name, int Rank)
{
    /// <summary>Whether it is a node at the other end of the flows that it asks for: of those it began it says how they are answered.</summary>
    public bool IsPeer { get; init; }
}

/// <summary>A policy set that was accepted from a requester.</summary>
/// <param name="Requester">Whose it is.</param>
/// <param name="Name">What its requester calls the set (a file's name); unique for the requester.</param>
/// <param name="Set">What it asks for.</param>
/// <param name="AcceptedAt">When each of its policies with a lifetime was first accepted is counted from here unless <paramref name="FirstAccepted"/> says otherwise.</param>
/// <param name="FirstAccepted">For policies that were in an earlier version of the set with the same text: when they first were accepted, so that reading a text again restarts no lifetime (Meaning 7).</param>
public sealed record AcceptedPolicySet(
    Requester Requester,
    string Name,
    PolicySet Set,
    DateTimeOffset AcceptedAt,
    EquatableArray<KeyValuePair<Policy, DateTimeOffset>> FirstAccepted);
