using Waymark.Linux.LinkReading;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;
using Waymark.PathExamination;
using Waymark.Paths;

namespace Waymark.Linux.PathExamination;

/// <summary>What devices say of themselves: largest packet, speed of the cable, signal and bit rates of a wireless link. Read again now and then. Of one caller at a time.</summary>
internal sealed class DeviceReadings : IDisposable
{
    /// <summary>A signal changes within seconds where somebody moves.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Some drivers ask the hardware, over USB, while the kernel lets nobody else change the network.</summary>
    private static readonly TimeSpan SpeedInterval = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Of the bit rate of a wireless link less than this is left for packets: the rest goes on preambles, acknowledgements, waiting and whoever else is on the air.
    /// Six tenths are what a device alone on a good channel gets; with others there it is less.
    /// </summary>
    private const double WirelessShare = 0.6;

    /// <summary>Virtual devices that pass on the speed of those beneath; others make one up (<c>veth</c> says 10 Gbit/s, <c>tun</c> 10 Mbit/s).</summary>
    private static readonly string?[] Truthful = [null, "bond", "team", "bridge", "vlan", "macvlan"];

    private readonly RoutingSocket routing;
    private readonly LinkSpeed speeds = new();
    private readonly WirelessLink wireless = new();
    private readonly Dictionary<int, double?> known = [];
    private Dictionary<int, List<KeyValuePair<string, Measured>>> told = [];
    private DateTimeOffset? readAt, speedsAt;

    public DeviceReadings(RoutingSocket routing) => this.routing = routing;

    /// <summary>Has all be read again with the next question: links have changed.</summary>
    public void Renew() => (readAt, speedsAt) = (null, null);

    /// <summary>What a device says; empty where it is gone. Throws <see cref="NetlinkException"/>.</summary>
    public IReadOnlyList<KeyValuePair<string, Measured>> Of(int deviceIndex, IReadOnlyCollection<int> all, DateTimeOffset now)
    {
        if (readAt is not { } last || now - last >= Interval || now < last)
        {
            Read(all, now);
        }
        return told.GetValueOrDefault(deviceIndex) ?? [];
    }

    public void Dispose()
    {
        speeds.Dispose();
        wireless.Dispose();
    }

    private void Read(IReadOnlyCollection<int> all, DateTimeOffset now)
    {
        readAt = now;
        var links = routing.Links().Where(link => all.Contains(link.Index)).ToList();
        if (speedsAt is not { } last || now - last >= SpeedInterval || now < last)
        {
            speedsAt = now;
            known.Clear();
            foreach (var link in links.Where(link => Truthful.Contains(link.Kind)))
            {
                known[link.Index] = speeds.Of(link.Index);
            }
        }
        told = links.ToDictionary(link => link.Index, link => Describe(link, now).ToList());
    }

    private IEnumerable<KeyValuePair<string, Measured>> Describe(Link link, DateTimeOffset now)
    {
        if (link.Mtu > 0)
        {
            // The network behind it may take less (RFC 8201).
            yield return new("mtu", new(CharacteristicValue.Of(link.Mtu), now, 0, CharacteristicSources.Link) { IsEstimated = true });
        }
        if (known.GetValueOrDefault(link.Index) is { } speed)
        {
            yield return Capacity("bandwidth", speed, CharacteristicSources.Link);
            yield return Capacity("bandwidth.up", speed, CharacteristicSources.Link);
        }
        if (link.Kind is null && wireless.Of(link.Index) is { } station)
        {
            if (station.Signal is { } signal)
            {
                yield return new("signal", new(CharacteristicValue.Of(signal), now, 1, CharacteristicSources.Wireless));
            }
            if (station.ReceiveRate is { } receive)
            {
                yield return Capacity("bandwidth", receive * WirelessShare, CharacteristicSources.Wireless);
            }
            if (station.SendRate is { } send)
            {
                yield return Capacity("bandwidth.up", send * WirelessShare, CharacteristicSources.Wireless);
            }
        }

        // What the link can carry is no less than what the network behind it can, and often far more: a modem hangs on a cable of 1 Gbit/s.
        KeyValuePair<string, Measured> Capacity(string name, double rate, string source) =>
            new(name, new(CharacteristicValue.Of(rate), now, 0, source) { IsEstimated = true });
    }
}
