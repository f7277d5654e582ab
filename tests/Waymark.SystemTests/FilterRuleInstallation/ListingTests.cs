using System.Text;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Nftables;
using Waymark.Linux.Nftables.Listings;
using Waymark.PathDecision;
using Waymark.Policies;
using static Waymark.SystemTests.FilterRuleInstallation.Rules;

namespace Waymark.SystemTests.FilterRuleInstallation;

/// <summary>
/// Every kind of rule that we can write: the distribution's nft lists it (a rule that it cannot decode makes it abort over the whole host's ruleset, finding F2),
/// and what we read back equals what we wrote, so that adoption changes nothing.
/// </summary>
public sealed class ListingTests
{
    private static readonly DateTimeOffset End = TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(1);

    private static readonly Flow Web = new() { Protocol = new FlowProtocol.Transport(TransportProtocol.Tcp, [new(80, 80), new(443, 443)]) };

    public static readonly TheoryData<string> Kinds = [.. Flows.Keys];

    private static Dictionary<string, Flow> Flows => new(StringComparer.Ordinal)
    {
        ["any"] = new(),
        ["ports"] = Web,
        ["not ports"] = new() { Extras = [new FlowExtra.Not([Web])] },
        ["icmp"] = new() { Protocol = new FlowProtocol.Icmp([new(8, 8), new(128, 130)], [new(0, 3)]) },
        ["spi"] = new() { Protocol = new FlowProtocol.Security(true, false, [new(256, 300), new(4096, 4096)]) },
        ["dscp"] = new() { Extras = [new FlowExtra.Dscp([new(46, 46), new(8, 12)])] },
        ["label"] = new() { Extras = [new FlowExtra.Label([new(7, 9)])] },
        ["user"] = new() { Protocol = Web.Protocol, Extras = [new FlowExtra.User("1000")] },
        ["not user"] = new() { Extras = [new FlowExtra.Not([new Flow { Extras = [new FlowExtra.User("1000")] }])] },
        ["group"] = new() { Extras = [new FlowExtra.Group("100")] },
        ["cgroup"] = new() { Extras = [new FlowExtra.Cgroup("a/b")] },
        ["not cgroup"] = new() { Extras = [new FlowExtra.Not([new Flow { Extras = [new FlowExtra.Cgroup("a")] }])] },
        ["interface"] = new() { Extras = [new FlowExtra.FromInterface("l0")] },
        ["not interface"] = new() { Extras = [new FlowExtra.Not([new Flow { Extras = [new FlowExtra.FromInterface("l0")] }])] },
        ["started here"] = new() { Extras = [new FlowExtra.Started(StartedBy.Here)] },
        ["started by peer"] = new() { Protocol = Web.Protocol, Extras = [new FlowExtra.Started(StartedBy.Peer)] },
        ["addresses"] = new()
        {
            Local = new() { Addresses = [new IpPrefix(IpAddress.Parse("192.168.50.0"), 25), new IpPrefix(IpAddress.Parse("2001:db8:50::"), 65)] },
            Peer = new() { Addresses = [new IpPrefix(IpAddress.Parse("203.0.113.0"), 24), new IpPrefix(IpAddress.Parse("2001:db8:cafe::"), 48)] },
        },
        ["host"] = new() { Peer = new() { Addresses = [new IpPrefix(IpAddress.From(World.Server4), 32)] } },
        ["numbers"] = new() { Protocol = new FlowProtocol.Numbers([new(47, 47), new(89, 112)]) },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_kind_of_flow_is_listed_by_nft_and_read_back_as_written(string kind) => Check([Flows[kind]]);

    /// <param name="mostLayers">0: what can be is searched field by field.</param>
    [Theory]
    [InlineData(12)]
    [InlineData(0)]
    public void All_kinds_together_are_listed_by_nft_and_read_back_as_written(int mostLayers) => Check([.. Flows.Values], mostLayers);

    private static void Check(Flow[] flows, int mostLayers = 12)
    {
        using var world = new World();
        world.Options = world.Options with { MostLayers = mostLayers, Cgroups = [new("a", 11), new("a/b", 12)], Bypass = [new MarkValue(0xca6c)] };
        var spread = new FilterAction.Spread([new(World.Id(1), 8), new(World.Id(2), 5), new(World.Id(3), 3)], BalancePer.Flow);
        FilterClass[] kinds =
        [
            Class(1, Use(2)), Class(2, Drop), Class(3, Leave), Class(4, spread), Class(5, new FilterAction.Spread(spread.Shares, BalancePer.Peer)),
            Class(6, new FilterAction.Spread(spread.Shares, BalancePer.Local)), Class(7, Use(3), true, 1, 2) with { EndsAt = End },
        ];
        // Each flow once for good and once with an end, in turn of the classes.
        var rules = flows.SelectMany((flow, i) =>
        {
            var selector = FlowResolution.Resolve([flow], [], NodeNames.None).Selector;
            return new FilterRule[] { new(selector, 7, Origin, End), new(selector, 1 + (i % 6), Origin, null) };
        }).ToArray();
        world.Apply(new([.. rules], [.. kinds]));
        var text = SavedStates.Ruleset(world, "");
        Assert.Contains("table inet waymark", text, StringComparison.Ordinal);
        Assert.Equal(mostLayers == 0, text.Contains("chain search4 {", StringComparison.Ordinal) && text.Contains("chain search6 {", StringComparison.Ordinal));
        Assert.Equal(Lines(InKernel(world), _ => true), Lines(Listed(text), _ => true));
        // The level of a control group the JSON of this nft does not say: of such a rule it is told that it is not understood.
        Assert.Equal(Lines(InKernel(world), IsPlain), Lines(Listed(SavedStates.Ruleset(world, "-j")), IsPlain));
        world.Installer.Dispose();
        world.Installer = world.NewInstaller();
        Assert.Equal(world.Memory with { Encoded = null }, world.Installer.Adopt());
        Assert.False(world.Apply(new([.. rules], [.. kinds])).IsChanged);
    }

    private static NftablesTable InKernel(World world) => world.Node.Run(() =>
    {
        using var socket = new NftablesSocket();
        return socket.Read("waymark", TimeProvider.System.GetUtcNow())!;
    });

    private static NftablesTable Listed(string text)
    {
        var saved = SavedRuleset.Read(Encoding.UTF8.GetBytes(text), "waymark", new Dictionary<string, ulong> { ["a"] = 11, ["a/b"] = 12 });
        Assert.Empty(saved.NotUnderstood);
        return saved.Table!;
    }

    /// <summary>All that a table holds, without the moments at which elements end.</summary>
    private static IEnumerable<string> Lines(NftablesTable table, Func<NftablesRule, bool> isTaken) =>
    [
        .. table.Chains.SelectMany(chain => chain.Rules.Where(isTaken).Select((rule, i) => $"{chain.Name} {chain.Hook} {i}: {Canonical(rule)}")),
        .. table.Sets.SelectMany(set => set.Elements.Select(element => $"{set.Name}: {element with { EndsAt = null }}").Prepend($"{set with { Elements = [] }}")),
    ];

    /// <summary>nft leaves a mask of all bits out, and asks for the family of an address right before it, wherever the rule does.</summary>
    private static NftablesRule Canonical(NftablesRule rule)
    {
        var code = rule.Expressions.Where(one => one is not NftablesExpression.Bitwise(_, var mask, var turned) || mask.Any(bits => bits != 0xff) || turned.Any(bits => bits != 0)).ToList();
        var families = code.Index().Where(one => one.Item is NftablesExpression.Meta { Key: NftablesMetaKey.Family }).Select(one => one.Index).ToList();
        var asked = families.SelectMany(at => code.GetRange(at, 2)).ToList();
        return rule with { Expressions = [.. asked, .. code.Index().Where(one => !families.Contains(one.Index) && !families.Contains(one.Index - 1)).Select(one => one.Item)] };
    }

    private static bool IsPlain(NftablesRule rule) => !rule.Expressions.Any(one => one is NftablesExpression.SocketCgroup or NftablesExpression.Foreign);
}
