using System.Globalization;
using Waymark.PathDecision;

namespace Waymark.Flows;

/// <summary>The names of the node, found without walking through all of them: a set may name as many as the node has.</summary>
internal sealed class NameLookup(NodeNames names)
{
    private readonly Lazy<Dictionary<string, uint>> users = new(() => Ids(names.Users)), groups = new(() => Ids(names.Groups));

    private readonly Lazy<Dictionary<string, EquatableArray<IpAddress>>> domains = new(() =>
    {
        var found = new Dictionary<string, EquatableArray<IpAddress>>(StringComparer.OrdinalIgnoreCase);
        foreach (var (domain, addresses) in names.Domains)
        {
            found.TryAdd(domain, addresses);
        }
        return found;
    });

    /// <summary>The id of a user, given by name or by number; null: there is none.</summary>
    public uint? User(string name) => Id(users.Value, name);

    /// <summary>The id of a group, given by name or by number; null: there is none.</summary>
    public uint? Group(string name) => Id(groups.Value, name);

    /// <summary>The addresses of a domain, in whichever case it is written; empty: none are known.</summary>
    public EquatableArray<IpAddress> Domain(string name) => domains.Value.GetValueOrDefault(name);

    private static uint? Id(Dictionary<string, uint> ids, string name) =>
        ids.TryGetValue(name, out var id) || uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out id) ? id : null;

    private static Dictionary<string, uint> Ids(EquatableArray<KeyValuePair<string, uint>> names)
    {
        var ids = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var (name, id) in names)
        {
            ids.TryAdd(name, id);
        }
        return ids;
    }
}
