using Waymark.Linux.Nftables;
using Waymark.Regions;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Linux.Verification;

/// <summary>A table as it was read back, ready to be asked in many situations; what was found out in one serves the others.</summary>
/// <param name="table">The table.</param>
/// <param name="cgroups">Ids of control groups by path.</param>
/// <param name="areMerged">Whether elements with the same answer may be one; else what is told names the very element.</param>
internal sealed class ReadTable(NftablesTable table, IEnumerable<KeyValuePair<string, ulong>> cgroups, bool areMerged = true)
{
    private readonly Dictionary<NftablesRule, bool> asking = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, bool> askingChains = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NftablesChain> chains = table.Chains.ToDictionary(chain => chain.Name, StringComparer.Ordinal);

    /// <summary>Where boxes are from.</summary>
    public PacketSpace Space { get; } = new();

    /// <summary>Its sets and maps.</summary>
    public SetQuestions Sets => field ??= new(table, Space, areMerged);

    /// <summary>The same, for following single packets: what they meet is named, element by element.</summary>
    public ReadTable Singly => field ??= new(table, cgroups, areMerged: false);

    /// <summary>What rules leave of regions.</summary>
    public RestingRegions Rests => field ??= new(Space);

    /// <summary>What chains did.</summary>
    public KnownCalls Calls { get; } = new();

    /// <summary>Paths of control groups by id.</summary>
    public IReadOnlyDictionary<ulong, string> Cgroups { get; } = cgroups.ToDictionary(one => one.Value, one => one.Key);

    /// <summary>The chain of a name; null: it is not there.</summary>
    public NftablesChain? Find(string name) => chains.GetValueOrDefault(name);

    /// <summary>Whether what a rule does may depend on the packet, and not only on marks and where it is.</summary>
    public bool AsksOfPackets(NftablesRule rule)
    {
        if (!asking.TryGetValue(rule, out var asks))
        {
            asking.Add(rule, asks = rule.Expressions.Any(one => one is Payload or SocketCgroup or ConntrackDestination or Hash or Meta { Key: NftablesMetaKey.Protocol or NftablesMetaKey.User or NftablesMetaKey.Group }));
        }
        return asks;
    }

    /// <summary>Whether a rule of a chain, or of one that it leads to, asks of packets.</summary>
    public bool AsksOfPackets(NftablesChain chain)
    {
        if (!askingChains.TryGetValue(chain.Name, out var asks))
        {
            // One that leads back to itself asks no more by that.
            askingChains.Add(chain.Name, false);
            askingChains[chain.Name] = asks = chain.Rules.Any(rule => AsksOfPackets(rule) || rule.Expressions.SelectMany(LeadsTo).Distinct(StringComparer.Ordinal).Any(name => Find(name) is { } to && AsksOfPackets(to)));
        }
        return asks;
    }

    private IEnumerable<string> LeadsTo(NftablesExpression expression) => expression switch
    {
        Give { Verdict.Chain: { } name } => [name],
        VerdictOf map => Sets.Find(map.Set)?.Elements.Select(element => element.Verdict?.Chain).OfType<string>() ?? [],
        _ => [],
    };

    /// <summary>The chains of a hook, in the order in which packets come to them.</summary>
    public IEnumerable<NftablesChain> BaseChains(int hook) => table.Chains.Where(chain => chain.Hook?.Number == hook).OrderBy(chain => chain.Hook!.Priority);
}
