using System.Buffers.Binary;
using System.Text;
using Waymark.Linux.Netlink;

namespace Waymark.Linux.Nftables;

/// <summary>
/// Writes the messages of nf_tables (linux/netfilter/nf_tables.h) for one table of family inet. Numbers are in network order. Changes stand between a begin and an
/// end and come into force together or not at all.
/// </summary>
/// <param name="writer">Where to.</param>
/// <param name="table">The table's name.</param>
internal sealed class NftablesMessages(NetlinkWriter writer, string table)
{
    /// <summary>More bytes of elements than this go into a further message: a nested attribute holds 65,535.</summary>
    private const int ElementBytes = 48_000;

    private const ushort Subsystem = 10 << 8;
    private const byte Inet = 1;

    private const int BatchBegin = 0x10, BatchEnd = 0x11;

    /// <summary>Flags of a table: owner (5.12) and persist (6.9): another's flush spares it, and it outlives the socket.</summary>
    public const uint OwnedAndPersistent = 2 | 4;

    /// <summary>Begins a transaction.</summary>
    /// <param name="generation">Of the ruleset that it changes: the kernel refuses it (ERESTART) where another has changed it meanwhile; 0: whatever it is.</param>
    public void Begin(uint generation = 0)
    {
        writer.BeginMessage(BatchBegin, NetlinkFlags.Request);
        writer.Raw([0, 0, 0, 10]);
        if (generation != 0)
        {
            writer.U32Network(1, generation);
        }
        writer.EndMessage();
    }

    /// <summary>Ends the transaction: it comes into force.</summary>
    public void End()
    {
        writer.BeginMessage(BatchEnd, NetlinkFlags.Request);
        writer.Raw([0, 0, 0, 10]);
        writer.EndMessage();
    }

    /// <summary>Makes the table, or keeps it; with <see cref="OwnedAndPersistent"/> the socket that sends becomes its owner.</summary>
    public void AddTable(uint flags)
    {
        Start(0, NetlinkFlags.Create);
        writer.Text(1, table);
        writer.U32Network(2, flags);
        writer.EndMessage();
    }

    /// <summary>Removes the table and all in it; one that is not there is an error.</summary>
    public void DeleteTable()
    {
        Start(2, NetlinkFlags.None);
        writer.Text(1, table);
        writer.EndMessage();
    }

    /// <summary>Makes a chain without rules.</summary>
    public void AddChain(NftablesChain chain)
    {
        Start(3, NetlinkFlags.Create);
        writer.Text(1, table);
        writer.Text(3, chain.Name);
        if (chain.Hook is { } hook)
        {
            var nested = writer.BeginNested(4);
            writer.U32Network(1, (uint)hook.Number);
            writer.U32Network(2, unchecked((uint)hook.Priority));
            writer.EndNested(nested);
            writer.U32Network(5, 1);
            writer.Text(7, hook.Type);
        }
        writer.EndMessage();
    }

    /// <summary>Removes a chain that has no rules and that nothing leads to.</summary>
    public void DeleteChain(string name)
    {
        Start(5, NetlinkFlags.None);
        writer.Text(1, table);
        writer.Text(3, name);
        writer.EndMessage();
    }

    /// <summary>Adds a rule at the end of a chain.</summary>
    public void AddRule(string chain, NftablesRule rule)
    {
        Start(6, NetlinkFlags.Create | NetlinkFlags.Append);
        writer.Text(1, table);
        writer.Text(2, chain);
        var list = writer.BeginNested(4);
        foreach (var expression in rule.Expressions)
        {
            ExpressionMessages.Write(writer, expression);
        }
        writer.EndNested(list);
        if (rule.Comment.Length > 0)
        {
            // nft's own form of a comment: type 0, length with the closing zero, text.
            var text = Encoding.UTF8.GetBytes(rule.Comment);
            writer.Attribute(7, [0, (byte)(text.Length + 1), .. text, 0]);
        }
        writer.EndMessage();
    }

    /// <summary>Removes all rules of a chain.</summary>
    public void FlushChain(string chain)
    {
        Start(8, NetlinkFlags.None);
        writer.Text(1, table);
        writer.Text(2, chain);
        writer.EndMessage();
    }

    /// <summary>Makes a set or map without elements.</summary>
    public void AddSet(NftablesSet set, uint id)
    {
        Start(9, NetlinkFlags.Create);
        writer.Text(1, table);
        writer.Text(2, set.Name);
        writer.U32Network(3, SetFlags(set));
        uint type = 0;
        foreach (var field in set.Key)
        {
            type = (type << 6) | (uint)field.Number;
        }
        writer.U32Network(4, type);
        writer.U32Network(5, (uint)set.Key.Sum(field => set.Key.Count == 1 ? field.Length : field.Padded));
        if (set.Value is { } value)
        {
            writer.U32Network(6, unchecked((uint)value.Number));
            writer.U32Network(7, (uint)value.Length);
        }
        writer.U32Network(10, id);
        if (set is { Key.Count: > 1, IsInterval: true })
        {
            var description = writer.BeginNested(9);
            var concatenation = writer.BeginNested(2);
            foreach (var field in set.Key)
            {
                var element = writer.BeginNested(1);
                writer.U32Network(1, (uint)field.Length);
                writer.EndNested(element);
            }
            writer.EndNested(concatenation);
            writer.EndNested(description);
        }
        writer.Attribute(13, [.. ByteOrder(0, set.Key[0], set.Key.Count > 1), .. set.Value is { } data && data != NftablesType.Verdict ? ByteOrder(1, data, false) : []]);
        writer.EndMessage();
    }

