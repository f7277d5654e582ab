using System.Diagnostics;
using Waymark.Linux.Netlink;
using static Waymark.Linux.Nftables.NftablesExpression;

namespace Waymark.Linux.Nftables;

/// <summary>Instructions and verdicts as attributes, both ways. What the kernel lists equals what was written, so that a rule can be compared with the one meant.</summary>
internal static class ExpressionMessages
{
    /// <summary>NFT_CT_DST_IP and NFT_CT_DST_IP6: those of enum nft_ct_keys whose length does not hang on the packet.</summary>
    private const uint DestinationV4 = 20, DestinationV6 = 22;

    /// <summary>Writes an instruction as an element of a rule's list.</summary>
    public static void Write(NetlinkWriter writer, NftablesExpression expression)
    {
        var element = writer.BeginNested(1);
        writer.Text(1, NameOf(expression));
        var data = writer.BeginNested(2);
        WriteBody(writer, expression);
        writer.EndNested(data);
        writer.EndNested(element);
    }

    /// <summary>Writes a verdict as an attribute of data.</summary>
    public static void Write(NetlinkWriter writer, NftablesVerdict verdict)
    {
        var nested = writer.BeginNested(2);
        writer.U32Network(1, unchecked((uint)(int)verdict.Kind));
        if (verdict.Chain is { } chain)
        {
            writer.Text(2, chain);
        }
        writer.EndNested(nested);
    }

    /// <summary>Reads an element of a rule's list.</summary>
    public static NftablesExpression Read(NetlinkAttributes element)
    {
        var name = "";
        foreach (var part in element)
        {
            switch (part.Type)
            {
                case 1:
                    name = part.Text;
                    break;
                case 2:
                    try
                    {
                        return Read(name, new ExpressionBody(part.Value));
                    }
                    catch (OverflowException)
                    {
                        // A number that no register, length or key has, of a kernel that knows others.
                        return new Foreign(name);
                    }
            }
        }
        return name == "counter" ? new Count() : new Foreign(name);
    }

    /// <summary>Reads an attribute of data that holds a verdict; null where it holds something else.</summary>
    public static NftablesVerdict? ReadVerdict(NetlinkAttributes data)
    {
        foreach (var kind in data)
        {
            if (kind.Type == 2)
            {
                var code = 0;
                string? chain = null;
                foreach (var part in kind.Nested)
                {
                    switch (part.Type)
                    {
                        case 1:
                            code = unchecked((int)part.U32Network);
                            break;
                        case 2:
                            chain = part.Text;
                            break;
                    }
                }
                return new((NftablesVerdictKind)code, chain);
            }
        }
        return null;
    }

    /// <summary>Reads an attribute of data that holds a value; empty where it holds something else.</summary>
    public static EquatableArray<byte> ReadValue(NetlinkAttributes data)
    {
        foreach (var kind in data)
        {
            if (kind.Type == 1)
            {
                return [.. kind.Value];
            }
        }
        return [];
    }

    private static string NameOf(NftablesExpression expression) => expression switch
    {
        Meta or SetMeta => "meta",
        Conntrack or ConntrackDestination or SetConntrack => "ct",
        Payload => "payload",
        Compare => "cmp",
        InRange => "range",
        Bitwise => "bitwise",
        ToBigEndian => "byteorder",
        InSet or VerdictOf or ValueOf => "lookup",
        Give or Constant => "immediate",
        DestinationType => "fib",
        Hash => "hash",
        SourceNat or DestinationNat => "nat",
        Reject => "reject",
        SocketCgroup or SocketIsWildcard => "socket",
        Count => "counter",
        _ => throw new UnreachableException(),
    };

