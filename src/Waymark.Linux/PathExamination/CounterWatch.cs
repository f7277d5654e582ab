using System.Buffers.Binary;
using System.Diagnostics;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;
using Waymark.Tariffs;

namespace Waymark.Linux.PathExamination;

/// <summary>
/// Reads what devices have carried, and hears what the kernel tells of it by itself: counters come with every message about a link, when it falls and for the last time with RTM_DELLINK, after the
/// last packet. Of the thread and the namespace that made it.
/// </summary>
public sealed class CounterWatch : IDisposable
{
    /// <summary>RTNLGRP_LINK.</summary>
    private const uint LinkGroup = 1;

    private readonly NetlinkSocket notifications = new(NetlinkProtocol.Route);
    private readonly RoutingSocket routing = new();
    private readonly string life;
    private EquatableArray<int> present = [];
    private bool haveLinksChanged = true;
    private bool isWhole = true;

    /// <summary>Throws <see cref="NetlinkException"/>.</summary>
    /// <param name="life">Names the life of the counters that are read (<see cref="CounterLife"/>).</param>
    public CounterWatch(string life)
    {
        this.life = life;
        // Before the first reading, so that nothing falls between them.
        notifications.Join(LinkGroup);
    }

    /// <summary>
    /// Listens until the time is over or <paramref name="wake"/> is set. What has gone while nobody listened is told first.
    /// </summary>
    /// <param name="time">At most this long.</param>
    /// <param name="wake">Ends it early.</param>
    /// <param name="told">Gets the counters of a device, on the calling thread, and whether they are its last.</param>
    public void Listen(TimeSpan time, WakeSignal wake, Action<DeviceCounters, bool> told)
    {
        var began = Stopwatch.GetTimestamp();
        for (var left = time; left > TimeSpan.Zero; left = time - Stopwatch.GetElapsedTime(began))
        {
            var heard = false;
            if (!notifications.Wait(left, wake, message =>
            {
                heard = true;
                Hear(message, told);
            }))
            {
                // Which devices went can only be told by looking.
                (isWhole, haveLinksChanged, heard) = (true, true, true);
            }
            if (!heard)
            {
                return;
            }
        }
    }

    /// <summary>What the counters of these devices stand at. Throws <see cref="NetlinkException"/>; then nothing is lost, and the next reading tells it all.</summary>
    public LedgerReading Read(IReadOnlyCollection<int> links)
    {
        if (haveLinksChanged)
        {
            present = routing.Links().Select(link => link.Index).Order().ToEquatableArray();
            haveLinksChanged = false;
        }
        // Devices first: one that comes between the two has its counters read as those of a new one.
        var counters = routing.Statistics(links).Select(Counters).ToEquatableArray();
        var reading = new LedgerReading(life, present, counters, isWhole);
        isWhole = false;
        return reading;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        notifications.Dispose();
        routing.Dispose();
    }

    private void Hear(NetlinkMessage message, Action<DeviceCounters, bool> told)
    {
        // Bridges tell of their ports by the same messages, of another family: a port that leaves its bridge has not gone.
        if (message.Type is not (RoutingMessages.NewLink or RoutingMessages.DeleteLink) || message.Body.Length < 16 || message.Body[0] != 0)
        {
            return;
        }
        if (StatisticsMessages.Read(message) is { } counters)
        {
            told(Counters(counters), message.Type == RoutingMessages.DeleteLink);
        }
        // Links tell of themselves often, by carrier and flags: only one that comes or goes changes which there are.
        var isThere = present.AsSpan().Contains(BinaryPrimitives.ReadInt32LittleEndian(message.Body[4..]));
        haveLinksChanged |= isThere == (message.Type == RoutingMessages.DeleteLink);
    }

    private static DeviceCounters Counters(InterfaceStatistics one) => new(one.LinkIndex, one.ReceivedBytes, one.SentBytes);
}
