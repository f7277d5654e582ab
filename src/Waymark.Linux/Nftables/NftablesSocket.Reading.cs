using Waymark.Linux.Netlink;

namespace Waymark.Linux.Nftables;

/// <summary>What the kernel says of a table: chains, rules, sets, elements.</summary>
internal sealed partial class NftablesSocket
{
    private List<NftablesChain> Chains(string table)
    {
        var found = new List<NftablesChain>();
        Ask(4, NetlinkFlags.Request | NetlinkFlags.Dump, _ => { });
        socket.Dump(writer.Written, "read the chains", found.Clear, message =>
        {
            string name = "", owner = "", type = "";
            int number = -1, priority = 0;
            var drops = false;
            foreach (var attribute in message.Attributes(4))
            {
                switch (attribute.Type)
                {
                    case 1:
                        owner = attribute.Text;
                        break;
                    case 3:
                        name = attribute.Text;
                        break;
                    case 4:
                        foreach (var part in attribute.Nested)
                        {
                            number = part.Type == 1 ? (int)part.U32Network : number;
                            priority = part.Type == 2 ? unchecked((int)part.U32Network) : priority;
                        }
                        break;
                    case 5:
                        drops = attribute.U32Network == 0;
                        break;
                    case 7:
                        type = attribute.Text;
                        break;
                }
            }
            if (owner == table && message.Body[0] == 1)
            {
                found.Add(new(name, number < 0 ? null : new(type, number, priority, drops), []));
            }
        });
        return found;
    }

    private List<(string Chain, NftablesRule Rule)> Rules(string table)
    {
        var found = new List<(string, NftablesRule)>();
        Ask(7, NetlinkFlags.Request | NetlinkFlags.Dump, w => w.Text(1, table));
        socket.Dump(writer.Written, "read the rules", found.Clear, message =>
        {
            string owner = "", chain = "", comment = "";
            var expressions = new List<NftablesExpression>();
            foreach (var attribute in message.Attributes(4))
            {
                switch (attribute.Type)
                {
                    case 1:
                        owner = attribute.Text;
                        break;
                    case 2:
                        chain = attribute.Text;
                        break;
                    case 4:
                        foreach (var expression in attribute.Nested)
                        {
                            expressions.Add(ExpressionMessages.Read(expression.Nested));
                        }
                        break;
                    case 7 when attribute.Value is [0, _, ..]:
                        comment = new NetlinkAttribute(0, attribute.Value[2..]).Text;
                        break;
                }
            }
            if (owner == table)
            {
                found.Add((chain, new(expressions.ToEquatableArray()) { Comment = comment }));
            }
        });
        return found;
    }

    private List<NftablesSet> Sets(string table)
    {
        var found = new List<NftablesSet>();
        Ask(10, NetlinkFlags.Request | NetlinkFlags.Dump, w => w.Text(1, table));
        socket.Dump(writer.Written, "read the sets", found.Clear, message =>
        {
            string owner = "", name = "";
            uint flags = 0, key = 0, keyLength = 0, value = 0, valueLength = 0;
            foreach (var attribute in message.Attributes(4))
            {
                switch (attribute.Type)
                {
                    case 1:
                        owner = attribute.Text;
                        break;
                    case 2:
                        name = attribute.Text;
                        break;
                    case 3:
                        flags = attribute.U32Network;
                        break;
                    case 4:
                        key = attribute.U32Network;
                        break;
                    case 5:
                        keyLength = attribute.U32Network;
                        break;
                    case 6:
                        value = attribute.U32Network;
                        break;
                    case 7:
                        valueLength = attribute.U32Network;
                        break;
                }
            }
            if (owner == table)
            {
                found.Add(new()
                {
                    Name = name,
                    Key = Fields(key, (int)keyLength),
                    Value = (flags & 8) == 0 ? null : value == 0xffffff00 ? NftablesType.Verdict : NftablesType.Of((int)value, (int)valueLength),
                    IsInterval = (flags & 4) != 0,
                    HasTimeouts = (flags & 16) != 0,
                });
            }
        });
        return found;
    }

    /// <summary>nft packs the types of a key's parts six bits each, the last one lowest.</summary>
    private static EquatableArray<NftablesType> Fields(uint key, int length)
    {
        var fields = new List<NftablesType>();
        for (; key != 0; key >>= 6)
        {
            fields.Insert(0, NftablesType.Of((int)(key & 63), length));
        }
        return fields.ToEquatableArray();
    }

    private EquatableArray<NftablesElement> Elements(string table, NftablesSet set, DateTimeOffset now)
    {
        var found = new List<NftablesElement>();
        var ends = new List<EquatableArray<byte>>();
        Ask(13, NetlinkFlags.Request | NetlinkFlags.Dump, w =>
        {
            w.Text(1, table);
            w.Text(2, set.Name);
        });
        socket.Dump(writer.Written, $"read the set {set.Name}", () =>
        {
            found.Clear();
            ends.Clear();
        }, message =>
        {
            foreach (var attribute in message.Attributes(4))
            {
                if (attribute.Type == 3)
                {
                    foreach (var element in attribute.Nested)
                    {
                        ReadElement(element, now, found, ends);
                    }
                }
            }
        });
        return set is { IsInterval: true, Key.Count: 1 } ? Paired(found, ends) : found.Order().ToEquatableArray();
    }

    private static void ReadElement(NetlinkAttribute element, DateTimeOffset now, List<NftablesElement> found, List<EquatableArray<byte>> ends)
    {
        EquatableArray<byte> key = [], keyEnd = [], value = [];
        NftablesVerdict? verdict = null;
        uint flags = 0;
        DateTimeOffset? endsAt = null;
        foreach (var part in element.Nested)
        {
            switch (part.Type)
            {
                case 1:
                    key = ExpressionMessages.ReadValue(part.Nested);
                    break;
                case 2:
                    verdict = ExpressionMessages.ReadVerdict(part.Nested);
                    value = ExpressionMessages.ReadValue(part.Nested);
                    break;
                case 3:
                    flags = part.U32Network;
                    break;
                case 5:
                    endsAt = now + TimeSpan.FromMilliseconds(part.U64Network);
                    break;
                case 10:
                    keyEnd = ExpressionMessages.ReadValue(part.Nested);
                    break;
            }
        }
        if ((flags & 1) != 0)
        {
            ends.Add(key);
        }
        else
        {
            found.Add(new(key, keyEnd, verdict, value, endsAt));
        }
    }

    /// <summary>Each start with the first end above it, which is one above the range's last; a start without one goes to the highest value.</summary>
    private static EquatableArray<NftablesElement> Paired(List<NftablesElement> starts, List<EquatableArray<byte>> ends)
    {
        ends.Sort((a, b) => a.AsSpan().SequenceCompareTo(b.AsSpan()));
        var next = 0;
        return starts.Order().Select(start =>
        {
            while (next < ends.Count && ends[next].AsSpan().SequenceCompareTo(start.Key.AsSpan()) <= 0)
            {
                next++;
            }
            var last = next == ends.Count ? new byte[start.Key.Count] : ends[next].AsSpan().ToArray();
            for (var at = last.Length - 1; at >= 0; at--)
            {
                if (last[at] != 0)
                {
                    last[at]--;
                    break;
                }
                last[at] = 0xff;
            }
            return start with { KeyEnd = [.. last] };
        }).ToEquatableArray();
    }
}
