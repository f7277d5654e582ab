namespace Waymark.Linux.Nftables.Listings;

/// <summary>A statement of a rule as nft lists it, in either of its forms.</summary>
internal abstract record ListedStatement
{
    private ListedStatement()
    {
    }

    /// <summary>Goes on only where the two compare so.</summary>
    public sealed record Match(ListedExpression Left, ListedRelation Relation, ListedExpression Right) : ListedStatement;

    /// <summary>Ends the rule with a verdict.</summary>
    public sealed record Give(NftablesVerdict Verdict) : ListedStatement;

    /// <summary>Does what a verdict map says of a key.</summary>
    public sealed record VerdictOf(ListedExpression Key, string Map) : ListedStatement;

    /// <summary>Writes a property of the packet or its connection.</summary>
    public sealed record Write(ListedExpression Target, ListedExpression Value) : ListedStatement;

    /// <summary>Translates the source address, or the destination's.</summary>
    public sealed record Translate(bool IsSource, bool IsV6, ListedExpression Address) : ListedStatement;

    /// <summary>Answers and drops: a TCP reset, or the ICMP error "administratively prohibited".</summary>
    public sealed record Reject(bool TcpReset) : ListedStatement;

    /// <summary>Counts.</summary>
    public sealed record Count : ListedStatement;

    /// <summary>Something else.</summary>
    /// <param name="What">As it stands there.</param>
    public sealed record Unknown(string What) : ListedStatement;
}

/// <summary>How the two sides of a match compare.</summary>
internal enum ListedRelation
{
    /// <summary>Equal, or in the set or range.</summary>
    Equal,

    /// <summary>Not so.</summary>
    NotEqual,

    /// <summary>At least one of the flags is set.</summary>
    AnyFlag,

    /// <summary>None of them is.</summary>
    NoFlag,
}
