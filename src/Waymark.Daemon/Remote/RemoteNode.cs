using Waymark.Exchange.Certificates;
using Waymark.Nodes;

namespace Waymark.Daemon.Remote;

/// <summary>The other node of an exchange: a feature of the call, there only once it was admitted.</summary>
/// <param name="Declaration">What the node file says of it.</param>
/// <param name="Names">Whom its certificate identifies: names and addresses.</param>
/// <param name="Peer">Where it calls from.</param>
internal sealed record RemoteNode(PeerDeclaration Declaration, EquatableArray<CertificateName> Names, RemotePeer Peer);
