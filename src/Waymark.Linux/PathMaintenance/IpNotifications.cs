using System.Buffers.Binary;
using System.Diagnostics;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;

namespace Waymark.Linux.PathMaintenance;

/// <summary>
/// Hears of changes to links, addresses, default routes and rules, and passes over what can change no path: the routes of a full Internet table, and our own. Of the
/// thread and the namespace that made it.
/// </summary>
internal sealed class IpNotifications : IDisposable
{
    /// <summary>Notification groups: link, IPv4 address, route, rule, IPv6 address, route, rule (linux/rtnetlink.h).</summary>
    private static readonly uint[] Groups = [1, 5, 7, 8, 9, 11, 19];

    /// <summary>Notifications come in swarms: an interface that goes takes its addresses and routes along. What follows within this time is read together.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(2);

    /// <summary>A swarm that does not end is not waited for longer than this.</summary>
    private static readonly TimeSpan MostSettle = TimeSpan.FromMilliseconds(20);

    private readonly NetlinkSocket socket;
    private readonly IpPathOptions options;
    private readonly WakeSignal wake;
    private bool isStirred;

    public IpNotifications(IpPathOptions options, WakeSignal wake)
    {
        (this.options, this.wake) = (options, wake);
        socket = new(NetlinkProtocol.Route, options.ReceiveBuffer);
        foreach (var group in Groups)
        {
            socket.Join(group);
        }
    }

    /// <summary>Waits until something changed and the swarm has passed; false where it was cancelled.</summary>
    /// <param name="lose">Called at once with each link that went or lost its carrier.</param>
    /// <param name="cancellationToken">Ends it, together with the signal that was given to the constructor.</param>
    public bool Await(Action<LinkLoss> lose, CancellationToken cancellationToken)
    {
        Heard heard;
        do
        {
            heard = Hear(null, lose);
        }
        while (heard is Heard.Nothing or Heard.Irrelevant && !cancellationToken.IsCancellationRequested);

        // Once messages were lost the kernel drops all further ones, without a word, until the queue is empty: then it has to be emptied before the state is read.
        var overrun = heard == Heard.Overrun;
        var began = Stopwatch.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested && heard != Heard.Nothing)
        {
            var isLate = Stopwatch.GetElapsedTime(began) >= MostSettle;
            if (isLate && !overrun)
            {
                break;
            }
            heard = Hear(isLate ? TimeSpan.Zero : Settle, lose);
            overrun |= heard == Heard.Overrun;
        }
        return !cancellationToken.IsCancellationRequested;
    }

    /// <summary>
    /// Whether, since it was last asked, a link fell or an address came or went: with them the kernel takes routes away, in every table and (IPv4) without a word, also
    /// where the next reading finds all as it was.
    /// </summary>
    public bool TakeStir()
    {
        var was = isStirred;
        isStirred = false;
        return was;
    }

    public void Dispose() => socket.Dispose();

    private Heard Hear(TimeSpan? timeout, Action<LinkLoss> lose)
    {
        var heard = Heard.Nothing;
        var isWhole = socket.Wait(timeout, wake, message =>
        {
            if (heard != Heard.Change)
            {
                heard = ConcernsPaths(message, options.OwnTables) ? Heard.Change : Heard.Irrelevant;
            }
            isStirred |= message.Type is RoutingMessages.NewAddress or RoutingMessages.DeleteAddress;
            if (ReadLoss(message) is { } loss)
            {
                isStirred = true;
                lose(loss);
            }
        });
        isStirred |= !isWhole;
        return isWhole ? heard : Heard.Overrun;
    }

    /// <summary>The loss that a notification tells: a device that went (RTM_DELLINK), or that can carry nothing; null for all else.</summary>
    internal static LinkLoss? ReadLoss(NetlinkMessage message)
    {
        // Bridges tell of their ports by the same message, of another family.
        if (message.Type is not (RoutingMessages.NewLink or RoutingMessages.DeleteLink) || message.Body.Length < 16 || message.Body[0] != 0)
        {
            return null;
        }
        return message.Type == RoutingMessages.DeleteLink
            ? new(BinaryPrimitives.ReadInt32LittleEndian(message.Body[4..]), IsGone: true)
            : RoutingMessages.ReadLink(message) is { HasCarrier: false } link ? new(link.Index, IsGone: false) : null;
    }

    /// <summary>Whether a notification can mean that a path changed: not those of routes to single networks, and of tables from first to last of <paramref name="own"/>.</summary>
    internal static bool ConcernsPaths(NetlinkMessage message, (uint First, uint Last) own)
    {
        if (message.Type is not (RoutingMessages.NewRoute or RoutingMessages.DeleteRoute or RoutingMessages.NewRule or RoutingMessages.DeleteRule))
        {
            return true;
        }
        if (message.Body.Length < 12 || RoutingMessages.Family(message.Body[0]) is not { } family)
        {
            return false;
        }
        uint table = message.Body[4];
        foreach (var attribute in message.Attributes(12))
        {
            table = attribute.Type == 15 ? attribute.U32 : table;
        }
        return (table < own.First || table > own.Last)
            && (message.Type is RoutingMessages.NewRule or RoutingMessages.DeleteRule || (table != RoutingMessages.LocalTable && message.Body[1] <= DefaultRoute.LongestPart(family)));
    }

    private enum Heard
    {
        Nothing,
        Irrelevant,
        Change,
        Overrun,
    }
}

/// <summary>A link that went.</summary>
/// <param name="LinkIndex">The kernel's number for it.</param>
/// <param name="IsGone">Whether the device itself is gone; else it only cannot carry packets.</param>
internal readonly record struct LinkLoss(int LinkIndex, bool IsGone);
