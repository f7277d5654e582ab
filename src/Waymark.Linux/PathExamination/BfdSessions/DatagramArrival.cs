using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Waymark.Flows;

namespace Waymark.Linux.PathExamination.BfdSessions;

/// <summary>A datagram with what the kernel knows of its arrival.</summary>
/// <param name="Length">Its length, bytes; of one that did not fit what did.</param>
/// <param name="From">Who sent it.</param>
/// <param name="TimeToLive">How many hops it had left, 0 to 255; null: not told.</param>
/// <param name="At">When it came, by the system's clock; null: not told.</param>
internal readonly partial record struct DatagramArrival(int Length, IpAddress From, int? TimeToLive, DateTimeOffset? At)
{
    /// <summary>SO_TIMESTAMPNS, and the type of what it adds to each datagram.</summary>
    public const int TimestampOption = 35;

    private const int SocketLevel = 1;
    private const int DoNotWait = 0x40;
    private const int HeaderLength = 16;

    /// <summary>Takes the next datagram from a socket; null: there is none. Errors of the socket count as none: they are those of a device that goes down or away.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="buffer">Where its bytes go.</param>
    public static unsafe DatagramArrival? Receive(SafeFileHandle socket, Span<byte> buffer)
    {
        Span<byte> address = stackalloc byte[28];
        Span<byte> control = stackalloc byte[128];
        fixed (byte* addressStart = address, controlStart = control, start = buffer)
        {
            var part = new Part { Start = start, Length = (nuint)buffer.Length };
            var message = new Message { Address = addressStart, AddressLength = (uint)address.Length, Parts = &part, PartCount = 1, Control = controlStart, ControlLength = (nuint)control.Length };
            var length = ReceiveMessage(socket, &message, DoNotWait);
            if (length < 0 || Sender(address[..(int)Math.Min(message.AddressLength, address.Length)]) is not { } from)
            {
                return null;
            }
            var (left, at) = Read(control[..(int)Math.Min(message.ControlLength, (nuint)control.Length)]);
            return new((int)length, from, left, at);
        }
    }

    /// <summary>The address in a <c>sockaddr_in</c> or <c>sockaddr_in6</c>.</summary>
    private static IpAddress? Sender(ReadOnlySpan<byte> address) => address.Length switch
    {
        >= 28 => IpAddress.FromNetworkOrder(address[8..24]),
        >= 16 => IpAddress.FromNetworkOrder(address[4..8]),
        _ => null,
    };

    /// <summary>Control messages: length (8 bytes, with these 16), level, type, then the value, each begun at a multiple of 8.</summary>
    private static (int? TimeToLive, DateTimeOffset? At) Read(ReadOnlySpan<byte> control)
    {
        int? left = null;
        DateTimeOffset? at = null;
        while (control.Length >= HeaderLength)
        {
            var length = BinaryPrimitives.ReadUInt64LittleEndian(control);
            if (length < HeaderLength || length > (ulong)control.Length)
            {
                break;
            }
            var value = control[HeaderLength..(int)length];
            switch (BinaryPrimitives.ReadInt32LittleEndian(control[8..]), BinaryPrimitives.ReadInt32LittleEndian(control[12..]))
            {
                // IP_TTL and IPV6_HOPLIMIT.
                case (0, 2) or (41, 52) when value.Length >= sizeof(int):
                    left = BinaryPrimitives.ReadInt32LittleEndian(value);
                    break;
                case (SocketLevel, TimestampOption) when value.Length >= 16:
                    at = DateTimeOffset.UnixEpoch.AddSeconds(BinaryPrimitives.ReadInt64LittleEndian(value)).AddTicks(BinaryPrimitives.ReadInt64LittleEndian(value[8..]) / 100);
                    break;
                default:
                    break;
            }
            control = control[(int)Math.Min((length + 7) & ~7ul, (ulong)control.Length)..];
        }
        return (left, at);
    }

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static unsafe partial nint ReceiveMessage(SafeFileHandle socket, Message* message, int flags);

    /// <summary><c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Part
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary><c>struct msghdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Message
    {
        public byte* Address;
        public uint AddressLength;
        public Part* Parts;
        public nuint PartCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
