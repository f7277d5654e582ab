using Microsoft.Extensions.Logging;
using Waymark.FilterRules;
using Waymark.Flows;
using Waymark.Linux;
using Waymark.Linux.FilterRuleEncoding;
using Waymark.Linux.FilterRuleInstallation;
using Waymark.Linux.PathMaintenance;
using Waymark.Linux.Routing;
using Waymark.Linux.SocketDiagnosis;
using Waymark.Nodes;
using Waymark.Paths;

namespace Waymark.Daemon.Loop;

/// <summary>The kernel's data plane: encodes (F) and installs (G) for plain IP paths.</summary>
internal sealed class KernelDataPlane : IDataPlane
{
    private static readonly TimeSpan CountInterval = TimeSpan.FromMilliseconds(500);

    private readonly Func<NodeFile> node;
    private readonly TimeProvider time;
    private readonly Lock counting = new();
    private (long At, IReadOnlyDictionary<PathId, int> Flows)? counted;
    private readonly ILogger<KernelDataPlane> log;
    private readonly Territory territory;
    private readonly FilterRuleInstaller installer;
    private readonly RoutingSocket routing = new();
    private EncoderMemory? memory;

    /// <summary>Adopts what an earlier life left in the kernel. Throws <see cref="Linux.Netlink.NetlinkException"/>.</summary>
    /// <param name="node">The node file in force.</param>
    /// <param name="time">Lifetimes count by it.</param>
    /// <param name="log">Where problems go.</param>
    /// <param name="faultPoint">As the installer's: called between every two changes of the kernel.</param>
    public KernelDataPlane(Func<NodeFile> node, TimeProvider time, ILogger<KernelDataPlane> log, Action<int>? faultPoint = null)
    {
        (this.node, this.time, this.log) = (node, time, log);
        territory = Territory.Of(node());
        installer = new(territory, time, faultPoint);
        memory = installer.Adopt();
    }

    public IReadOnlyList<RefusedRule> Apply(FilterRuleSet rules, PathSet paths, ulong losses) => [.. Install(rules, paths, losses).Encoded.Refused];

    public bool Renew(FilterRuleSet rules, PathSet paths, ulong losses) => Install(rules, paths, losses).Report.IsChanged;

    public void Kill(PathId path, ulong loss) => installer.KillPath(path, loss);

    public void ForgetFlows(PathId path) => installer.ForgetFlows(path);

    public bool Repair() => installer.Repair() is { IsChanged: true };

    /// <summary>As <see cref="FilterRuleInstaller.IsWhole"/>.</summary>
    public bool IsWhole() => installer.IsWhole();

    public void Sweep() => installer.SweepFlows();

    public IReadOnlyList<KernelPath> PathsOf(IReadOnlyList<Packet> packets, FilterRuleSet rules) => installer.PathsOf(packets, ControlGroup.IdsOf(rules));

    public IReadOnlyDictionary<FlowEnds, PathId> PathsOf(IReadOnlyCollection<FlowEnds> connections) => installer.PathsOf(connections);

    /// <summary>As the interface says; not counted anew more often than people can read, whoever asks.</summary>
    public IReadOnlyDictionary<PathId, int> CountFlows()
    {
        lock (counting)
        {
            if (counted is not { } last || time.GetElapsedTime(last.At) >= CountInterval)
            {
                counted = last = (time.GetTimestamp(), installer.CountFlows());
            }
            return last.Flows;
        }
    }

    public void Dispose()
    {
        installer.Dispose();
        routing.Dispose();
    }

    private (EncodedRuleSet Encoded, InstallReport Report) Install(FilterRuleSet rules, PathSet paths, ulong losses)
    {
        // After an apply that failed only the kernel knows whether its generation and numbers are in force.
        var known = memory ?? installer.Adopt();
        memory = null;
        var encoded = NftablesEncoder.Encode(rules, paths, territory, Options(rules, paths), known);
        var report = installer.Apply(encoded, losses);
        foreach (var problem in report.Problems)
        {
            Log.Diagnosed(log, problem);
        }
        memory = encoded.Memory;
        return (encoded, report);
    }

    private EncoderOptions Options(FilterRuleSet rules, PathSet paths)
    {
        var file = node();
        var devices = paths.Paths.Select(path => path.DeviceIndex).ToHashSet();
        var links = routing.Links();
        var chosen = SystemChoice.Devices(routing, territory.Protocol);
        return new()
        {
            ForwardFrom = file.Forward?.Interfaces ?? [],
            Masquerade = file.Forward?.Masquerade ?? false,
            Bypass = file.Bypass.Select(mark => new MarkValue(mark)).Append(new(territory.ProbeMark, territory.FwMark)).ToEquatableArray(),
            DefaultDevices = links.Where(link => chosen.Contains(link.Index)).Select(link => link.Name).Order(StringComparer.Ordinal).ToEquatableArray(),
            Connected = routing.Addresses()
                .Where(address => !devices.Contains(address.LinkIndex) && links.Any(link => link.Index == address.LinkIndex && !link.IsLoopback))
                .Select(address => address.Prefix).Distinct().Order().ToEquatableArray(),
            Cgroups = ControlGroup.IdsOf(rules),
        };
    }
}
