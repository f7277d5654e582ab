using Waymark.Flows;
using Waymark.Policies;

namespace Waymark.Nodes;

/// <summary>Another node that rules are exchanged with: each may ask the other how to send its direction of flows between them.</summary>
/// <param name="Name">How this node calls it; also the requester that its rules are of.</param>
/// <param name="Certificate">The DNS name or URI in its certificate.</param>
public sealed record PeerDeclaration(string Name, string Certificate)
{
    /// <summary>The rank of what a peer asks for where none is said: behind the requesters of the node itself.</summary>
    public const int UsualRank = 1000;

    /// <summary>How long what a peer asked for lives without a word from it, where nothing is said.</summary>
    public static readonly TimeSpan UsualLease = TimeSpan.FromSeconds(30);

    /// <summary>Where it listens: a DNS name or an address; null: it calls us.</summary>
    public string? Host { get; init; }

    /// <summary>Its TCP port there, 1 to 65535.</summary>
    public int Port { get; init; } = ListenDeclaration.UsualPort;

    /// <summary>The addresses that are its own or of hosts behind it, in the order of the file.</summary>
    public EquatableArray<IpPrefix> Prefixes { get; init; } = [];

    /// <summary>Lower wins.</summary>
    public int Rank { get; init; } = UsualRank;

    /// <summary>How long what it asked for lives without a word from it, 1 s to 1 h.</summary>
    public TimeSpan Lease { get; init; } = UsualLease;

    /// <summary>The flows that it may ask for beside those whose other end is its own.</summary>
    public EquatableArray<Flow> MayFlows { get; init; } = [];

    /// <summary>The flows whose other end is one of <see cref="Prefixes"/>; none where there are none.</summary>
    public FlowSelector Reach => FlowSelector.OfPeers(Prefixes);
}
