namespace Waymark.Linux.Nftables;

/// <summary>Where a packet goes after a rule or an element of a verdict map.</summary>
/// <param name="Kind">The verdict's code.</param>
/// <param name="Chain">The chain to jump or go to; null for the others.</param>
internal readonly record struct NftablesVerdict(NftablesVerdictKind Kind, string? Chain = null)
{
    /// <summary>The packet is gone.</summary>
    public static NftablesVerdict Drop => new(NftablesVerdictKind.Drop);

    /// <summary>Back to the calling chain; in a base chain, its policy.</summary>
    public static NftablesVerdict Return => new(NftablesVerdictKind.Return);

    /// <summary>Into the chain, and not back to this one but to its caller.</summary>
    public static NftablesVerdict Goto(string chain) => new(NftablesVerdictKind.Goto, chain);

    /// <summary>Into the chain, and back.</summary>
    public static NftablesVerdict Jump(string chain) => new(NftablesVerdictKind.Jump, chain);

    /// <summary>As nft would say it.</summary>
    public override string ToString() => Chain is null ? Kind.ToString().ToLowerInvariant() : $"{Kind.ToString().ToLowerInvariant()} {Chain}";
}

/// <summary>Codes of <c>linux/netfilter.h</c> (NF_DROP, NF_ACCEPT) and <c>linux/netfilter/nf_tables.h</c> (enum nft_verdicts).</summary>
internal enum NftablesVerdictKind
{
    /// <summary>NF_DROP.</summary>
    Drop = 0,

    /// <summary>NF_ACCEPT.</summary>
    Accept = 1,

    /// <summary>NFT_JUMP.</summary>
    Jump = -3,

    /// <summary>NFT_GOTO.</summary>
    Goto = -4,

    /// <summary>NFT_RETURN.</summary>
    Return = -5,
}
