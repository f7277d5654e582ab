using System.Buffers.Binary;
using Waymark.Flows;

namespace Waymark.Linux.PathExamination.Datagrams;

/// <summary>Addresses with ports as the kernel writes them (sockaddr_in of ip(7), sockaddr_in6 of ipv6(7)).</summary>
internal static class SocketNames
{
    /// <summary>Of the longer one.</summary>
    public const int MostBytes = 28;

    private const int Ip4 = 2;
    private const int Ip6 = 10;

    /// <summary>Reads one; false for another family.</summary>
    public static bool TryRead(ReadOnlySpan<byte> name, out IpAddress address, out int port)
    {
        (address, port) = (default, 0);
        if (name.Length < 8)
        {
            return false;
        }
        port = BinaryPrimitives.ReadUInt16BigEndian(name[2..]);
        switch (BinaryPrimitives.ReadUInt16LittleEndian(name))
        {
            case Ip4:
                address = IpAddress.FromNetworkOrder(name[4..8]);
                return true;
            case Ip6 when name.Length >= 24:
                address = IpAddress.FromNetworkOrder(name[8..24]);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Writes one; gives its length.</summary>
    /// <param name="address">The address.</param>
    /// <param name="port">The port.</param>
    /// <param name="device">Whose link a link-local address is of.</param>
    /// <param name="name">Where it goes.</param>
    public static int Write(IpAddress address, int port, int device, Span<byte> name)
    {
        name.Clear();
        var isV4 = address.Family == IpFamily.V4;
        BinaryPrimitives.WriteUInt16LittleEndian(name, (ushort)(isV4 ? Ip4 : Ip6));
        BinaryPrimitives.WriteUInt16BigEndian(name[2..], (ushort)port);
        address.ToNetworkOrder().CopyTo(name[(isV4 ? 4 : 8)..]);
        if (isV4)
        {
            return 16;
        }
        BinaryPrimitives.WriteInt32LittleEndian(name[24..], address.IsLinkLocal ? device : 0);
        return MostBytes;
    }
}
