using Waymark.Linux.Netlink;

namespace Waymark.Linux.Nftables;

/// <summary>
/// Reads and changes nf_tables of one network namespace, by our own messages: libnftables aborts the whole process over rules that it does not understand.
/// One caller at a time.
/// </summary>
internal sealed partial class NftablesSocket : IDisposable
{
    private const ushort Subsystem = 10 << 8;

    private readonly NetlinkSocket socket = new(NetlinkProtocol.Netfilter);
    private readonly NetlinkWriter writer = new();

    /// <summary>The number of the ruleset's last change, by anybody (NFT_MSG_GETGEN).</summary>
    public uint Generation()
    {
        uint generation = 0;
        Ask(16, NetlinkFlags.Request | NetlinkFlags.Ack, _ => { });
        socket.TryRequest(writer.Written, message =>
        {
            foreach (var attribute in message.Attributes(4))
            {
                generation = attribute.Type == 1 ? attribute.U32Network : generation;
            }
        });
        return generation;
    }

    /// <summary>Whether the table is there.</summary>
    public bool Has(string table)
    {
        Ask(1, NetlinkFlags.Request | NetlinkFlags.Ack, w => w.Text(1, table));
        var refused = socket.TryRequest(writer.Written);
        return refused.Count == 0 || (refused[0].Error == NetlinkException.NoEntry ? false : throw new NetlinkException($"read the table {table}", refused[0].Error, refused[0].Detail));
    }

    /// <summary>Whether the table is switched off (NFT_TABLE_F_DORMANT); false where it is not there.</summary>
    public bool IsDormant(string table)
    {
        uint flags = 0;
        Ask(1, NetlinkFlags.Request | NetlinkFlags.Ack, w => w.Text(1, table));
        socket.TryRequest(writer.Written, message =>
        {
            foreach (var attribute in message.Attributes(4))
            {
                flags = attribute.Type == 2 ? attribute.U32Network : flags;
            }
        });
        return (flags & 1) != 0;
    }

    /// <summary>Makes changes that come into force together, or throws <see cref="NetlinkException"/> and changes nothing.</summary>
    /// <param name="table">Whose changes.</param>
    /// <param name="attempt">What they do, for the exception.</param>
    /// <param name="write">Writes them.</param>
    public void Commit(string table, string attempt, Action<NftablesMessages> write)
    {
        writer.Clear();
        var messages = new NftablesMessages(writer, table);
        messages.Begin();
        var before = writer.Length;
        write(messages);
        if (writer.Length == before)
        {
            return;
        }
        messages.End();
        var refused = socket.TryRequest(writer.Written);
        if (refused.Count > 0)
        {
            throw new NetlinkException($"{attempt} ({Describe(refused[0].Index)})", refused[0].Error, refused[0].Detail);
        }
    }

    /// <summary>What the table holds; null where it is not there.</summary>
    /// <param name="table">Its name.</param>
    /// <param name="now">From when remaining times of elements count.</param>
    public NftablesTable? Read(string table, DateTimeOffset now)
    {
        if (!Has(table))
        {
            return null;
        }
        var chains = Chains(table);
        var rules = Rules(table).ToLookup(rule => rule.Chain, rule => rule.Rule);
        var sets = Sets(table);
        return new(
            table,
            chains.Select(chain => chain with { Rules = rules[chain.Name].ToEquatableArray() }).OrderBy(chain => chain.Name, StringComparer.Ordinal).ToEquatableArray(),
            sets.Select(set => set with { Elements = Elements(table, set, now) }).OrderBy(set => set.Name, StringComparer.Ordinal).ToEquatableArray());
    }

    /// <summary>The elements of a map with plain keys; none where it is not there.</summary>
    public EquatableArray<NftablesElement> Elements(string table, string map, DateTimeOffset now)
    {
        try
        {
            return Elements(table, new NftablesSet { Name = map, Key = [NftablesType.Mark] }, now);
        }
        catch (NetlinkException absent) when (absent.Error == NetlinkException.NoEntry)
        {
            // Nothing is installed.
            return [];
        }
    }

