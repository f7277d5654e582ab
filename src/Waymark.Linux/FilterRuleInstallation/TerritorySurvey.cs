using System.Globalization;
using System.Numerics;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.LegacyTables;
using Waymark.Linux.Nftables;
using Waymark.Linux.Routing;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>
/// Looks whether another program has what is ours: routes in our tables, rules at our priorities or into our tables, mark bits; and whether packets pass by our rules.
/// Only reads.
/// </summary>
/// <param name="territory">Which numbers are ours.</param>
/// <param name="bypass">Whole packet marks that are known and left alone.</param>
public sealed class TerritorySurvey(Territory territory, IReadOnlyCollection<uint> bypass)
{
    /// <summary>How many priorities, from <see cref="Territory.Priority"/> on, are ours.</summary>
    private const uint Priorities = 50;

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>Whether an earlier life's table is in the kernel of this network namespace. Throws <see cref="Netlink.NetlinkException"/>.</summary>
    public bool IsSettled()
    {
        using var nftables = new NftablesSocket();
        return nftables.Has(territory.Table);
    }

    /// <summary>Every clash in this network namespace, the certain ones first. Throws <see cref="Netlink.NetlinkException"/>.</summary>
    public IReadOnlyList<TerritoryClash> Clashes()
    {
        using var routing = new RoutingSocket();
        using var nftables = new NftablesSocket();
        var legacy = LegacyTableSurvey.MarkRules();
        return
        [
            .. Clashes(
                [.. Families.SelectMany(routing.Rules)],
                [.. Families.SelectMany(family => routing.Routes(family))],
                [.. nftables.MarkRules(territory.Table), .. legacy.SelectMany(one => one.Rules ?? [])]),
            .. legacy.Where(one => one.Rules is null).Select(one => Unread(one.Table)),
            .. nftables.Flowtables().Select(Bypass),
        ];
    }

    internal static TerritoryClash Bypass(ForeignFlowtable one) => new(
        null,
        $"connections that rules give to the flowtable '{one.Name}' of the nftables table '{one.Family} {one.Table}' (devices {string.Join(", ", one.Devices)}) pass by all other rules, ours too: they stay on their path when it "
            + "is lost or forbidden to them",
        $"keep flows that a policy speaks of out of its 'flow add @{one.Name}'",
        IsCertain: false);

    internal TerritoryClash Unread(LegacyTable table) => new(
        null,
        $"the table '{table.Name}' of {table.Program} is in use and cannot be read: its rules may write our bits of marks (packets' 0x{territory.FwMark:x8}, connections' 0x{territory.CtMark:x8})",
        $"look for MARK and CONNMARK in what '{table.Program} -t {table.Name} -S' lists",
        IsCertain: false);

    internal IReadOnlyList<TerritoryClash> Clashes(IReadOnlyList<RoutingRule> rules, IReadOnlyList<Route> routes, IReadOnlyList<ForeignMarkRule> marks)
    {
        var others = rules.Where(rule => rule.Protocol != territory.Protocol).ToList();
        return
        [
            .. Tables(others, routes),
            .. Own(others),
            .. others.Where(rule => rule.Mark is { } mark && (mark & rule.MarkMask & territory.FwMark) != 0).Select(rule => Match(rule, marks)),
            .. marks.Where(Overlaps).DistinctBy(rule => (rule.Table, rule.Chain, rule.Write)).Select(rule => Write(rule, marks)),
        ];
    }

    private IEnumerable<TerritoryClash> Tables(List<RoutingRule> others, IReadOnlyList<Route> routes)
    {
        var mend = $"say 'table {FreeTables(others, routes)};' in the node file, or have it use another table";
        foreach (var foreign in routes.Where(route => IsOwn(route.Table) && route.Protocol != territory.Protocol).GroupBy(route => (route.Table, route.Protocol)))
        {
            yield return new("table", $"{RoutingProtocols.Name(foreign.Key.Protocol)} has routes in the routing table {foreign.Key.Table}, which is ours ({foreign.First()})", mend, IsCertain: true);
        }
        foreach (var rule in others.Where(rule => rule.Action == RuleAction.Lookup && IsOwn(rule.Table)).DistinctBy(rule => (rule.Priority, rule.Table)))
        {
            yield return new("table", $"a routing rule of {RoutingProtocols.Name(rule.Protocol)} at priority {rule.Priority} leads to the routing table {rule.Table}, which is ours", mend, IsCertain: true);
        }
    }

    private IEnumerable<TerritoryClash> Own(List<RoutingRule> others) => others
        .Where(rule => rule.Priority >= territory.Priority && rule.Priority < territory.Priority + Priorities)
        .DistinctBy(rule => rule.Priority)
        .Select(rule => new TerritoryClash(
            "priority",
            $"a routing rule of {RoutingProtocols.Name(rule.Protocol)} has priority {rule.Priority}, between ours ({territory.Priority} to {territory.Priority + Priorities - 1}), and takes packets that ours should",
            $"say 'priority {FreePriorities(others)};' in the node file, or have it use another priority",
            IsCertain: true));

