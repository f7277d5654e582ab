using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Waymark.Linux.Netlink;

namespace Waymark.Linux.Routing;

/// <summary>
/// Which driver serves a device (ETHTOOL_GDRVINFO of linux/ethtool.h). Not read from /sys, which shows the devices of the namespace that mounted it and of no other, and no driver for virtual ones.
/// </summary>
internal static class DeviceDriver
{
    private const int NameLength = 16, DriverLength = 32, InternetFamily = 2, DatagramSocket = 2;
    private const nuint EthtoolCall = 0x8946;
    private const uint GetDriverInformation = 3;

    /// <summary>The size of struct ethtool_drvinfo.</summary>
    private const int AnswerLength = 196;

    /// <summary>The driver's name, in the network namespace of this thread; null where the device has gone or has none.</summary>
    public static unsafe string? Of(string device)
    {
        var name = Encoding.UTF8.GetBytes(device);
        using var socket = new SafeFileHandle(NativeMethods.Socket(InternetFamily, DatagramSocket | NativeMethods.SockCloseOnExec, 0), ownsHandle: true);
        if (socket.IsInvalid || name.Length >= NameLength)
        {
            return null;
        }
        // struct ifreq: the device's name, then a pointer to the question, which becomes the answer.
        Span<byte> request = stackalloc byte[40], answer = stackalloc byte[AnswerLength];
        request.Clear();
        answer.Clear();
        name.CopyTo(request);
        MemoryMarshal.Write(answer, GetDriverInformation);
        fixed (byte* question = request, data = answer)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(request[NameLength..], (ulong)data);
            if (NativeMethods.Control(socket, EthtoolCall, question) < 0)
            {
                return null;
            }
        }
        var driver = answer.Slice(sizeof(uint), DriverLength);
        var end = driver.IndexOf((byte)0);
        return end == 0 ? null : Encoding.UTF8.GetString(end < 0 ? driver : driver[..end]);
    }
}
