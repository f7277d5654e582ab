namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>Another program has what this node's territory claims, or leads packets past its rules.</summary>
/// <param name="Key">The node file's key that says otherwise: <c>table</c>, <c>priority</c>, <c>fwmark</c> or <c>ctmark</c>; null where none does.</param>
/// <param name="What">Who, what, where.</param>
/// <param name="Mend">What ends it.</param>
/// <param name="IsCertain">
/// Whether decisions cannot be carried out beside it: the same table or priority is used by two. A mark may never meet: the other's rule may be for packets that we never see.
/// </param>
public sealed record TerritoryClash(string? Key, string What, string Mend, bool IsCertain)
{
    /// <inheritdoc/>
    public override string ToString() => $"{What}; {Mend}";
}
