using System.Buffers.Binary;
using System.Text;

namespace Waymark.Linux.Netlink;

/// <summary>One message as it came from the kernel; valid while the buffer beneath it is.</summary>
/// <param name="type">Its type.</param>
/// <param name="flags">Its flags.</param>
/// <param name="sequence">Of the request that it answers; 0 for a notification.</param>
/// <param name="body">What follows the header.</param>
public readonly ref struct NetlinkMessage(ushort type, NetlinkFlags flags, uint sequence, ReadOnlySpan<byte> body)
{
    /// <summary>An error, or an acknowledgement.</summary>
    public const ushort ErrorType = 2;

    /// <summary>The end of a dump.</summary>
    public const ushort DoneType = 3;

    /// <summary>Its type.</summary>
    public ushort Type { get; } = type;

    /// <summary>Its flags.</summary>
    public NetlinkFlags Flags { get; } = flags;

    /// <summary>Of the request that it answers; 0 for a notification.</summary>
    public uint Sequence { get; } = sequence;

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Body { get; } = body;

    /// <summary>Takes the next message off <paramref name="bytes"/>; false at the end, or where the rest is no whole message.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out NetlinkMessage message)
    {
        message = default;
        if (bytes.Length < 16)
        {
            return false;
        }
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (length < 16 || length > bytes.Length)
        {
            return false;
        }
        message = new(
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]),
            (NetlinkFlags)BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
            bytes[16..(int)length]);
        bytes = bytes[Math.Min(bytes.Length, ((int)length + 3) & ~3)..];
        return true;
    }

    /// <summary>The attributes behind a fixed header of <paramref name="header"/> bytes; none where the message is shorter.</summary>
    public NetlinkAttributes Attributes(int header) => new(Body.Length > header ? Body[((header + 3) & ~3)..] : default);
}

/// <summary>Goes through attributes, one behind the other; stops where a length is not true. <c>foreach</c> works on it.</summary>
/// <param name="bytes">The attributes.</param>
public ref struct NetlinkAttributes(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    /// <summary>The attribute last read.</summary>
    public NetlinkAttribute Current { get; private set; }

    /// <summary>Itself.</summary>
    public readonly NetlinkAttributes GetEnumerator() => this;

    /// <summary>Reads the next one; false at the end.</summary>
    public bool MoveNext()
    {
        if (rest.Length < 4)
        {
            return false;
        }
        var length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
        if (length < 4 || length > rest.Length)
        {
            return false;
        }
        Current = new((ushort)(BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]) & 0x3fff), rest[4..length]);
        rest = rest[Math.Min(rest.Length, (length + 3) & ~3)..];
        return true;
    }
}

/// <summary>One attribute. Numbers of the wrong size read as 0: the kernel that sent them is newer than what we know, not hostile.</summary>
/// <param name="type">Its type without the flag bits.</param>
/// <param name="value">Its value.</param>
public readonly ref struct NetlinkAttribute(ushort type, ReadOnlySpan<byte> value)
{
    /// <summary>Its type without the flag bits.</summary>
    public ushort Type { get; } = type;

    /// <summary>Its value.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;

    /// <summary>The attributes inside.</summary>
    public NetlinkAttributes Nested => new(Value);

    /// <summary>As one byte.</summary>
    public byte U8 => Value.Length >= 1 ? Value[0] : (byte)0;

    /// <summary>In host order.</summary>
    public ushort U16 => Value.Length >= 2 ? BinaryPrimitives.ReadUInt16LittleEndian(Value) : (ushort)0;

    /// <summary>In network order.</summary>
    public ushort U16Network => Value.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(Value) : (ushort)0;

    /// <summary>In host order.</summary>
    public int I32 => Value.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(Value) : 0;

    /// <summary>In host order.</summary>
    public uint U32 => Value.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(Value) : 0;

    /// <summary>In network order.</summary>
    public uint U32Network => Value.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(Value) : 0;

    /// <summary>In network order.</summary>
    public ulong U64Network => Value.Length >= 8 ? BinaryPrimitives.ReadUInt64BigEndian(Value) : 0;

    /// <summary>As text up to its closing zero.</summary>
    public string Text
    {
        get
        {
            var end = Value.IndexOf((byte)0);
            return Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
        }
    }
}
