using System.Buffers.Binary;
using Waymark.Flows;

namespace Waymark.Linux.PathExamination.Datagrams;

/// <summary>What the kernel says of a packet (cmsg(3)): each 8 bytes of length with this header, 4 of level, 4 of type, then its content, padded to 8.</summary>
internal static class ControlMessages
{
    /// <summary>Room for all that a socket here asks for.</summary>
    public const int MostBytes = 256;

    public const int SocketLevel = 1;
    public const int TimestampNanoseconds = 35;
    public const int Ip4Level = 0;
    public const int Ip4PacketInfo = 8;
    public const int Ip4Ttl = 2;
    public const int Ip6Level = 41;
    public const int Ip6PacketInfo = 50;
    public const int Ip6HopLimit = 52;

    private const int HeaderBytes = 16;

    /// <summary>Reads them all; what was not asked for is passed over.</summary>
    /// <param name="control">The kernel's words.</param>
    /// <param name="arrivedAt">By the wall clock; null: not said.</param>
    /// <param name="place">Where it came in; null: not said, or it was sent to many.</param>
    /// <param name="ttl">The TTL or hop limit; null: not said.</param>
    public static void Read(ReadOnlySpan<byte> control, out DateTimeOffset? arrivedAt, out ArrivalPlace? place, out byte? ttl)
    {
        (arrivedAt, place, ttl) = (null, null, null);
        while (control.Length >= HeaderBytes)
        {
            var length = BinaryPrimitives.ReadInt64LittleEndian(control);
            if (length < HeaderBytes || length > control.Length)
            {
                return;
            }
            var content = control[HeaderBytes..(int)length];
            switch (BinaryPrimitives.ReadInt32LittleEndian(control[8..]), BinaryPrimitives.ReadInt32LittleEndian(control[12..]))
            {
                case (SocketLevel, TimestampNanoseconds) when content.Length >= 16:
                    arrivedAt = DateTimeOffset.UnixEpoch.AddTicks(
                        (BinaryPrimitives.ReadInt64LittleEndian(content) * TimeSpan.TicksPerSecond) + (BinaryPrimitives.ReadInt64LittleEndian(content[8..]) / TimeSpan.NanosecondsPerTick));
                    break;
                case (Ip4Level, Ip4PacketInfo) when content.Length >= 12:
                    // Device, the local address of the route, the packet's destination: to a broadcast the two differ.
                    place = content[4..8].SequenceEqual(content[8..12]) ? new(IpAddress.FromNetworkOrder(content[8..12]), BinaryPrimitives.ReadInt32LittleEndian(content)) : null;
                    break;
                case (Ip6Level, Ip6PacketInfo) when content.Length >= 20:
                    // 0xff: multicast (RFC 4291 section 2.7).
                    place = content[0] == 0xff ? null : new(IpAddress.FromNetworkOrder(content[..16]), BinaryPrimitives.ReadInt32LittleEndian(content[16..]));
                    break;
                case (Ip4Level, Ip4Ttl) or (Ip6Level, Ip6HopLimit) when content.Length >= 4:
                    ttl = content[0];
                    break;
            }
            control = control[(int)Math.Min(control.Length, (length + 7) & ~7L)..];
        }
    }

    /// <summary>Writes that a packet leaves by that device with that source (ip(7), RFC 3542 section 6); gives the length.</summary>
    public static int Write(ArrivalPlace place, Span<byte> control)
    {
        control.Clear();
        var isV4 = place.Address.Family == IpFamily.V4;
        var length = HeaderBytes + (isV4 ? 12 : 20);
        BinaryPrimitives.WriteInt64LittleEndian(control, length);
        BinaryPrimitives.WriteInt32LittleEndian(control[8..], isV4 ? Ip4Level : Ip6Level);
        BinaryPrimitives.WriteInt32LittleEndian(control[12..], isV4 ? Ip4PacketInfo : Ip6PacketInfo);
        BinaryPrimitives.WriteInt32LittleEndian(control[(HeaderBytes + (isV4 ? 0 : 16))..], place.Device);
        place.Address.ToNetworkOrder().CopyTo(control[(HeaderBytes + (isV4 ? 4 : 0))..]);
        return (length + 7) & ~7;
    }
}
