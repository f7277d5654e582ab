using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Waymark.Lab.Links;

/// <summary>Whole frames in and out of one device (packet(7)); only what comes in by it is seen, not what is sent.</summary>
internal sealed class FrameSocket : IDisposable
{
    private const int PacketFamily = 17;
    private const int PacketLevel = 263;
    private const int IgnoreOutgoing = 23;
    private const int DontWait = 0x40;
    private const int SocketLevel = 1;
    private const int ReceiveBufferForce = 33;
    private const int TimestampNanoseconds = 35;
    private const int ControlBytes = 64;

    /// <summary>Opens one in the thread's network namespace; throws <see cref="LabException"/>.</summary>
    public unsafe FrameSocket(string device)
    {
        Device = device;
        var index = NativeMethods.IndexOf(device);
        Handle = new(NativeMethods.Socket(PacketFamily, 3 | 0x80000, 0x0300), ownsHandle: true);
        var address = stackalloc byte[20];
        new Span<byte>(address, 20).Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(new(address, 2), PacketFamily);
        BinaryPrimitives.WriteUInt16BigEndian(new(address + 2, 2), 3);
        BinaryPrimitives.WriteUInt32LittleEndian(new(address + 4, 4), index);
        int one = 1, size = 8 << 20;
        if (index == 0 || Handle.IsInvalid || NativeMethods.SetOption(Handle, PacketLevel, IgnoreOutgoing, (byte*)&one, 4) != 0 || NativeMethods.Bind(Handle, address, 20) != 0)
        {
            throw new LabException($"cannot take frames from {device}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        // Without the right to more, the usual size has to do.
        _ = NativeMethods.SetOption(Handle, SocketLevel, ReceiveBufferForce, (byte*)&size, 4);
        // Where the kernel does not say when a frame arrived, it arrived when it is read.
        _ = NativeMethods.SetOption(Handle, SocketLevel, TimestampNanoseconds, (byte*)&one, 4);
    }

    public string Device { get; }

    public SafeFileHandle Handle { get; }

    /// <summary>The next frame; nothing where none waits (also: the device is down).</summary>
    /// <param name="buffer">Takes it.</param>
    /// <param name="arrival">When the device had it, in nanoseconds of the wall clock since 1970; 0: not said.</param>
    public unsafe int Receive(Span<byte> buffer, out long arrival)
    {
        var control = stackalloc byte[ControlBytes];
        fixed (byte* start = buffer)
        {
            var part = new NativeMethods.BufferPart { Start = start, Length = (nuint)buffer.Length };
            var message = new NativeMethods.Message { Parts = &part, PartCount = 1, Control = control, ControlLength = ControlBytes };
            var count = (int)NativeMethods.ReceiveMessage(Handle, &message, DontWait);
            arrival = count > 0 ? Stamp(new(control, (int)message.ControlLength)) : 0;
            return Math.Max(0, count);
        }
    }

    /// <summary>The time of a control message (cmsg(3)): length, level, type, and a timespec; the socket is asked for no other.</summary>
    private static long Stamp(ReadOnlySpan<byte> control) =>
        control.Length >= 32 && BinaryPrimitives.ReadInt32LittleEndian(control[8..]) == SocketLevel && BinaryPrimitives.ReadInt32LittleEndian(control[12..]) == TimestampNanoseconds
            ? (BinaryPrimitives.ReadInt64LittleEndian(control[16..]) * 1_000_000_000) + BinaryPrimitives.ReadInt64LittleEndian(control[24..]) : 0;

    /// <summary>Sends a frame; one that a device that is down refuses is lost, as on any link.</summary>
    public unsafe void Send(ReadOnlySpan<byte> frame)
    {
        fixed (byte* start = frame)
        {
            _ = NativeMethods.Send(Handle, start, (nuint)frame.Length, DontWait);
        }
    }

    public void Dispose() => Handle.Dispose();

    /// <summary>
    /// Has the device's own stack compute checksums and cut packets itself: what a packet socket sees has to be whole. ETHTOOL_STXCSUM, STSO, SGSO (linux/ethtool.h).
    /// </summary>
    public static unsafe void DisableOffloads(string device)
    {
        using var socket = new SafeFileHandle(NativeMethods.Socket(2, 2 | 0x80000, 0), ownsHandle: true);
        var request = stackalloc byte[40];
        var value = stackalloc uint[2];
        foreach (var command in (ReadOnlySpan<uint>)[0x17, 0x1f, 0x24])
        {
            new Span<byte>(request, 40).Clear();
            System.Text.Encoding.ASCII.GetBytes(device, new Span<byte>(request, 15));
            (value[0], value[1]) = (command, 0);
            *(nint*)(request + 16) = (nint)value;
            if (NativeMethods.DeviceControl(socket, 0x8946, request) != 0)
            {
                throw new LabException($"cannot switch off offloads of {device}: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
    }
}
