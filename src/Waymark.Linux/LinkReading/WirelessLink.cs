using Waymark.Linux.Netlink;

namespace Waymark.Linux.LinkReading;

/// <summary>Signal and bit rates of wireless devices (NL80211_CMD_GET_STATION of linux/nl80211.h); of a machine without any, nothing. One caller at a time.</summary>
public sealed class WirelessLink : IDisposable
{
    private const byte GetStation = 17;

    /// <summary>NL80211_ATTR_IFINDEX, NL80211_ATTR_STA_INFO.</summary>
    private const ushort DeviceIndex = 3, Station = 21;

    /// <summary>NL80211_STA_INFO_SIGNAL, _TX_BITRATE, _SIGNAL_AVG, _RX_BITRATE.</summary>
    private const ushort Signal = 7, SendRate = 8, AverageSignal = 13, ReceiveRate = 14;

    /// <summary>NL80211_RATE_INFO_BITRATE32; _BITRATE, of 16 bits, is left out above 6.5 Gbit/s.</summary>
    private const ushort Rate = 5;

    /// <summary>Rates are told in steps of 100 kbit/s.</summary>
    private const double RateStep = 100_000;

    private const int NotSupported = 95;

    private readonly GenericNetlinkSocket wireless = new("nl80211");

    /// <summary>The other end, where there is exactly one: an access point, or the only peer. Null where the device has none, is not wireless, or is gone. Throws <see cref="NetlinkException"/>.</summary>
    public WirelessStation? Of(int deviceIndex)
    {
        var found = new List<WirelessStation>();
        try
        {
            wireless.Dump(GetStation, "read the stations of a wireless device", writer => writer.U32(DeviceIndex, (uint)deviceIndex), found.Clear, message =>
            {
                if (Read(message) is { } one)
                {
                    found.Add(one);
                }
            });
        }
        catch (NetlinkException refused) when (refused.Error is NetlinkException.NoDevice or NotSupported or NetlinkException.Invalid)
        {
            // No wireless device.
        }
        return found is [var only] ? only : null;
    }

    /// <inheritdoc/>
    public void Dispose() => wireless.Dispose();

    /// <summary>The station in a message; null where there is none.</summary>
    internal static WirelessStation? Read(NetlinkMessage message)
    {
        foreach (var attribute in message.Attributes(GenericNetlinkSocket.HeaderLength))
        {
            if (attribute.Type == Station)
            {
                return ReadStation(attribute);
            }
        }
        return null;
    }

    private static WirelessStation ReadStation(NetlinkAttribute station)
    {
        int? newest = null, average = null;
        double? receive = null, send = null;
        foreach (var attribute in station.Nested)
        {
            switch (attribute.Type)
            {
                case Signal when attribute.Value.Length == 1:
                    newest = unchecked((sbyte)attribute.U8);
                    break;
                case AverageSignal when attribute.Value.Length == 1:
                    average = unchecked((sbyte)attribute.U8);
                    break;
                case SendRate:
                    send = ReadRate(attribute);
                    break;
                case ReceiveRate:
                    receive = ReadRate(attribute);
                    break;
            }
        }
        return new(average ?? newest, receive, send);
    }

    private static double? ReadRate(NetlinkAttribute rate)
    {
        foreach (var attribute in rate.Nested)
        {
            if (attribute.Type == Rate && attribute.U32 > 0)
            {
                return attribute.U32 * RateStep;
            }
        }
        return null;
    }
}
