namespace Waymark.Linux.Nftables;

/// <summary>What stands in one table of family inet.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Chains">In ordinal order of name.</param>
/// <param name="Sets">In ordinal order of name.</param>
internal sealed record NftablesTable(string Name, EquatableArray<NftablesChain> Chains, EquatableArray<NftablesSet> Sets);

/// <summary>A chain and its rules.</summary>
/// <param name="Name">Its name; a letter, then letters, digits, underscores.</param>
/// <param name="Hook">Where packets enter it; null where only other chains lead to it.</param>
/// <param name="Rules">In order.</param>
internal sealed record NftablesChain(string Name, NftablesHook? Hook, EquatableArray<NftablesRule> Rules);

/// <summary>Where a base chain is registered.</summary>
/// <param name="Type"><c>filter</c>, <c>nat</c> or <c>route</c>.</param>
/// <param name="Number">0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting.</param>
/// <param name="Priority">Lower comes first.</param>
/// <param name="Drops">Whether its policy drops what no rule has decided (NF_DROP); ours never do.</param>
internal sealed record NftablesHook(string Type, int Number, int Priority, bool Drops = false);

/// <summary>A rule: its instructions run until one does not go on.</summary>
/// <param name="Expressions">In order.</param>
internal sealed record NftablesRule(EquatableArray<NftablesExpression> Expressions)
{
    /// <summary>For people who list it, and for our own restart; empty for none, at most 120 characters.</summary>
    public string Comment { get; init; } = "";
}
