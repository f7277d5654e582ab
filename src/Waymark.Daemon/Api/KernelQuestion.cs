using Waymark.Daemon.Loop;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Api;

/// <summary>
/// Asks the kernel itself what it would do with a packet, with the mark that its own maps hold: a kernel that was changed behind the daemon shows.
/// </summary>
internal sealed class KernelQuestion(IDataPlane dataPlane)
{
    private readonly Lock gate = new();

    public V1.KernelAnswer Ask(Packet packet, FilterClass? one, Snapshot now)
    {
        lock (gate)
        {
            var wanted = one?.Action(packet.Family) ?? new FilterAction.Default();
            try
            {
                return Ask(packet, wanted, now, one is null ? null : dataPlane.MarkOf(one.Number, packet.Family));
            }
            catch (NetlinkException refused)
            {
                // The kernel's own word: there is no way for such a packet.
                return new() { Verdict = V1.KernelVerdict.Unreachable, Agrees = wanted is FilterAction.Drop, Difference = wanted is FilterAction.Drop ? "" : refused.Message };
            }
        }
    }

    private static V1.KernelAnswer Ask(Packet packet, FilterAction wanted, Snapshot now, uint? mark)
    {
        if (wanted is FilterAction.Drop)
        {
            var drops = mark is null or 0;
            return new() { Verdict = drops ? V1.KernelVerdict.Drop : V1.KernelVerdict.Unspecified, Mark = mark ?? 0, Agrees = drops, Difference = drops ? "" : "the kernel's maps still give it a path" };
        }
        using var routing = new RoutingSocket();
        var answer = routing.Lookup(new(packet.Peer)
        {
            Mark = mark ?? 0,
            User = packet.User,
            Protocol = packet.Protocol,
            SourcePort = packet.LocalPort ?? 0,
            DestinationPort = packet.PeerPort ?? 0,
        });
        var path = now.World.Paths.Paths.FirstOrDefault(known => known.DeviceIndex == answer.LinkIndex);
        var agrees = wanted switch
        {
            FilterAction.Use(var id) => path?.Id == id,
            FilterAction.Spread(var shares, _) => shares.Any(share => share.Path == path?.Id),
            _ => true,
        };
        return new()
        {
            Mark = mark ?? 0,
            Verdict = V1.KernelVerdict.Send,
            Device = path?.Device ?? routing.Links().FirstOrDefault(link => link.Index == answer.LinkIndex)?.Name ?? "",
            Gateway = answer.Gateway?.ToString() ?? "",
            Source = answer.Source?.ToString() ?? "",
            Table = answer.Table,
            Path = path?.Id.ToString() ?? "",
            Agrees = agrees,
            Difference = agrees ? "" : "the kernel would send it another way: somebody may have changed rules or routes; the daemon mends its own within seconds",
        };
    }
}