    /// <summary>The rules of all tables but that one (of family inet) that write a mark.</summary>
    public IReadOnlyList<ForeignMarkRule> MarkRules(string ownTable)
    {
        var found = new List<ForeignMarkRule>();
        Ask(7, NetlinkFlags.Request | NetlinkFlags.Dump, _ => { }, family: 0);
        socket.Dump(writer.Written, "read the rules of all tables", found.Clear, message =>
        {
            string table = "", chain = "";
            ulong handle = 0;
            IReadOnlyList<MarkWrite> writes = [];
            foreach (var attribute in message.Attributes(4))
            {
                switch (attribute.Type)
                {
                    case 1:
                        table = attribute.Text;
                        break;
                    case 2:
                        chain = attribute.Text;
                        break;
                    case 3:
                        handle = attribute.U64Network;
                        break;
                    case 4:
                        writes = MarkWriteReading.Read(attribute.Nested);
                        break;
                }
            }
            if (table == ownTable && message.Body[0] == 1)
            {
                return;
            }
            foreach (var write in writes)
            {
                found.Add(new($"the nftables table '{ForeignMarkRule.FamilyWord(message.Body[0])} {table}'", chain, $"rule handle {handle}", write));
            }
        });
        return found;
    }

    /// <summary>The flowtables of all tables (NFT_MSG_GETFLOWTABLE); none where the kernel does not know them.</summary>
    public IReadOnlyList<ForeignFlowtable> Flowtables()
    {
        var found = new List<ForeignFlowtable>();
        Ask(23, NetlinkFlags.Request | NetlinkFlags.Dump, _ => { }, family: 0);
        socket.Dump(writer.Written, "read the flowtables of all tables", found.Clear, message => found.Add(ForeignFlowtable.Read(message.Body[0], message.Attributes(4))));
        return found;
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private void Ask(ushort type, NetlinkFlags flags, Action<NetlinkWriter> attributes, byte family = 1)
    {
        writer.Clear();
        writer.BeginMessage((ushort)(Subsystem | type), flags);
        writer.Raw([family, 0, 0, 0]);
        attributes(writer);
        writer.EndMessage();
    }

    /// <summary>What the message was about that the kernel refused: its number and the first names in it.</summary>
    private string Describe(int index)
    {
        var rest = writer.Written;
        while (NetlinkMessage.TryRead(ref rest, out var message))
        {
            if ((message.Flags & NetlinkFlags.Ack) != 0 && index-- == 0)
            {
                var names = new List<string>();
                foreach (var attribute in message.Attributes(4))
                {
                    if (attribute.Type is 1 or 2 or 3 && attribute.Value is [>= 0x5f, ..])
                    {
                        names.Add(attribute.Text);
                    }
                }
                return $"{(NftablesMessageKind)(message.Type & 0xff)} {string.Join(' ', names)}";
            }
        }
        return "as a whole";
    }
}

/// <summary>enum nf_tables_msg_types, for messages to people.</summary>
internal enum NftablesMessageKind
{
    /// <summary>NFT_MSG_NEWTABLE.</summary>
    AddTable = 0,

    /// <summary>NFT_MSG_DELTABLE.</summary>
    DeleteTable = 2,

    /// <summary>NFT_MSG_NEWCHAIN.</summary>
    AddChain = 3,

    /// <summary>NFT_MSG_DELCHAIN.</summary>
    DeleteChain = 5,

    /// <summary>NFT_MSG_NEWRULE.</summary>
    AddRule = 6,

    /// <summary>NFT_MSG_DELRULE.</summary>
    DeleteRule = 8,

    /// <summary>NFT_MSG_NEWSET.</summary>
    AddSet = 9,

    /// <summary>NFT_MSG_DELSET.</summary>
    DeleteSet = 11,

    /// <summary>NFT_MSG_NEWSETELEM.</summary>
    AddElements = 12,

    /// <summary>NFT_MSG_DELSETELEM.</summary>
    DeleteElements = 14,

    /// <summary>NFT_MSG_DESTROYSETELEM.</summary>
    DestroyElements = 30,
}
