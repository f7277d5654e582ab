using Waymark.Exchange.Certificates;
using Waymark.Nodes;

namespace Waymark.Daemon.Requests;

/// <summary>The requesters and peers of a node file, by what they are found by: each call asks for its own among perhaps a thousand.</summary>
internal sealed class Declarations
{
    private readonly Dictionary<string, RequesterDeclaration> byName;
    private readonly ILookup<CertificateName, RequesterDeclaration> requesters;
    private readonly ILookup<CertificateName, PeerDeclaration> peers;

    public Declarations(NodeFile file)
    {
        (File, FileOwner) = (file, file.Requesters.First(one => one.User is "root" or "0"));
        byName = file.Requesters.DistinctBy(one => one.Name).ToDictionary(one => one.Name, StringComparer.Ordinal);
        requesters = ByName(file.Requesters, one => one.Certificate);
        peers = ByName(file.Peers, one => one.Certificate);
    }

    /// <summary>Whose.</summary>
    public NodeFile File { get; }

    /// <summary>Whose sets the files of the policy directory are.</summary>
    public RequesterDeclaration FileOwner { get; }

    /// <summary>The requester of that name; null where there is none.</summary>
    public RequesterDeclaration? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>The requesters that a certificate of these names identifies.</summary>
    public IReadOnlyList<RequesterDeclaration> RequestersOf(EquatableArray<CertificateName> names) => [.. names.SelectMany(name => requesters[name]).Distinct()];

    /// <summary>The peers that a certificate of these names identifies.</summary>
    public IReadOnlyList<PeerDeclaration> PeersOf(EquatableArray<CertificateName> names) => [.. names.SelectMany(name => peers[name]).Distinct()];

    private static ILookup<CertificateName, T> ByName<T>(IEnumerable<T> all, Func<T, string?> certificate) => all
        .Select(one => (Name: certificate(one) is { } text ? CertificateName.Parse(text) : null, One: one))
        .Where(pair => pair.Name is not null).ToLookup(pair => pair.Name!, pair => pair.One);
}
