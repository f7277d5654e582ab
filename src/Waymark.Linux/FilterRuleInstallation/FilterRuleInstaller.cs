using Waymark.Flows;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.Netlink;
using Waymark.Linux.Nftables;
using Waymark.Linux.Routing;
using Waymark.Paths;

namespace Waymark.Linux.FilterRuleInstallation;

/// <summary>
/// Module G of the framework for plain IP paths on Linux: brings what was encoded into the kernel. Whole sets go in; what is there already is left alone.
/// Whatever happens between two calls of the kernel, also our death, what stands there is safe: it is the old rules or the new ones, and at worst more routes than
/// needed. The kernel's state outlives us and is adopted by the next installer.
/// </summary>
/// <remarks>
/// Works in the network namespace of the thread that made it. Not for two threads at once, but for <see cref="KillPath"/>, which waits for the other.
/// What it refuses to do: touch anything outside the <see cref="Territory"/>; flush connection tracking; read large maps back when nothing has changed.
/// </remarks>
public sealed class FilterRuleInstaller : IDisposable
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    private readonly Lock gate = new();
    private readonly Territory territory;
    private readonly TimeProvider time;
    private readonly Action<int>? faultPoint;
    private readonly NftablesSocket nftables = new();
    private readonly RoutingSocket routing = new();
    private readonly bool isForgiving = Environment.OSVersion.Version >= new Version(6, 3);

    private NftablesTable? installed;
    private EncodedRuleSet? applied;
    private uint generation;
    private bool isOwner;
    private int step;

    /// <summary>Opens its sockets and reads nothing yet. Throws <see cref="NetlinkException"/>.</summary>
    /// <param name="territory">Which numbers are ours.</param>
    /// <param name="time">Lifetimes count by it.</param>
    /// <param name="faultPoint">Called with a running number between every two changes of the kernel; what it throws ends the work there. For tests of dying.</param>
    public FilterRuleInstaller(Territory territory, TimeProvider time, Action<int>? faultPoint = null)
    {
        territory.Check();
        (this.territory, this.time, this.faultPoint) = (territory, time, faultPoint);
    }

    /// <summary>Reads what an earlier life left in the kernel; gives what the next encoding must know. Changes nothing. Throws <see cref="NetlinkException"/>.</summary>
    public EncoderMemory Adopt()
    {
        lock (gate)
        {
            Read();
            return InstallerMemory.Of(installed);
        }
    }

    /// <summary>
    /// Makes the kernel hold exactly <paramref name="wanted"/>. Throws <see cref="NetlinkException"/> where the kernel refuses the rules: then the old ones are in force.
    /// </summary>
    public InstallReport Apply(EncodedRuleSet wanted)
    {
        lock (gate)
        {
            if (wanted == applied && nftables.Generation() == generation)
            {
                return new(IsChanged: false, [], 0);
            }
            if (installed is null || nftables.Generation() != generation)
            {
                Read();
            }
            step = 0;
            Own();
            var owned = step;
            var problems = new List<string>();
            AddRoutes(wanted, problems);
            AddIpRules(wanted);
            var isChanged = Switch(wanted.Table);
            RemoveIpRules(wanted);
            RemoveRoutes(wanted);
            applied = wanted;
            return new(isChanged || step > owned, problems.ToEquatableArray(), 0);
        }
    }

    /// <summary>
    /// A path is lost: refuses the next packet of each of its connections, and new ones of the classes that used it, in one transaction of a few elements.
    /// What follows is a new decision and <see cref="Apply"/>. A path that is not known is fine. Throws <see cref="NetlinkException"/>.
    /// </summary>
    public void KillPath(PathId path)
    {
        lock (gate)
        {
            var number = InstallerMemory.Of(installed).Paths.Of(path);
            if (installed is not { } table || number == 0)
            {
                return;
            }
            var change = PathLoss.Of(table, number, territory);
            nftables.Commit(territory.Table, $"close path {path}", messages =>
            {
                foreach (var (set, gone, come) in change.Changes)
                {
                    messages.DeleteElements(set, gone, isForgiving);
                    messages.AddElements(set, come, time.GetUtcNow());
                }
            });
            (installed, applied, generation) = (change.After, null, nftables.Generation());
        }
    }

    /// <summary>Removes everything of ours, whoever installed it. What is gone already is fine. Throws <see cref="NetlinkException"/>.</summary>
    public void Erase()
    {
        lock (gate)
        {
            step = 0;
            if (nftables.Has(territory.Table))
            {
                Own();
                nftables.Commit(territory.Table, "remove the table", messages => messages.DeleteTable());
            }
            Pass();
            foreach (var rule in OwnIpRules())
            {
                routing.Delete(rule);
                Pass();
            }
            for (var number = 1; number <= territory.Paths; number++)
            {
                foreach (var route in OwnRoutes(territory.TableOf(number)))
                {
                    routing.Delete(route);
                    Pass();
                }
            }
            (installed, applied, isOwner) = (null, null, false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        nftables.Dispose();
        routing.Dispose();
    }

    private void Read()
    {
        generation = nftables.Generation();
        installed = nftables.Read(territory.Table, time.GetUtcNow());
        applied = null;
    }

    private bool Switch(NftablesTable wanted)
    {
        var change = new TableChange(installed, wanted, time.GetUtcNow());
        if (change.IsEmpty)
        {
            return false;
        }
        if (change.HasPreparation)
        {
            nftables.Commit(territory.Table, "prepare the filter rules", change.WritePreparation);
            // From here the kernel holds what no variable of ours says: whoever fails now reads it again.
            installed = null;
            Pass();
        }
        nftables.Commit(territory.Table, "switch to the new filter rules", messages => change.WriteSwitch(messages, isForgiving));
        (installed, generation) = (wanted, nftables.Generation());
        Pass();
        return true;
    }

    /// <summary>Makes the table ours, as far as this kernel knows owners (6.9): others' flush spares it, and it stays when we are gone.</summary>
    private void Own()
    {
        if (isOwner)
        {
            return;
        }
        try
        {
            nftables.Commit(territory.Table, $"own the table {territory.Table}", messages => messages.AddTable(NftablesMessages.OwnedAndPersistent));
        }
        catch (NetlinkException old) when (old.Error is 95 or NetlinkException.Invalid)
        {
            // EOPNOTSUPP: a kernel without owners that persist, or a table made under one.
            nftables.Commit(territory.Table, $"make the table {territory.Table}", messages => messages.AddTable(0));
        }
        isOwner = true;
        generation = nftables.Generation();
        Pass();
    }

    private void AddRoutes(EncodedRuleSet wanted, List<string> problems)
    {
        foreach (var table in wanted.Routes.Select(route => route.Table).Distinct())
        {
            var there = OwnRoutes(table);
            foreach (var route in wanted.Routes.Where(route => route.Table == table && !there.Any(old => IsSame(old, route))))
            {
                try
                {
                    routing.Replace(route);
                }
                catch (NetlinkException refused)
                {
                    // The link went down meanwhile, or an address with it: the path is without a route, and what is marked for it is unreachable.
                    problems.Add(refused.Message);
                }
                Pass();
            }
        }
    }

    private void AddIpRules(EncodedRuleSet wanted)
    {
        var there = OwnIpRules();
        foreach (var rule in wanted.IpRules.Where(rule => !there.Contains(rule)))
        {
            routing.Add(rule);
            Pass();
        }
    }

    private void RemoveIpRules(EncodedRuleSet wanted)
    {
        foreach (var rule in OwnIpRules().Where(rule => !wanted.IpRules.Contains(rule)))
        {
            routing.Delete(rule);
            Pass();
        }
    }

    private void RemoveRoutes(EncodedRuleSet wanted)
    {
        for (var number = 1; number <= wanted.Memory.Paths.Paths.Count; number++)
        {
            foreach (var route in OwnRoutes(territory.TableOf(number)).Where(old => !wanted.Routes.Any(route => IsSame(old, route))))
            {
                routing.Delete(route);
                Pass();
            }
        }
    }

    private List<RoutingRule> OwnIpRules() => [.. Families.SelectMany(routing.Rules).Where(rule => rule.Protocol == territory.Protocol)];

    private List<Route> OwnRoutes(uint table) => [.. Families.SelectMany(family => routing.Routes(family, table)).Where(route => route.Protocol == territory.Protocol)];

    private static bool IsSame(Route one, Route other) =>
        one.Table == other.Table && one.Destination == other.Destination && one.LinkIndex == other.LinkIndex && one.Gateway == other.Gateway
        && one.PreferredSource == other.PreferredSource && one.Metric == other.Metric;

    private void Pass() => faultPoint?.Invoke(++step);
}
