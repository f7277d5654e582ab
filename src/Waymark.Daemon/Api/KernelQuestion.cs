using Waymark.Daemon.Loop;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.Netlink;
using Waymark.Linux.Routing;
using V1 = Waymark.Exchange.Wire.V1;

namespace Waymark.Daemon.Api;

/// <summary>
/// Asks the kernel itself what it would do with packets: its own rules and maps, read back, say which mark they get, and its routing what comes of that. A kernel that
/// was changed behind the daemon shows.
/// </summary>
internal sealed class KernelQuestion(IDataPlane dataPlane)
{
    /// <summary>The answers, in order.</summary>
    /// <param name="packets">Each the first of its flow, with the class that the decision puts it in; null: none.</param>
    /// <param name="now">The decision.</param>
    public IReadOnlyList<V1.KernelAnswer> Ask(IReadOnlyList<(Packet Packet, FilterClass? Class)> packets, Snapshot now)
    {
        var told = dataPlane.PathsOf([.. packets.Select(one => one.Packet)], now.Decision.FilterRules);
        return [.. packets.Zip(told, (one, path) => Answer(one.Packet, one.Class?.Action(one.Packet.Family) ?? new FilterAction.Default(), path, now))];
    }

    private static V1.KernelAnswer Answer(Packet packet, FilterAction wanted, KernelPath told, Snapshot now)
    {
        if (told.Fate == FlowFate.Refused)
        {
            return Compare(new() { Verdict = V1.KernelVerdict.Drop }, wanted is FilterAction.Drop, "the rules in the kernel refuse it");
        }
        try
        {
            using var routing = new RoutingSocket();
            var answer = routing.Lookup(new(packet.Peer)
            {
                Mark = told.Mark,
                User = packet.User,
                Protocol = packet.Protocol,
                SourcePort = packet.LocalPort ?? 0,
                DestinationPort = packet.PeerPort ?? 0,
            });
            var path = now.World.Paths.Paths.FirstOrDefault(known => known.DeviceIndex == answer.LinkIndex);
            var agrees = wanted switch
            {
                FilterAction.Drop => false,
                FilterAction.Use(var id) => told.Fate == FlowFate.Steered && path?.Id == id,
                FilterAction.Spread(var shares, _) => told.Fate == FlowFate.Steered && shares.Any(share => share.Path == path?.Id),
                _ => told.Fate == FlowFate.LeftAlone,
            };
            return Compare(
                new()
                {
                    Mark = told.Mark,
                    Verdict = V1.KernelVerdict.Send,
                    Device = path?.Device ?? routing.Links().FirstOrDefault(link => link.Index == answer.LinkIndex)?.Name ?? "",
                    Gateway = answer.Gateway?.ToString() ?? "",
                    Source = answer.Source?.ToString() ?? "",
                    Table = answer.Table,
                    Path = path?.Id.ToString() ?? "",
                },
                agrees,
                told.Fate == FlowFate.LeftAlone ? "no rule in the kernel speaks of it" : "the kernel would send it another way");
        }
        catch (NetlinkException refused)
        {
            // The kernel's own word: there is no way for such a packet.
            return Compare(new() { Verdict = V1.KernelVerdict.Unreachable }, wanted is FilterAction.Drop or FilterAction.Default, refused.Message);
        }
    }

    private static V1.KernelAnswer Compare(V1.KernelAnswer answer, bool agrees, string difference)
    {
        answer.Agrees = agrees;
        answer.Difference = agrees ? "" : $"{difference}: somebody may have changed rules or routes; the daemon mends its own within seconds";
        return answer;
    }
}