    private static void WriteBody(NetlinkWriter writer, NftablesExpression expression)
    {
        switch (expression)
        {
            case Meta meta:
                writer.U32Network(1, Number(meta.Register));
                writer.U32Network(2, (uint)meta.Key);
                break;
            case SetMeta meta:
                writer.U32Network(2, (uint)meta.Key);
                writer.U32Network(3, Number(meta.Register));
                break;
            case Conntrack connection:
                writer.U32Network(1, Number(connection.Register));
                writer.U32Network(2, (uint)connection.Key);
                break;
            case ConntrackDestination connection:
                writer.U32Network(1, Number(connection.Register));
                writer.U32Network(2, connection.IsV6 ? DestinationV6 : DestinationV4);
                writer.U8(3, connection.IsReply ? (byte)1 : (byte)0);
                break;
            case SetConntrack connection:
                writer.U32Network(2, (uint)connection.Key);
                writer.U32Network(4, Number(connection.Register));
                break;
            case Payload payload:
                writer.U32Network(1, Number(payload.Register));
                writer.U32Network(2, (uint)payload.From);
                writer.U32Network(3, (uint)payload.Offset);
                writer.U32Network(4, (uint)payload.Length);
                break;
            case Compare compare:
                writer.U32Network(1, Number(compare.Register));
                writer.U32Network(2, (uint)compare.Comparison);
                Value(writer, 3, compare.Value);
                break;
            case InRange range:
                writer.U32Network(1, Number(range.Register));
                writer.U32Network(2, range.Outside ? 1u : 0);
                Value(writer, 3, range.Low);
                Value(writer, 4, range.High);
                break;
            case Bitwise bitwise:
                writer.U32Network(1, Number(bitwise.Register));
                writer.U32Network(2, Number(bitwise.Register));
                writer.U32Network(3, (uint)bitwise.Mask.Count);
                Value(writer, 4, bitwise.Mask);
                Value(writer, 5, bitwise.Xor);
                break;
            case ToBigEndian order:
                writer.U32Network(1, Number(order.Register));
                writer.U32Network(2, Number(order.Register));
                writer.U32Network(3, 1);
                writer.U32Network(4, 4);
                writer.U32Network(5, 4);
                break;
            case InSet member:
                writer.Text(1, member.Set);
                writer.U32Network(2, Number(member.Register));
                if (member.Absent)
                {
                    writer.U32Network(5, 1);
                }
                break;
            case VerdictOf map:
                writer.Text(1, map.Set);
                writer.U32Network(2, Number(map.Register));
                writer.U32Network(3, 0);
                break;
            case ValueOf map:
                writer.Text(1, map.Set);
                writer.U32Network(2, Number(map.Register));
                writer.U32Network(3, Number(map.Destination));
                break;
            case Give give:
                writer.U32Network(1, 0);
                var data = writer.BeginNested(2);
                Write(writer, give.Verdict);
                writer.EndNested(data);
                break;
            case Constant constant:
                writer.U32Network(1, Number(constant.Register));
                Value(writer, 2, constant.Value);
                break;
            case DestinationType type:
                writer.U32Network(1, Number(type.Register));
                writer.U32Network(2, 3);
                writer.U32Network(3, 2);
                break;
            case Hash hash:
                writer.U32Network(1, Number(hash.Source));
                writer.U32Network(2, Number(hash.Destination));
                writer.U32Network(3, (uint)hash.Length);
                writer.U32Network(4, hash.Modulus);
                writer.U32Network(5, hash.Seed);
                writer.U32Network(7, 0);
                break;
            case SourceNat nat:
                writer.U32Network(1, 0);
                writer.U32Network(2, nat.IsV6 ? 10u : 2);
                writer.U32Network(3, Number(nat.Register));
                break;
            case DestinationNat nat:
                writer.U32Network(1, 1);
                writer.U32Network(2, nat.IsV6 ? 10u : 2);
                writer.U32Network(3, Number(nat.Register));
                break;
            case Reject reject:
                // NFT_REJECT_TCP_RST; NFT_REJECT_ICMPX_UNREACH with NFT_REJECT_ICMPX_ADMIN_PROHIBITED.
                writer.U32Network(1, reject.TcpReset ? 1u : 2);
                if (!reject.TcpReset)
                {
                    writer.U8(2, 3);
                }
                break;
            case SocketCgroup socket:
                writer.U32Network(1, 3);
                writer.U32Network(2, Number(socket.Register));
                writer.U32Network(3, (uint)socket.Level);
                break;
            case SocketIsWildcard socket:
                writer.U32Network(1, 2);
                writer.U32Network(2, Number(socket.Register));
                break;
            case Count:
                break;
            default:
                throw new UnreachableException();
        }
    }

