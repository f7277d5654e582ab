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

    /// <summary>The requesters that a certificate of these names identifies, in the file's order.</summary>
    public IReadOnlyList<RequesterDeclaration> RequestersOf(EquatableArray<CertificateName> names) => Of(names, requesters, File.Requesters);

    /// <summary>The peers that a certificate of these names identifies, in the file's order.</summary>
    public IReadOnlyList<PeerDeclaration> PeersOf(EquatableArray<CertificateName> names) => Of(names, peers, File.Peers);

    private static List<T> Of<T>(EquatableArray<CertificateName> names, ILookup<CertificateName, T> by, EquatableArray<T> all)
    {
        var found = names.SelectMany(name => by[name]).Distinct().ToList();
        return found.Count < 2 ? found : [.. all.Where(found.Contains)];
    }

    private static ILookup<CertificateName, T> ByName<T>(IEnumerable<T> all, Func<T, string?> certificate) => all
        .Select(one => (Name: certificate(one) is { } text ? CertificateName.Parse(text) : null, One: one))
        .Where(pair => pair.Name is not null).ToLookup(pair => pair.Name!, pair => pair.One);
}
