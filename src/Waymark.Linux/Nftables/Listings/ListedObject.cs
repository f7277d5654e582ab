namespace Waymark.Linux.Nftables.Listings;

/// <summary>What a listing is made of, in either of its forms.</summary>
/// <param name="Family">Of its table, in nft's word.</param>
/// <param name="Table">The name of its table.</param>
internal abstract record ListedObject(string Family, string Table)
{
    /// <summary>A table.</summary>
    public sealed record OfTable(string Family, string Table, bool IsDormant) : ListedObject(Family, Table);

    /// <summary>A chain.</summary>
    public sealed record OfChain(string Family, string Table, string Name, NftablesHook? Hook) : ListedObject(Family, Table);

    /// <summary>A rule, in the order of its chain.</summary>
    public sealed record OfRule(string Family, string Table, string Chain, EquatableArray<ListedStatement> Statements, string Comment) : ListedObject(Family, Table);

    /// <summary>A set or map.</summary>
    /// <param name="Family">Of its table.</param>
    /// <param name="Table">Its table.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="Key">nft's names of the types of its key's parts; empty where they are said in another way.</param>
    /// <param name="Value">nft's name of the type of its values; null for a set.</param>
    /// <param name="Flags">Its flags, in nft's words.</param>
    /// <param name="Elements">Its elements.</param>
    public sealed record OfSet(string Family, string Table, string Name, EquatableArray<string> Key, string? Value, EquatableArray<string> Flags, EquatableArray<ListedElement> Elements)
        : ListedObject(Family, Table);

    /// <summary>A flowtable, and its devices.</summary>
    public sealed record OfFlowtable(string Family, string Table, string Name, EquatableArray<string> Devices) : ListedObject(Family, Table);
}

/// <summary>An element of a set or map.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Verdict">Of a verdict map: where packets go.</param>
/// <param name="Value">Of another map: the value.</param>
internal sealed record ListedElement(ListedExpression Key, NftablesVerdict? Verdict, ListedExpression? Value);
