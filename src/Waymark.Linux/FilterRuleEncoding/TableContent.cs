using Waymark.Linux.Nftables;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>Collects the chains and sets of a table; a name given twice is a mistake and throws.</summary>
internal sealed class TableContent
{
    private readonly Dictionary<string, NftablesChain> chains = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NftablesSet> sets = new(StringComparer.Ordinal);

    /// <summary>Adds a chain that others lead to.</summary>
    public void Add(string name, params IEnumerable<NftablesRule> rules) => Add(new NftablesChain(name, null, rules.ToEquatableArray()));

    /// <summary>Adds a base chain.</summary>
    public void Add(string name, NftablesHook hook, params IEnumerable<NftablesRule> rules) => Add(new NftablesChain(name, hook, rules.ToEquatableArray()));

    /// <summary>Adds a chain.</summary>
    public void Add(NftablesChain chain) => chains.Add(chain.Name, chain);

    /// <summary>Adds a classification.</summary>
    public void Add(Classification classification)
    {
        foreach (var chain in classification.Chains)
        {
            Add(chain);
        }
        foreach (var map in classification.Maps)
        {
            sets.Add(map.Name, map);
        }
    }

    /// <summary>Adds a set, its elements in any order.</summary>
    public void Add(NftablesSet set) => sets.Add(set.Name, set with { Elements = set.Elements.Order().ToEquatableArray() });

    /// <summary>Adds a map from marks (or small numbers) to verdicts.</summary>
    public void AddVerdicts(string name, IEnumerable<NftablesElement> elements, bool hasTimeouts = false) =>
        Add(new NftablesSet { Name = name, Key = [NftablesType.Mark], Value = NftablesType.Verdict, HasTimeouts = hasTimeouts, Elements = elements.ToEquatableArray() });

    /// <summary>The table.</summary>
    public NftablesTable ToTable(string name) => new(
        name,
        chains.Values.OrderBy(chain => chain.Name, StringComparer.Ordinal).ToEquatableArray(),
        sets.Values.OrderBy(set => set.Name, StringComparer.Ordinal).ToEquatableArray());
}
