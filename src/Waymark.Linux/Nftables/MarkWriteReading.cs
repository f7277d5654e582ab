using System.Buffers.Binary;
using Waymark.Linux.Netlink;

namespace Waymark.Linux.Nftables;

/// <summary>
/// Finds out, from the instructions of any program's rule, which bits of the packet's or the connection's mark it writes: follows what the registers hold as far as it is
/// known, and takes everything else for all bits. Knows nft's own instructions and the targets of iptables (<see cref="MarkTarget"/>).
/// </summary>
internal static class MarkWriteReading
{
    /// <summary>NFT_META_MARK and NFT_CT_MARK.</summary>
    private const uint Mark = 3;

    /// <summary>The marks that a rule's list of instructions writes.</summary>
    public static IReadOnlyList<MarkWrite> Read(NetlinkAttributes expressions)
    {
        var found = new List<MarkWrite>();
        var registers = new Dictionary<uint, Held>();
        foreach (var expression in expressions)
        {
            var name = "";
            ReadOnlySpan<byte> body = default;
            foreach (var part in expression.Nested)
            {
                name = part.Type == 1 ? part.Text : name;
                body = part.Type == 2 ? part.Value : body;
            }
            Read(name, new(body), registers, found);
        }
        return found;
    }

    private static void Read(string name, ExpressionBody body, Dictionary<uint, Held> registers, List<MarkWrite> found)
    {
        switch (name)
        {
            case "meta" when body.Has(3):
                Write(body[2], isConnection: false, registers.GetValueOrDefault(body[3]), found);
                break;
            case "ct" when body.Has(4):
                Write(body[2], isConnection: true, registers.GetValueOrDefault(body[4]), found);
                break;
            case "meta" or "ct":
                registers[body[1]] = body[2] == Mark ? new(name == "ct" ? Origin.Connection : Origin.Packet, uint.MaxValue, 0) : default;
                break;
            case "immediate" when body[1] != 0:
                registers[body[1]] = body.Value(2) is { Count: 4 } value ? new(Origin.Constant, 0, Word(value)) : default;
                break;
            case "bitwise":
                var is32 = body[6] == 0 && body.Value(4).Count == 4 && body.Value(5).Count == 4;
                registers[body[2]] = is32 ? registers.GetValueOrDefault(body[1]).Then(Word(body.Value(4)), Word(body.Value(5))) : default;
                break;
            case "target":
                if (MarkTarget.Read(body.Text(1), body.Bytes(3)) is { } write)
                {
                    found.Add(write);
                }
                break;
            case "cmp" or "range" or "counter" or "limit" or "log" or "match":
                break;
            default:
                // Whatever else there is may fill any register: nothing is known of them any more.
                registers.Clear();
                break;
        }
    }

    private static void Write(uint key, bool isConnection, Held held, List<MarkWrite> found)
    {
        if (key != Mark)
        {
            return;
        }
        var keepsOthers = held.Origin == (isConnection ? Origin.Connection : Origin.Packet);
        found.Add(new(isConnection, keepsOthers ? ~held.Mask | held.Xor : uint.MaxValue, held.Origin == Origin.Constant ? held.Xor : null));
    }

    private static uint Word(EquatableArray<byte> value) => BinaryPrimitives.ReadUInt32LittleEndian(value.AsSpan());

    private enum Origin
    {
        Unknown,
        Constant,
        Packet,
        Connection,
    }

    /// <summary>What a register holds: the bits of <paramref name="Mask"/> as they were in the origin, then exclusive or.</summary>
    private readonly record struct Held(Origin Origin, uint Mask, uint Xor)
    {
        public Held Then(uint mask, uint xor) => this with { Mask = Mask & mask, Xor = (Xor & mask) ^ xor };
    }
}
