using Waymark.Flows;
using Waymark.PathDecision;

namespace Waymark.Policies.Language;

/// <summary>Every user, group and domain that sets name, each with a value that nothing else has.</summary>
internal static class ImaginedNames
{
    public static NodeNames Of(IEnumerable<PolicySet> sets)
    {
        SortedSet<string> users = new(StringComparer.Ordinal), groups = new(StringComparer.Ordinal), domains = new(StringComparer.Ordinal);
        foreach (var flow in SpokenFlows.In(sets))
        {
            if (flow.Peer?.Domain is { } domain)
            {
                domains.Add(domain);
            }
            foreach (var extra in flow.Extras)
            {
                switch (extra)
                {
                    case FlowExtra.User(var name):
                        users.Add(name);
                        break;
                    case FlowExtra.Group(var name):
                        groups.Add(name);
                        break;
                }
            }
        }
        return new()
        {
            Users = users.Select((name, i) => KeyValuePair.Create(name, 4_000_000_000u + (uint)i)).ToEquatableArray(),
            Groups = groups.Select((name, i) => KeyValuePair.Create(name, 4_000_000_000u + (uint)i)).ToEquatableArray(),
            Domains = domains.Select((name, i) => KeyValuePair.Create<string, EquatableArray<IpAddress>>(name,
                [new(IpFamily.V4, 0xF000_0000u + (uint)i), new(IpFamily.V6, ((UInt128)0x3fff << 112) + (uint)i)])).ToEquatableArray(),
        };
    }
}
