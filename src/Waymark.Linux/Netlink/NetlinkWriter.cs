using System.Buffers.Binary;
using System.Text;

namespace Waymark.Linux.Netlink;

/// <summary>
/// Writes netlink messages one behind the other into a buffer that grows. Numbers are in host order unless a method says otherwise (nf_tables wants network order).
/// Lengths of messages and nested attributes are filled in when they end.
/// </summary>
public sealed class NetlinkWriter
{
    private byte[] buffer = new byte[4096];
    private int length;
    private int message = -1;

    /// <summary>The bytes written so far.</summary>
    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, length);

    /// <summary>How many bytes have been written.</summary>
    public int Length => length;

    /// <summary>Forgets everything, keeps the memory.</summary>
    public void Clear() => (length, message) = (0, -1);

    /// <summary>Starts a message; ends with <see cref="EndMessage"/>.</summary>
    /// <param name="type">The message's type.</param>
    /// <param name="flags">Its flags (<see cref="NetlinkFlags"/>).</param>
    /// <param name="sequence">By which its answer is found; 0: set by the socket.</param>
    public void BeginMessage(ushort type, NetlinkFlags flags, uint sequence = 0)
    {
        message = length;
        U32(0);
        U16(type);
        U16((ushort)flags);
        U32(sequence);
        U32(0);
    }

    /// <summary>Ends the message that was begun.</summary>
    public void EndMessage()
    {
        BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(message), length - message);
        Align();
        message = -1;
    }

    /// <summary>Raw bytes of a fixed header, without an attribute around them.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>One byte of a fixed header.</summary>
    public void U8(byte value) => Take(1)[0] = value;

    /// <summary>A number of a fixed header, host order.</summary>
    public void U16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2), value);

    /// <summary>A number of a fixed header, network order.</summary>
    public void U16Network(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Take(2), value);

    /// <summary>A number of a fixed header, host order.</summary>
    public void U32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);

    /// <summary>An attribute of bytes.</summary>
    public void Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        U16((ushort)(4 + value.Length));
        U16(type);
        value.CopyTo(Take(value.Length));
        Align();
    }

    /// <summary>An attribute without a value.</summary>
    public void Flag(ushort type) => Attribute(type, []);

    /// <summary>An attribute of one byte.</summary>
    public void U8(ushort type, byte value) => Attribute(type, [value]);

    /// <summary>An attribute in host order.</summary>
    public void U16(ushort type, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        Attribute(type, bytes);
    }

    /// <summary>An attribute in network order.</summary>
    public void U16Network(ushort type, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        Attribute(type, bytes);
    }

    /// <summary>An attribute in host order.</summary>
    public void U32(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Attribute(type, bytes);
    }

    /// <summary>An attribute in network order.</summary>
    public void U32Network(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        Attribute(type, bytes);
    }

    /// <summary>An attribute in network order.</summary>
    public void U64Network(ushort type, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        Attribute(type, bytes);
    }

    /// <summary>An attribute of text, with the closing zero that the kernel expects.</summary>
    public void Text(ushort type, string value)
    {
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(value.Length) + 1];
        var count = Encoding.UTF8.GetBytes(value, bytes);
        bytes[count] = 0;
        Attribute(type, bytes[..(count + 1)]);
    }

    /// <summary>Starts a nested attribute; gives what <see cref="EndNested"/> takes.</summary>
    public int BeginNested(ushort type)
    {
        var start = length;
        U16(0);
        U16((ushort)(type | 0x8000));
        return start;
    }

    /// <summary>Ends the nested attribute that began at <paramref name="start"/>; throws <see cref="InvalidOperationException"/> where it outgrew 16 bits.</summary>
    public void EndNested(int start)
    {
        var size = length - start;
        if (size > ushort.MaxValue)
        {
            throw new InvalidOperationException($"A nested attribute of {size} bytes: 65535 is the most.");
        }
        BinaryPrimitives.WriteUInt16LittleEndian(buffer.AsSpan(start), (ushort)size);
    }

    private void Align() => Take(((length + 3) & ~3) - length).Clear();

    private Span<byte> Take(int count)
    {
        if (length + count > buffer.Length)
        {
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, length + count));
        }
        length += count;
        return buffer.AsSpan(length - count, count);
    }
}
