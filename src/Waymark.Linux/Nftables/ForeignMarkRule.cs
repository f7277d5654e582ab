namespace Waymark.Linux.Nftables;

/// <summary>A rule of another program that writes a mark.</summary>
/// <param name="Family">Of its table, in nft's word: ip, ip6, inet, bridge, arp, netdev.</param>
/// <param name="Table">Its table.</param>
/// <param name="Chain">Its chain.</param>
/// <param name="Handle">By which nft names it.</param>
/// <param name="Write">What it writes.</param>
internal sealed record ForeignMarkRule(string Family, string Table, string Chain, ulong Handle, MarkWrite Write)
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