    private TerritoryClash Match(RoutingRule rule, IReadOnlyList<ForeignMarkRule> marks) => new(
        "fwmark",
        $"a routing rule of {RoutingProtocols.Name(rule.Protocol)} at priority {rule.Priority} is for packets with mark 0x{rule.Mark:x}/0x{rule.MarkMask:x}, which has bits of ours (0x{territory.FwMark:x8})",
        Mend(new(IsConnection: false, rule.Mark!.Value & rule.MarkMask, rule.MarkMask == uint.MaxValue ? rule.Mark : null), marks),
        IsCertain: false);

    private TerritoryClash Write(ForeignMarkRule rule, IReadOnlyList<ForeignMarkRule> marks) => new(
        rule.Write.IsConnection ? "ctmark" : "fwmark",
        $"{rule.Table} (chain {rule.Chain}, {rule.Rule}) writes {(rule.Write.Bits == uint.MaxValue ? "the whole" : $"bits 0x{rule.Write.Bits:x} of the")} "
            + $"{(rule.Write.IsConnection ? "connection" : "packet")} mark, of which 0x{(rule.Write.IsConnection ? territory.CtMark : territory.FwMark):x8} are ours",
        Mend(rule.Write, marks),
        IsCertain: false);

    private string Mend(MarkWrite write, IReadOnlyList<ForeignMarkRule> marks)
    {
        var (key, own) = write.IsConnection ? ("ctmark", territory.CtMark) : ("fwmark", territory.FwMark);
        var taken = marks.Where(rule => rule.Write.IsConnection == write.IsConnection && rule.Write.Bits != uint.MaxValue).Aggregate(write.Bits, (bits, rule) => bits | rule.Write.Bits);
        // Four bits are the strict one and seven paths; the connection mark has to hold classes as well.
        var free = write.IsConnection ? FreeBits(own, taken, 14, BitOperations.PopCount(own)) : FreeBits(own, taken, 24, 4);
        if (write.Bits != uint.MaxValue && free is not null)
        {
            return $"say '{key} 0x{free:x8};' in the node file";
        }
        return write is { IsConnection: false, Whole: { } whole and not 0 }
            ? $"say 'bypass fwmark 0x{whole:x};' in the node file, and what bears that mark is left to it"
            : $"no '{key}' of the node file keeps the two apart: have it keep the bits that are not its own ({(write.IsConnection ? "ct" : "meta")} mark set {(write.IsConnection ? "ct" : "meta")} mark and 0x{own:x8} or ...)";
    }

    private bool Overlaps(ForeignMarkRule rule) => rule.Write.IsConnection
        ? (rule.Write.Bits & territory.CtMark) != 0
        : (rule.Write.Bits & territory.FwMark) != 0 && !(rule.Write.Whole is { } whole && bypass.Contains(whole));

    private bool IsOwn(uint table) => table > territory.FirstTable && table <= territory.TableOf(territory.Paths);

    /// <summary>
    /// The highest and widest run of bits that leaves <paramref name="taken"/> alone: at most as wide as <paramref name="own"/>, and not where many others have theirs
    /// (<see cref="Territory"/>); only where there is none, as wide as that anywhere. Null where there is none at all.
    /// </summary>
    private static uint? FreeBits(uint own, uint taken, int lowest, int narrowest)
    {
        var width = BitOperations.PopCount(own);
        foreach (var (bits, from) in Enumerable.Range(narrowest, width - narrowest + 1).Reverse().Select(bits => (bits, lowest)).Append((width, 0)))
        {
            for (var shift = 32 - bits; shift >= from; shift--)
            {
                var run = uint.MaxValue >> (32 - bits) << shift;
                if ((run & taken) == 0)
                {
                    return run;
                }
            }
        }
        return null;
    }

    private string FreeTables(List<RoutingRule> others, IReadOnlyList<Route> routes)
    {
        var taken = routes.Where(route => route.Protocol != territory.Protocol).Select(route => route.Table).Concat(others.Select(rule => rule.Table)).ToHashSet();
        return Free(territory.FirstTable, taken);
    }

    private string FreePriorities(List<RoutingRule> others) => Free(territory.Priority, others.Select(rule => rule.Priority).ToHashSet());

    /// <summary>The first hundred above <paramref name="own"/> of which nobody has any.</summary>
    private static string Free(uint own, HashSet<uint> taken)
    {
        var first = (own / 100 * 100) + 100;
        while (Enumerable.Range(0, 100).Any(at => taken.Contains(first + (uint)at)))
        {
            first += 100;
        }
        return string.Create(CultureInfo.InvariantCulture, $"{first}-{first + 99}");
    }
}
