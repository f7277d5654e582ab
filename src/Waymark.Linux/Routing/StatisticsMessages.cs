using System.Buffers.Binary;
using Waymark.Linux.Netlink;

namespace Waymark.Linux.Routing;

/// <summary>The counters of devices in rtnetlink messages (linux/if_link.h): asked for by RTM_GETSTATS, and told with every link (IFLA_STATS64), for the last time with RTM_DELLINK.</summary>
internal static class StatisticsMessages
{
    public const ushort NewStatistics = 92, GetStatistics = 94;

    /// <summary>IFLA_STATS_LINK_64, the counters in an answer to RTM_GETSTATS.</summary>
    private const ushort OfStatistics = 1;

    /// <summary>IFLA_STATS64, the same counters in a message about a link.</summary>
    private const ushort OfLink = 23;

    /// <summary>The counters in a message; null where it has none. Later kernels add counters behind those that we know.</summary>
    public static InterfaceStatistics? Read(NetlinkMessage message)
    {
        // The index stands at the same place in both headers. Bridges tell of their ports by messages of another family, without counters of their own.
        var (header, wanted) = message.Type switch
        {
            NewStatistics => (12, OfStatistics),
            RoutingMessages.NewLink or RoutingMessages.DeleteLink => (16, OfLink),
            _ => (0, (ushort)0),
        };
        if (header == 0 || message.Body.Length < header || message.Body[0] != 0)
        {
            return null;
        }
        foreach (var attribute in message.Attributes(header))
        {
            if (attribute.Type == wanted && attribute.Value.Length >= 32)
            {
                return new(BinaryPrimitives.ReadInt32LittleEndian(message.Body[4..]), Number(attribute, 2), Number(attribute, 3))
                {
                    ReceivedPackets = Number(attribute, 0),
                    SentPackets = Number(attribute, 1),
                };
            }
        }
        return null;
    }

    /// <summary>Asks for the counters of one device and nothing else of it.</summary>
    public static void Write(NetlinkWriter writer, int linkIndex)
    {
        writer.BeginMessage(GetStatistics, NetlinkFlags.Request | NetlinkFlags.Ack);
        writer.U32(0);
        writer.U32((uint)linkIndex);
        writer.U32(1u << (OfStatistics - 1));
        writer.EndMessage();
    }

    private static ulong Number(NetlinkAttribute attribute, int place) => BinaryPrimitives.ReadUInt64LittleEndian(attribute.Value[(place * 8)..]);
}
