using Waymark.Flows;

namespace Waymark.Peers;

/// <summary>On what terms a peer takes rules, as it says itself.</summary>
/// <param name="Node">What it calls itself; made fit to be shown.</param>
/// <param name="Lease">How long rules of this node live there without a word of it; more than nothing.</param>
/// <param name="Granted">The prefixes that it takes for this node's.</param>
public sealed record PeerTerms(string Node, TimeSpan Lease, EquatableArray<IpPrefix> Granted);
