using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Waymark.Flows;
using Waymark.Linux.PathExamination.Datagrams;

namespace Waymark.Linux.PathExamination.BfdSessions;

/// <summary>Where sessions of one device and family hear and speak: what their sockets have in common.</summary>
/// <param name="DeviceIndex">The device's kernel index: a device that is made anew under the same name is another one.</param>
/// <param name="Device">Its name.</param>
/// <param name="Family">IPv4 or IPv6.</param>
/// <param name="IsMultihop">Whether the other ends are several hops away (RFC 5883) instead of on the link (RFC 5881).</param>
internal sealed record BfdDoor(int DeviceIndex, string Device, IpFamily Family, bool IsMultihop)
{
    /// <summary>What is sent over one hop has it, and who gets it with less knows that it has come from further away (RFC 5881 section 5, RFC 5082).</summary>
    public const int FullTimeToLive = 255;

    private const int SocketLevel = 1;
    private const int BindToDevice = 25;
    private const int BoundIndex = 62;
    private const int IpLevel = 0;
    private const int Ip6Level = 41;

    /// <summary>The UDP port that control packets are sent to (RFC 5881 section 4, RFC 5883 section 5).</summary>
    public int Port => IsMultihop ? 4784 : 3784;

    /// <summary>Makes a socket bound to the device; which device that is by its index, <paramref name="index"/> tells. Throws <see cref="SocketException"/>.</summary>
    public static Socket Bound(IpFamily family, string device, out int index)
    {
        var socket = new Socket(family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Blocking = false;
            socket.SetRawSocketOption(SocketLevel, BindToDevice, System.Text.Encoding.UTF8.GetBytes(device + "\0"));
            if (family == IpFamily.V6)
            {
                Set(socket, Ip6Level, 26, 1); // IPV6_V6ONLY: IPv4 has a socket of its own.
            }
            Span<byte> bytes = stackalloc byte[sizeof(int)];
            socket.GetRawSocketOption(SocketLevel, BoundIndex, bytes);
            index = BitConverter.ToInt32(bytes);
            return socket;
        }
        catch
        {
            // Not ours to keep: the caller gets the reason.
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Has what the socket sends live long, and go before other traffic: a full queue is no silence (CS6, RFC 4594 section 3.1).</summary>
    public static void SendFirst(Socket socket, IpFamily family)
    {
        Set(socket, family == IpFamily.V4 ? IpLevel : Ip6Level, family == IpFamily.V4 ? 2 : 16, FullTimeToLive);
        Set(socket, family == IpFamily.V4 ? IpLevel : Ip6Level, family == IpFamily.V4 ? 1 : 67, 0xc0);
    }

    /// <summary>Has the kernel tell of each packet when it came and how long it had still to live.</summary>
    public static void TellArrival(Socket socket, IpFamily family)
    {
        Set(socket, SocketLevel, ControlMessages.TimestampNanoseconds, 1);
        Set(socket, family == IpFamily.V4 ? IpLevel : Ip6Level, family == IpFamily.V4 ? 12 : 51, 1);
    }

    /// <summary>Opens the socket that all sessions here hear by. Throws <see cref="SocketException"/>, where another program has the port for example.</summary>
    public Socket Listen()
    {
        var socket = Bound(Family, Device, out _);
        try
        {
            TellArrival(socket, Family);
            socket.Bind(new IPEndPoint(Family == IpFamily.V4 ? IPAddress.Any : IPAddress.IPv6Any, Port));
            return socket;
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw new SocketException(taken.NativeErrorCode, string.Create(CultureInfo.InvariantCulture, $"another program has UDP port {Port}; have it or this node's file leave BFD to the other"));
        }
        catch
        {
            // Not ours to keep: the caller gets the reason.
            socket.Dispose();
            throw;
        }
    }

    private static void Set(Socket socket, int level, int option, int value) => socket.SetRawSocketOption(level, option, BitConverter.GetBytes(value));
}
