using System.Buffers.Binary;
using Waymark.Linux.Netlink;

namespace Waymark.Linux.Nftables;

/// <summary>The attributes of an instruction, by type; what is not there reads as 0 or empty.</summary>
/// <param name="bytes">The attributes.</param>
internal readonly ref struct ExpressionBody(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>A number, in network order.</summary>
    public uint this[int type] => Bytes(type) is { Length: >= 4 } value ? BinaryPrimitives.ReadUInt32BigEndian(value) : 0;

    /// <summary>Whether the attribute is there.</summary>
    public bool Has(int type)
    {
        foreach (var attribute in new NetlinkAttributes(bytes))
        {
            if (attribute.Type == type)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>A single byte.</summary>
    public byte Byte(int type) => Bytes(type) is { Length: >= 1 } value ? value[0] : (byte)0;

    /// <summary>As text.</summary>
    public string Text(int type) => new NetlinkAttribute((ushort)type, Bytes(type)).Text;

    /// <summary>The value inside an attribute of data.</summary>
    public EquatableArray<byte> Value(int type) => ExpressionMessages.ReadValue(Nested(type));

    /// <summary>The attributes inside.</summary>
    public NetlinkAttributes Nested(int type) => new(Bytes(type));

    /// <summary>As it is.</summary>
    public ReadOnlySpan<byte> Bytes(int type)
    {
        foreach (var attribute in new NetlinkAttributes(bytes))
        {
            if (attribute.Type == type)
            {
                return attribute.Value;
            }
        }
        return default;
    }
}
