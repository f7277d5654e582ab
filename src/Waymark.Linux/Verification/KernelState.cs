using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.Netlink;
using Waymark.Linux.Nftables;
using Waymark.Linux.Nftables.Listings;
using Waymark.Linux.PathMaintenance;
using Waymark.Linux.Routing;

namespace Waymark.Linux.Verification;

/// <summary>All of a kernel that a decision is held to: read from the running one, or from what somebody saved of another.</summary>
public sealed record KernelState
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>Our table; null: it is not there.</summary>
    internal NftablesTable? Table { get; private init; }

    /// <summary>The routing rules of both families, in order of priority.</summary>
    internal EquatableArray<RoutingRule> Rules { get; private init; } = [];

    /// <summary>The routes of both families.</summary>
    internal EquatableArray<Route> Routes { get; private init; } = [];

    /// <summary>Names of devices by index.</summary>
    internal IReadOnlyDictionary<int, string> Devices { get; private init; } = new Dictionary<int, string>();

    /// <summary>Connected prefixes, each with its device; without the loopback's.</summary>
    internal EquatableArray<(string Device, IpPrefix Prefix)> Connected { get; private init; } = [];

    /// <summary>What of it is not understood, a sentence each.</summary>
    internal EquatableArray<string> NotUnderstood { get; private init; } = [];

    /// <summary>What other programs do to our packets or marks, a sentence each.</summary>
    internal EquatableArray<string> Others { get; private init; } = [];

    /// <summary>Reads the kernel of this network namespace. Throws <see cref="NetlinkException"/> where it may not be read (CAP_NET_ADMIN).</summary>
    /// <param name="territory">Which numbers are ours.</param>
    /// <param name="bypass">Whole packet marks of others that are known and left alone.</param>
    public static KernelState Read(Territory territory, IReadOnlyCollection<uint> bypass)
    {
        using var nftables = new NftablesSocket();
        using var routing = new RoutingSocket();
        var table = nftables.Read(territory.Table, TimeProvider.System.GetUtcNow());
        var links = routing.Links();
        return new()
        {
            Table = table,
            Rules = [.. Families.SelectMany(routing.Rules)],
            Routes = [.. Families.SelectMany(family => routing.Routes(family))],
            Devices = links.ToDictionary(link => link.Index, link => link.Name),
            Connected = [.. from address in routing.Addresses()
                            from link in links
                            where link.Index == address.LinkIndex && !link.IsLoopback
                            select (link.Name, address.Prefix)],
            NotUnderstood = table is not null && nftables.IsDormant(territory.Table) ? [Dormant(territory)] : [],
            Others = new TerritorySurvey(territory, bypass).Clashes().Select(clash => clash.What).ToEquatableArray(),
        };
    }

    /// <summary>
    /// Reads what was saved of a kernel. Throws <see cref="FormatException"/> where a file is something else; its name and the place stand in front.
    /// </summary>
    /// <param name="files">What was saved.</param>
    /// <param name="territory">Which numbers are ours.</param>
    /// <param name="bypass">Whole packet marks of others that are known and left alone.</param>
    /// <param name="cgroups">Ids of control groups by path.</param>
    public static KernelState Read(SavedKernel files, Territory territory, IReadOnlyCollection<uint> bypass, IEnumerable<KeyValuePair<string, ulong>> cgroups)
    {
        var ruleset = files.Ruleset.Read(text => SavedRuleset.Read(text, territory.Table, cgroups.ToDictionary(StringComparer.Ordinal)));
        var devices = new Dictionary<string, int>(StringComparer.Ordinal);
        int IndexOf(string device) => devices.TryGetValue(device, out var known) ? known : devices[device] = devices.Count + 1;
        var v4 = files.Routing4.Read(text => SavedRouting.Read(text.Span, IpFamily.V4, IndexOf));
        var v6 = files.Routing6.Read(text => SavedRouting.Read(text.Span, IpFamily.V6, IndexOf));
        EquatableArray<(string Device, IpPrefix Prefix)> addresses = [.. v4.Addresses, .. v6.Addresses];
        foreach (var (device, _) in addresses)
        {
            IndexOf(device);
        }
        EquatableArray<RoutingRule> rules = [.. v4.Rules, .. v6.Rules];
        EquatableArray<Route> routes = [.. v4.Routes, .. v6.Routes];
        return new()
        {
            Table = ruleset.Table,
            Rules = rules,
            Routes = routes,
            Devices = devices.ToDictionary(one => one.Value, one => one.Key),
            Connected = [.. addresses.Where(one => !v4.Loopbacks.Contains(one.Device) && !v6.Loopbacks.Contains(one.Device))],
            NotUnderstood = [.. ruleset.NotUnderstood, .. ruleset.IsDormant ? [Dormant(territory)] : Array.Empty<string>()],
            Others =
            [
                .. new TerritorySurvey(territory, bypass).Clashes(rules, routes, ruleset.MarkRules).Concat(ruleset.Flowtables.Select(TerritorySurvey.Bypass)).Select(clash => clash.What),
                .. ruleset.Others,
            ],
        };
    }

    /// <summary>The decision with what hangs on the host: indexes of devices, by which of them the system sends, what is connected elsewhere.</summary>
    internal VerifiedDecision Place(VerifiedDecision decision, Territory territory)
    {
        var indexes = Devices.ToDictionary(one => one.Value, one => one.Key, StringComparer.Ordinal);
        var paths = decision.Paths.Paths.Select(path => path with { DeviceIndex = path.Device is { } device ? indexes.GetValueOrDefault(device) : 0 }).ToList();
        var own = paths.Select(path => path.Device).ToHashSet();
        var others = Rules.Where(rule => rule.Protocol != territory.Protocol).ToList();
        var chosen = Families.SelectMany(family => SystemChoice.Devices(
            family, [.. others.Where(rule => rule.Family == family)], [.. Routes.Where(route => route.Destination.Family == family)])).ToHashSet();
        return decision with
        {
            Paths = new(paths.ToEquatableArray()),
            DefaultDevices = Devices.Where(one => chosen.Contains(one.Key)).Select(one => one.Value).ToEquatableArray(),
            Connected = Connected.Where(one => !own.Contains(one.Device)).Select(one => one.Prefix).Distinct().ToEquatableArray(),
        };
    }

    private static string Dormant(Territory territory) => $"the table 'inet {territory.Table}' is dormant: no packet comes to its rules";
}