    /// <summary>Removes a set that no rule uses.</summary>
    public void DeleteSet(string name)
    {
        Start(11, NetlinkFlags.None);
        writer.Text(1, table);
        writer.Text(2, name);
        writer.EndMessage();
    }

    /// <summary>Adds elements that are not there.</summary>
    /// <param name="set">To which set.</param>
    /// <param name="elements">Which.</param>
    /// <param name="now">From when timeouts count; an element that has ended is not added.</param>
    public void AddElements(NftablesSet set, IEnumerable<NftablesElement> elements, DateTimeOffset now) =>
        WriteElements(12, NetlinkFlags.Create, set, elements.Where(element => element.EndsAt is null || element.EndsAt > now), element => WriteElement(set, element, now));

    /// <summary>Removes elements. Those that are gone already are an error, except that <paramref name="isForgiving"/> (kernel 6.3) lets them be.</summary>
    public void DeleteElements(NftablesSet set, IEnumerable<NftablesElement> elements, bool isForgiving) =>
        WriteElements((ushort)(isForgiving ? 30 : 14), NetlinkFlags.None, set, elements, element => WriteKey(set, element));

    private static uint SetFlags(NftablesSet set) =>
        (set.IsInterval ? 4u : 0) | (set.Value is null ? 0 : 8u) | (set.HasTimeouts ? 16u : 0) | (set is { Key.Count: > 1, IsInterval: true } ? 128u : 0);

    /// <summary>nft reads from a set's user data in which byte order its values are: 1 host, 2 network.</summary>
    private static byte[] ByteOrder(byte what, NftablesType type, bool isConcatenation)
    {
        var order = new byte[6];
        (order[0], order[1]) = (what, 4);
        BinaryPrimitives.WriteUInt32LittleEndian(order.AsSpan(2), isConcatenation ? 0u : type.IsHostOrder ? 1u : 2u);
        return order;
    }

    private void WriteElements(ushort type, NetlinkFlags flags, NftablesSet set, IEnumerable<NftablesElement> elements, Action<NftablesElement> write)
    {
        int list = -1, start = 0;
        foreach (var element in elements)
        {
            if (list >= 0 && writer.Length - start > ElementBytes)
            {
                writer.EndNested(list);
                writer.EndMessage();
                list = -1;
            }
            if (list < 0)
            {
                Start(type, flags);
                writer.Text(1, table);
                writer.Text(2, set.Name);
                (list, start) = (writer.BeginNested(3), writer.Length);
            }
            write(element);
        }
        if (list >= 0)
        {
            writer.EndNested(list);
            writer.EndMessage();
        }
    }

    private void WriteElement(NftablesSet set, NftablesElement element, DateTimeOffset now)
    {
        var nested = writer.BeginNested(1);
        Value(1, element.Key.AsSpan());
        if (element.Verdict is { } verdict)
        {
            var data = writer.BeginNested(2);
            ExpressionMessages.Write(writer, verdict);
            writer.EndNested(data);
        }
        else if (!element.Value.IsEmpty)
        {
            Value(2, element.Value.AsSpan());
        }
        if (element.EndsAt is { } end)
        {
            writer.U64Network(4, (ulong)Math.Max(1, (end - now).TotalMilliseconds));
        }
        if (IsTree(set))
        {
            writer.EndNested(nested);
            WriteTreeEnd(element);
            return;
        }
        if (!element.KeyEnd.IsEmpty)
        {
            Value(10, element.KeyEnd.AsSpan());
        }
        writer.EndNested(nested);
    }

    private void WriteKey(NftablesSet set, NftablesElement element)
    {
        var nested = writer.BeginNested(1);
        Value(1, element.Key.AsSpan());
        if (IsTree(set))
        {
            writer.EndNested(nested);
            WriteTreeEnd(element);
            return;
        }
        if (!element.KeyEnd.IsEmpty)
        {
            Value(10, element.KeyEnd.AsSpan());
        }
        writer.EndNested(nested);
    }

    /// <summary>Ranges of a single field are half-open in the kernel: the end is an element of its own, one above the last; none behind the highest value.</summary>
    private void WriteTreeEnd(NftablesElement element)
    {
        var end = element.KeyEnd.AsSpan().ToArray();
        var at = end.Length - 1;
        while (at >= 0 && end[at] == 0xff)
        {
            end[at--] = 0;
        }
        if (at < 0)
        {
            return;
        }
        end[at]++;
        var nested = writer.BeginNested(1);
        Value(1, end);
        writer.U32Network(3, 1);
        writer.EndNested(nested);
    }

    private static bool IsTree(NftablesSet set) => set is { IsInterval: true, Key.Count: 1 };

    private void Value(ushort type, ReadOnlySpan<byte> value)
    {
        var nested = writer.BeginNested(type);
        writer.Attribute(1, value);
        writer.EndNested(nested);
    }

    private void Start(ushort type, NetlinkFlags flags)
    {
        writer.BeginMessage((ushort)(Subsystem | type), NetlinkFlags.Request | NetlinkFlags.Ack | flags);
        writer.Raw([Inet, 0, 0, 0]);
    }
}
