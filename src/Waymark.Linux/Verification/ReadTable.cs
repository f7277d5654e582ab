using Waymark.Linux.Nftables;
using Waymark.Regions;

namespace Waymark.Linux.Verification;

/// <summary>A table as it was read back, ready to be asked in many situations; what was found out in one serves the others.</summary>
/// <param name="table">The table.</param>
/// <param name="cgroups">Ids of control groups by path.</param>
/// <param name="areMerged">Whether elements with the same answer may be one; else what is told names the very element.</param>
internal sealed class ReadTable(NftablesTable table, IEnumerable<KeyValuePair<string, ulong>> cgroups, bool areMerged = true)
{
    private readonly Dictionary<string, NftablesChain> chains = table.Chains.ToDictionary(chain => chain.Name, StringComparer.Ordinal);

    /// <summary>Where boxes are from.</summary>
    public PacketSpace Space { get; } = new();

    /// <summary>Its sets and maps.</summary>
    public SetQuestions Sets => field ??= new(table, Space, areMerged);

    /// <summary>The same, for following single packets: what they meet is named, element by element.</summary>
    public ReadTable Singly => field ??= new(table, cgroups, areMerged: false);

    /// <summary>What rules leave of regions.</summary>
    public RestingRegions Rests => field ??= new(Space);

    /// <summary>Paths of control groups by id.</summary>
    public IReadOnlyDictionary<ulong, string> Cgroups { get; } = cgroups.ToDictionary(one => one.Value, one => one.Key);

    /// <summary>The chain of a name; null: it is not there.</summary>
    public NftablesChain? Find(string name) => chains.GetValueOrDefault(name);

    /// <summary>The chains of a hook, in the order in which packets come to them.</summary>
    public IEnumerable<NftablesChain> BaseChains(int hook) => table.Chains.Where(chain => chain.Hook?.Number == hook).OrderBy(chain => chain.Hook!.Priority);
}
