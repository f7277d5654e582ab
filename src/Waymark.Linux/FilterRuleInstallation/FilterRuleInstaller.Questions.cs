using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Netlink;
using Waymark.Linux.Nftables;
using Waymark.Linux.SocketDiagnosis;
using Waymark.Paths;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>What others ask of the rules in the kernel, and of the flows on them.</summary>
public sealed partial class FilterRuleInstaller
{
    /// <summary>
    /// Where the rules in the kernel would send the first packets of flows: read back, not remembered. Reads all maps, for people's questions; nobody who changes the
    /// kernel waits for it. Throws <see cref="NetlinkException"/>.
    /// </summary>
    /// <param name="packets">The packets, as this node would send them.</param>
    /// <param name="cgroups">The ids of control groups by path, with which the rules were encoded.</param>
    public IReadOnlyList<KernelPath> PathsOf(IReadOnlyList<Packet> packets, IEnumerable<KeyValuePair<string, ulong>> cgroups)
    {
        lock (asking)
        {
            var table = questions.Read(territory.Table, time.GetUtcNow());
            var ids = new Dictionary<string, ulong>(cgroups, StringComparer.Ordinal);
            return [.. packets.Select(packet => PathExplanation.Of(table, packet, territory, ids))];
        }
    }

    /// <summary>
    /// The mark that the kernel's map gives new flows of a class, with the strict bit; null where it sends them by no single path of ours. Reads one small map.
    /// Throws <see cref="NetlinkException"/>.
    /// </summary>
    public uint? MarkOf(int @class, IpFamily family)
    {
        lock (gate)
        {
            var key = OddMatches.Host(territory.CtClass(@class));
            var now = time.GetUtcNow();
            var verdict = nftables.Elements(territory.Table, ClassBindings.PathMap(family), now).FirstOrDefault(element => element.Key == key)?.Verdict;
            var live = nftables.Elements(territory.Table, PathChains.Live, now).Select(element => element.Key).ToHashSet();
            foreach (var number in PathChains.PinnedBy(verdict?.Chain))
            {
                if (live.Contains(OddMatches.Host(territory.CtPath(number))))
                {
                    return territory.StrictBit | territory.Mark(number);
                }
            }
            return null;
        }
    }

    /// <summary>
    /// How many flows are on each path that is open, of those that connection tracking knows; paths without any are left out. What is pinned to a closed path goes nowhere
    /// any more, however long connection tracking remembers it. Looks through the whole table of connections; nobody who changes the kernel waits for it. Throws
    /// <see cref="NetlinkException"/>.
    /// </summary>
    public IReadOnlyDictionary<PathId, int> CountFlows()
    {
        lock (counting)
        {
            var paths = InstallerMemory.Of(installed).Paths.Paths;
            EquatableArray<NftablesElement> open;
            lock (asking)
            {
                open = questions.Elements(territory.Table, PathChains.Live, time.GetUtcNow());
            }
            var live = open.Select(element => element.Key).ToHashSet();
            return flows.Count().Where(one => one.Key <= paths.Count && live.Contains(OddMatches.Host(territory.CtPath(one.Key)))).ToDictionary(one => paths[one.Key - 1], one => one.Value);
        }
    }

    /// <summary>
    /// The paths that TCP connections of this host are pinned to; without those that are pinned to none. Costs some microseconds for each; nobody who changes the kernel waits for
    /// it. Throws <see cref="NetlinkException"/>.
    /// </summary>
    /// <param name="connections">Their ends, seen from here.</param>
    public IReadOnlyDictionary<FlowEnds, PathId> PathsOf(IReadOnlyCollection<FlowEnds> connections)
    {
        lock (counting)
        {
            var paths = InstallerMemory.Of(installed).Paths.Paths;
            return flows.Of(connections).Where(one => one.Value <= paths.Count).ToDictionary(one => one.Key, one => paths[one.Value - 1]);
        }
    }
}
