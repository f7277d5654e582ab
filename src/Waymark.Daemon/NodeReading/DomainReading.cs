using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Policies;

namespace Waymark.Daemon.NodeReading;

/// <summary>The domains that policies name, and what the node's resolver says of them.</summary>
internal static class DomainReading
{
    /// <summary>The addresses of <paramref name="names"/>; a name that has none at the moment keeps those it had.</summary>
    public static async Task<EquatableArray<KeyValuePair<string, EquatableArray<IpAddress>>>> ResolveAsync(
        IEnumerable<string> names, EquatableArray<KeyValuePair<string, EquatableArray<IpAddress>>> before, CancellationToken cancellationToken)
    {
        var found = new SortedDictionary<string, EquatableArray<IpAddress>>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            try
            {
                var addresses = await Dns.GetHostAddressesAsync(name, cancellationToken);
                found[name] = addresses.Select(IpAddress.From).Distinct().Order().ToEquatableArray();
            }
            catch (SocketException)
            {
                // No answer: the last one stays in force, and without one the policy is reported as unresolved.
                if (before.FirstOrDefault(one => one.Key == name) is { Key: not null } known)
                {
                    found[name] = known.Value;
                }
            }
        }
        return found.ToEquatableArray();
    }

    /// <summary>The domains that sets speak of.</summary>
    public static IReadOnlySet<string> DomainsIn(IEnumerable<PolicySet> sets) =>
        new SortedSet<string>(SpokenFlows.In(sets).Select(flow => flow.Peer?.Domain).OfType<string>(), StringComparer.Ordinal);
}
