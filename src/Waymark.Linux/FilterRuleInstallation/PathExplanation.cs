using System.Globalization;
using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Nftables;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>Executes the table that was read back on the first packet of a flow.</summary>
internal static class PathExplanation
{
    /// <summary>Where the packet goes; nowhere of ours where there is no table.</summary>
    public static KernelPath Of(NftablesTable? table, Packet packet, Territory territory, IReadOnlyDictionary<string, ulong> cgroups)
    {
        var side = packet.Started == StartedBy.Forwarded ? FlowSide.Forwarded : FlowSide.Local;
        if (table is null || !table.Chains.Any(chain => chain.Name == SteeringChains.Steer(side)))
        {
            return new(0, FlowFate.LeftAlone, null, 0);
        }
        var (mark, last) = new ChainEvaluation(table, cgroups).Run(SteeringChains.Steer(side), packet);
        var number = (int)(mark & territory.CtClassMask) / (int)territory.CtClass(1);
        if (last == PathChains.Dead)
        {
            return new(number, FlowFate.Refused, null, 0);
        }
        var paths = InstallerMemory.Of(table).Paths.Paths;
        return last.StartsWith('p') && int.TryParse(last.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var path) && path <= paths.Count
            ? new(number, FlowFate.Steered, paths[path - 1], territory.StrictBit | territory.Mark(path))
            : new(number, FlowFate.LeftAlone, null, 0);
    }
}
