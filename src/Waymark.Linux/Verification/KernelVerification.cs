using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Netlink;
using Waymark.Linux.Nftables;
using Waymark.Linux.PathMaintenance;
using Waymark.Linux.Routing;

namespace Waymark.Linux.Verification;

/// <summary>
/// Holds the running kernel to a decision. Reads back nftables, routing rules and routes, rebuilds what they do with every packet in every situation, and tells each difference by a packet. Only reads, and
/// knows nothing of how the rules were made: whoever made them, they do what the decision says or they do not.
/// </summary>
public static class KernelVerification
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>Compares this network namespace's kernel with a decision. Throws <see cref="NetlinkException"/> where it may not be read (CAP_NET_ADMIN).</summary>
    /// <param name="decision">The decision; the indexes of its paths' devices, its default devices and connected prefixes are taken from the kernel.</param>
    /// <param name="territory">Which numbers are ours.</param>
    /// <param name="bypass">Whole packet marks of others that are known and left alone.</param>
    /// <param name="most">How many differences are told.</param>
    public static VerificationReport Verify(VerifiedDecision decision, Territory territory, IReadOnlyCollection<uint> bypass, int most)
    {
        using var nftables = new NftablesSocket();
        using var routing = new RoutingSocket();
        if (nftables.Read(territory.Table, TimeProvider.System.GetUtcNow()) is not { } table)
        {
            return new() { NotUnderstood = [$"there is no table 'inet {territory.Table}' in this network namespace: nothing is enforced"] };
        }
        var links = routing.Links();
        var chosen = SystemChoice.Devices(routing, territory.Protocol);
        var paths = decision.Paths.Paths.Select(path => path with { DeviceIndex = links.FirstOrDefault(link => link.Name == path.Device)?.Index ?? 0 }).ToList();
        var devices = paths.Select(path => path.DeviceIndex).ToHashSet();
        var whole = decision with
        {
            Paths = new(paths.ToEquatableArray()),
            DefaultDevices = links.Where(link => chosen.Contains(link.Index)).Select(link => link.Name).ToEquatableArray(),
            Connected = routing.Addresses().Where(address => !devices.Contains(address.LinkIndex) && links.Any(link => link.Index == address.LinkIndex && !link.IsLoopback))
                .Select(address => address.Prefix).Distinct().ToEquatableArray(),
        };
        var report = TableVerification.Verify(
            table, [.. Families.SelectMany(routing.Rules)], [.. Families.SelectMany(family => routing.Routes(family))],
            index => links.FirstOrDefault(link => link.Index == index)?.Name ?? $"device {index}", whole, territory, most);
        return report with
        {
            NotUnderstood = [.. report.NotUnderstood, .. nftables.IsDormant(territory.Table) ? [$"the table 'inet {territory.Table}' is dormant: no packet comes to its rules"] : Array.Empty<string>()],
            Others = new FilterRuleInstallation.TerritorySurvey(territory, bypass).Clashes().Select(clash => clash.What).ToEquatableArray(),
        };
    }
}
