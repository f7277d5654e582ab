namespace Waymark.Linux.Nftables;

/// <summary>A rule of another program that writes a mark.</summary>
/// <param name="Table">Its table, as a person would say it: <c>the nftables table 'ip mangle'</c>.</param>
/// <param name="Chain">Its chain.</param>
/// <param name="Rule">Which rule of the chain: <c>rule handle 2</c> where nft names it, <c>rule 1</c> where iptables counts.</param>
/// <param name="Write">What it writes.</param>
internal sealed record ForeignMarkRule(string Table, string Chain, string Rule, MarkWrite Write)
{
    /// <summary>The word for NFPROTO_*.</summary>
    public static string FamilyWord(byte family) => family switch
    {
        1 => "inet",
        2 => "ip",
        3 => "arp",
        5 => "netdev",
        7 => "bridge",
        10 => "ip6",
        _ => "family " + family,
    };
}
