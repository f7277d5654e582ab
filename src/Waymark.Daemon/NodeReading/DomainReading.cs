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
    public static IReadOnlySet<string> DomainsIn(IEnumerable<PolicySet> sets)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        void Look(EquatableArray<Flow> flows)
        {
            foreach (var flow in flows)
            {
                if (flow.Peer?.Domain is { } domain)
                {
                    names.Add(domain);
                }
                foreach (var not in flow.Extras.OfType<FlowExtra.Not>())
                {
                    Look(not.Flows);
                }
            }
        }
        void Walk(EquatableArray<Statement> statements)
        {
            foreach (var statement in statements)
            {
                if (statement is Policy policy)
                {
                    Look(policy.Flows);
                }
                else if (statement is PolicyRule rule)
                {
                    Walk(rule.Then);
                    Walk(rule.Otherwise);
                }
            }
        }
        foreach (var set in sets)
        {
            foreach (var definition in set.Definitions)
            {
                Look(definition.Flows);
            }
            Walk(set.Statements);
        }
        return names;
    }
}
