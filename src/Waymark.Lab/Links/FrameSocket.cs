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
    private const int ReceiveBufferForce = 33;

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
        _ = NativeMethods.SetOption(Handle, 1, ReceiveBufferForce, (byte*)&size, 4);
    }

    public string Device { get; }

    public SafeFileHandle Handle { get; }

    /// <summary>The next frame, or nothing where none waits (also: the device is down).</summary>
    public unsafe int Receive(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            return (int)Math.Max(0, NativeMethods.Receive(Handle, start, (nuint)buffer.Length, DontWait));
        }
    }

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
