using System.Buffers.Binary;
using Waymark.Linux.Netlink;

namespace Waymark.Linux.LinkReading;

/// <summary>At what rate a device has agreed to speak with the other end of its cable (ETHTOOL_MSG_LINKMODES_GET of linux/ethtool_netlink.h). One caller at a time.</summary>
public sealed class LinkSpeed : IDisposable
{
    private const byte GetLinkModes = 4;

    /// <summary>ETHTOOL_A_LINKMODES_HEADER and, in it, ETHTOOL_A_HEADER_DEV_INDEX; ETHTOOL_A_LINKMODES_SPEED.</summary>
    private const ushort Header = 1, DeviceIndex = 1, Speed = 5;

    private const double Megabit = 1e6;

    private readonly GenericNetlinkSocket ethtool = new("ethtool");

    /// <summary>The rate, bit/s, the same in both directions; null where the device has no cable, does not tell, or is gone.</summary>
    public double? Of(int deviceIndex)
    {
        double? speed = null;
        ethtool.TryAsk(
            GetLinkModes,
            writer =>
            {
                var header = writer.BeginNested(Header);
                writer.U32(DeviceIndex, (uint)deviceIndex);
                writer.EndNested(header);
            },
            message => speed = Read(message) ?? speed);
        return speed;
    }

    /// <inheritdoc/>
    public void Dispose() => ethtool.Dispose();

    /// <summary>The rate in an answer; SPEED_UNKNOWN and 0 are none.</summary>
    internal static double? Read(NetlinkMessage message)
    {
        foreach (var attribute in message.Attributes(GenericNetlinkSocket.HeaderLength))
        {
            if (attribute.Type == Speed && attribute.Value.Length == 4)
            {
                return BinaryPrimitives.ReadInt32LittleEndian(attribute.Value) is > 0 and var megabits ? megabits * Megabit : null;
            }
        }
        return null;
    }
}
