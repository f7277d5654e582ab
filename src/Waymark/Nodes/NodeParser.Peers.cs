using System.Globalization;
using Waymark.Policies.Language;

namespace Waymark.Nodes;

/// <summary>Other nodes that rules are exchanged with, and the paths that lead to them.</summary>
internal sealed partial class NodeParser
{
    private static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(1), LongestLease = TimeSpan.FromHours(1);

    /// <summary>Where names stand: what is wrong between peers and paths is known when the whole file has been read.</summary>
    private readonly Dictionary<string, Token> peerPlaces = new(StringComparer.Ordinal), pathPlaces = new(StringComparer.Ordinal);

    private PeerDeclaration PeerBlock(List<PeerDeclaration> others)
    {
        var opener = Last;
        var token = Now;
        var peer = new PeerDeclaration(Name("the name of a peer"), "");
        if (others.Any(other => other.Name == peer.Name))
        {
            Source.Error("WAY1002", token.Start, token.End, $"a peer called '{peer.Name}' is declared already");
        }
        var before = Source.Errors;
        Block("peer", opener, new(StringComparer.Ordinal)
        {
            ["address"] = () => Single(null, () =>
            {
                peer = peer with { Host = HostName() };
                if (TryTake("port"))
                {
                    peer = peer with { Port = Port() };
                }
            }),
            ["certificate"] = () => Single(null, () => peer = peer with { Certificate = CertifiedName(others.Select(other => (other.Name, (string?)other.Certificate)), "peer") }),
            ["prefix"] = () => Single(null, () => peer = peer with { Prefixes = peer.Prefixes.Concat(List(() => Prefix("an address or a prefix of the peer"))).ToEquatableArray() }),
            ["rank"] = () => Single(null, () => peer = peer with { Rank = (int)Integer("a rank", int.MaxValue) }),
            ["lease"] = () => Single(null, () =>
            {
                var first = Now;
                peer = peer with { Lease = Duration("a lease") };
                if (peer.Lease < ShortestLease || peer.Lease > LongestLease)
                {
                    Source.Error("WAY1008", first.Start, Last.End, "a lease is 1 s to 1 h", "30 s is the default");
                }
            }),
            ["may"] = () => Single(null, () =>
            {
                Expect("flows", "behind 'may'");
                if (Flows() is { } flows)
                {
                    peer = peer with { MayFlows = peer.MayFlows.Concat(flows).ToEquatableArray() };
                }
            }),
        });
        if (peer.Certificate.Length == 0 && Source.Errors == before)
        {
            Source.Error("WAY1019", opener.Start, token.End, $"the peer '{peer.Name}' has no certificate, so nobody can be it", "add 'certificate \"NAME\";'");
        }
        peerPlaces[peer.Name] = token;
        return peer;
    }

    private string HostName()
    {
        if (TryTake("["))
        {
            var inside = Address("a peer");
            Expect("]", "behind the address");
            return inside.ToString();
        }
        return Now.Kind == TokenKind.Address ? Address("a peer").ToString() : Name("the name or the address of the peer's host");
    }

    private int SharedNumber()
    {
        var token = Now;
        var number = (int)Integer("a path's number", 255);
        if (number == 0)
        {
            Source.Error("WAY1008", token.Start, token.End, "the number of a shared path is 1 to 255, found 0", "write the same number at both ends");
        }
        return number;
    }

    /// <summary>What can only be said once everything was read: peers may be declared behind their paths.</summary>
    private void CheckPeers(List<PathDeclaration> paths, List<PeerDeclaration> peers, List<RequesterDeclaration> requesters)
    {
        if (Source.HasErrors)
        {
            return;
        }
        foreach (var peer in peers.Where(peer => WithRoot(requesters).Any(requester => requester.Name == peer.Name)))
        {
            At(peerPlaces[peer.Name], "WAY1002", $"a requester is called '{peer.Name}' already, and what a peer asks for is a requester's", "give one of them another name");
        }
        if (peers.Count > 0 && node.Listen is null)
        {
            At(peerPlaces[peers[0].Name], "WAY1019", $"nothing says who this node is towards '{peers[0].Name}'", "add 'listen { address [::]; certificate \"FILE\"; key \"FILE\"; authority \"FILE\"; }'");
        }
        foreach (var path in paths.Where(path => path.Peer is not null || path.Shared is not null))
        {
            var peer = peers.FirstOrDefault(one => one.Name == path.Peer);
            if (path.Peer is null)
            {
                At(pathPlaces[path.Name], "WAY1019", $"with whom the path '{path.Name}' is shared is not said", "add 'peer NAME;'");
            }
            else if (peer is null && path.Shared is not null)
            {
                At(pathPlaces[path.Name], "WAY1019", $"the path '{path.Name}' is shared with '{path.Peer}', and no peer is called so",
                    NearestWord.Mend(path.Peer, peers.Select(one => one.Name)) ?? $"add 'peer {PolicyPrinter.Name(path.Peer)} {{ certificate \"NAME\"; prefix ...; }}'");
            }
            else if (peer is { Prefixes.IsEmpty: true })
            {
                At(pathPlaces[path.Name], "WAY1019", $"which flows the path '{path.Name}' carries is not said: the peer '{path.Peer}' has no addresses",
                    $"add 'prefix ...;' to 'peer {PolicyPrinter.Name(path.Peer)}': its own addresses and those behind it");
            }
            else if (path.Shared is not null && paths.TakeWhile(other => other != path).FirstOrDefault(other => other.Peer == path.Peer && other.Shared == path.Shared) is { } same)
            {
                At(pathPlaces[path.Name], "WAY1002", string.Create(CultureInfo.InvariantCulture, $"'{same.Name}' and '{path.Name}' are both number {path.Shared} to '{path.Peer}'"), "each path that is shared has a number of its own");
            }
        }

        void At(Token token, string code, string message, string mend) => Source.Error(code, token.Start, token.End, message, mend);
    }
}