    private static NftablesExpression Read(string name, ExpressionBody body)
    {
        switch (name)
        {
            case "meta":
                return body.Has(3) ? new SetMeta((NftablesMetaKey)body[2], Word(body[3])) : new Meta((NftablesMetaKey)body[2], Word(body[1]));
            case "ct":
                return body.Has(4)
                    ? new SetConntrack((NftablesConntrackKey)body[2], Word(body[4]))
                    : body[2] is DestinationV4 or DestinationV6 ? new ConntrackDestination(body[2] == DestinationV6, body.Byte(3) == 1, Word(body[1]))
                    : new Conntrack((NftablesConntrackKey)body[2], Word(body[1]));
            case "payload" when !body.Has(5):
                return new Payload((NftablesHeader)body[2], (int)body[3], (int)body[4], Word(body[1]));
            case "cmp" when body[2] <= 1:
                return new Compare(Word(body[1]), (NftablesComparison)body[2], body.Value(3));
            case "range":
                return new InRange(Word(body[1]), body[2] == 1, body.Value(3), body.Value(4));
            case "bitwise" when body[6] == 0 && body[1] == body[2]:
                return new Bitwise(Word(body[1]), body.Value(4), body.Value(5));
            case "byteorder" when body[3] == 1 && body[4] == 4 && body[5] == 4 && body[1] == body[2]:
                return new ToBigEndian(Word(body[1]));
            case "lookup":
                return !body.Has(3) ? new InSet(body.Text(1), Word(body[2]), body[5] == 1)
                    : body[3] == 0 ? new VerdictOf(body.Text(1), Word(body[2]))
                    : new ValueOf(body.Text(1), Word(body[2]), Word(body[3]));
            case "immediate" when body[1] == 0 && ReadVerdict(body.Nested(2)) is { } verdict:
                return new Give(verdict);
            case "immediate" when body[1] != 0:
                return new Constant(Word(body[1]), body.Value(2));
            case "fib" when body[2] == 3 && body[3] == 2:
                return new DestinationType(Word(body[1]));
            case "hash" when body[7] == 0 && body[6] == 0:
                return new Hash(Word(body[1]), (int)body[3], Word(body[2]), body[4], body[5]);
            case "nat" when !body.Has(5):
                return body[1] == 0 ? new SourceNat(body[2] == 10, Word(body[3])) : new DestinationNat(body[2] == 10, Word(body[3]));
            case "reject" when body[1] == 1:
                return new Reject(TcpReset: true);
            case "reject" when body[1] == 2 && body.Byte(2) == 3:
                return new Reject(TcpReset: false);
            case "socket" when body[1] == 3:
                return new SocketCgroup((int)body[3], Word(body[2]));
            case "socket" when body[1] == 2:
                return new SocketIsWildcard(Word(body[2]));
            case "counter":
                return new Count();
            default:
                return new Foreign(name);
        }
    }

    /// <summary>The kernel's number of a word register: NFT_REG32_00 is 8; it lists those at sixteen-byte borders as NFT_REG_1 to NFT_REG_4.</summary>
    private static uint Number(int word) => word % 4 == 0 ? (uint)(1 + (word / 4)) : (uint)(8 + word);

    /// <summary>The word of a register; throws <see cref="OverflowException"/> for a number that is none.</summary>
    private static int Word(uint number) => number switch
    {
        >= 1 and <= 4 => ((int)number - 1) * 4,
        >= 8 and <= 23 => (int)number - 8,
        _ => throw new OverflowException($"{number} is no register"),
    };

    private static void Value(NetlinkWriter writer, ushort type, EquatableArray<byte> value)
    {
        var nested = writer.BeginNested(type);
        writer.Attribute(1, value.AsSpan());
        writer.EndNested(nested);
    }
}
