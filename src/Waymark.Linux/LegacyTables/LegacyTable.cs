using Waymark.Flows;

namespace Waymark.Linux.LegacyTables;

/// <summary>A table of the old iptables, which is not nf_tables' and has rules of its own.</summary>
/// <param name="Family">Of which packets.</param>
/// <param name="Name">Its name: filter, nat, mangle, raw, security.</param>
internal sealed record LegacyTable(IpFamily Family, string Name)
{
    /// <summary>The program that lists it.</summary>
    public string Program => Family == IpFamily.V4 ? "iptables-legacy" : "ip6tables-legacy";
}
