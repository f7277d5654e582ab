using Waymark.Nodes;

namespace Waymark.Daemon.Remote;

/// <summary>Who makes a call over the network: a feature of the call, there only once he was admitted.</summary>
/// <param name="Requester">Whom the node file calls so.</param>
/// <param name="Peer">Where he calls from.</param>
/// <param name="Now">As which requester he would be let in at any later time; null: as none any more.</param>
internal sealed record RemoteCaller(RequesterDeclaration Requester, RemotePeer Peer, Func<string?> Now);
