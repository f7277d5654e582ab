using Waymark.Linux.Nftables;

namespace Waymark.Linux.PacketClassification;

/// <summary>
/// Makes a table that nobody asks before it is whole. With a class for each selector it has thousands of chains, and the kernel takes only so much at once (212,992 bytes, where the system says nothing else, and the
/// acknowledgements have to fit into as much) from a socket without rights over its buffers, which in a user namespace nobody has: so it goes in parts, each a transaction of its own.
/// </summary>
internal static class TableLoading
{
    /// <summary>A chain or rule has a few hundred bytes at the most, and an acknowledgement takes less than 1,000 of the receiver.</summary>
    private const int MessagesPerPart = 100;

    /// <summary>The largest, of ranges of IPv6 addresses and ports, has 200 bytes or so.</summary>
    private const int ElementsPerPart = 500;

    /// <summary>Makes the table; base chains come last, for the kernel follows each of them through all that it leads to with every transaction. Throws <see cref="Netlink.NetlinkException"/>.</summary>
    public static void Load(NftablesSocket nftables, NftablesTable table, DateTimeOffset now)
    {
        nftables.Commit(table.Name, "make a table", messages => messages.AddTable(0));
        InParts(table.Chains.Where(chain => chain.Hook is null), (messages, chain) => messages.AddChain(chain));
        var id = 1u;
        InParts(table.Sets, (messages, set) => messages.AddSet(set, id++));
        foreach (var set in table.Sets)
        {
            foreach (var part in set.Elements.Chunk(ElementsPerPart))
            {
                nftables.Commit(table.Name, $"fill the map {set.Name}", messages => messages.AddElements(set, part, now));
            }
        }
        InParts(table.Chains.Where(chain => chain.Hook is null).SelectMany(chain => chain.Rules, (chain, rule) => (chain.Name, Rule: rule)), (messages, one) => messages.AddRule(one.Name, one.Rule));
        nftables.Commit(table.Name, "ask the classification", messages =>
        {
            foreach (var chain in table.Chains.Where(chain => chain.Hook is not null))
            {
                messages.AddChain(chain);
                foreach (var rule in chain.Rules)
                {
                    messages.AddRule(chain.Name, rule);
                }
            }
        });

        void InParts<T>(IEnumerable<T> all, Action<NftablesMessages, T> write)
        {
            foreach (var part in all.Chunk(MessagesPerPart))
            {
                nftables.Commit(table.Name, "prepare the classification", messages => Array.ForEach(part, one => write(messages, one)));
            }
        }
    }
}
